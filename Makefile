# Everything a developer runs. `make test` does all its own set-up; see README.

CARGO_FLAGS := --release

.PHONY: test pure simulate simulate-million kafka-tests mutants bench check fmt clippy doc

## All rings: pure tests, simulation, real Kafka, real clients.
test: require
	cargo build $(CARGO_FLAGS)
	cargo test $(CARGO_FLAGS) --lib --bins --test tidy --test golden --test '*_pure'
	cargo test $(CARGO_FLAGS) --test simulation
	scripts/kafka run -- cargo test $(CARGO_FLAGS) --test 'kafka_*' -- --test-threads=2

require:
	@command -v java >/dev/null || { echo "make test needs Java 17 (Debian: apt-get install openjdk-17-jre-headless)"; exit 3; }
	@command -v mvn >/dev/null || { echo "make test needs Maven (Debian: apt-get install maven)"; exit 3; }
