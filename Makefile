# Everything a developer runs. `make test` does all its own set-up; see README.

SEEDS ?= 2000
MINUTES ?= 60
# target/release/segue as tests build it: `cargo build` would compile half of all packages again, because
# dev-dependencies switch on features of theirs.
PROGRAM = cargo test --release --no-run --test kafka_live

.PHONY: test need pure fuzz simulate simulate-million mutants kafka-tests kafka-three readers traces-check bench quality check deploy-check

## All rings: pure tests, simulation, real Kafka, other people's readers.
test: need pure simulate kafka-tests readers

need:
	@command -v java >/dev/null || { echo "make test needs Java 17: install it (Debian: apt-get install openjdk-17-jre-headless)"; exit 3; }
	@command -v mvn >/dev/null || { echo "make test needs Maven: install it (Debian: apt-get install maven)"; exit 3; }

## Seconds, no network.
pure:
	scripts/asyncapi --check
	cargo test --release --lib --bins --test tidy --test deployment --test golden --test windows_recount --test mutants --test metrics --test secrets --test shadow --test fuzz --test sentences --test answers --test courtesy --test allocations

## Mutated samples against every reader of the program, MINUTES for each target.
fuzz:
	SEGUE_FUZZ_MINUTES=$(MINUTES) cargo test --release --test fuzz -- --nocapture

## The engine against the model broker; SEEDS=N for more.
simulate:
	SEEDS=$(SEEDS) cargo test --release --test simulation

simulate-million:
	$(MAKE) simulate SEEDS=1000000

## Breaks one step of the protocol at a time; the simulation must find each (eight minutes on two quiet cores).
mutants:
	scripts/mutants --seeds $(SEEDS)

## A real Kafka, started and stopped around the tests. A test without its cluster fails here. Cases mostly wait, so their groups
## run side by side, each with a broker of its own; within a group one at a time, because some stop it.
kafka-tests: export SEGUE_TEST_REQUIRE_KAFKA = 1
kafka-tests:
	$(PROGRAM) --test kafka_port
	$(MAKE) --jobs=4 --output-sync=target --keep-going live-faults live-records live-rest live-secure

LIVE = cargo test --release --test kafka_live -- --test-threads=1
FAULTS = outage:: transactions::
RECORDS = avro:: bad_input:: demo:: explain:: lost:: operations::
.PHONY: live-faults live-records live-rest live-secure
live-faults:
	scripts/kafka run -- sh -ec 'cargo test --release --test kafka_port -- --test-threads=1; $(LIVE) $(FAULTS)'
live-records:
	scripts/registry run -- scripts/kafka run -- $(LIVE) $(RECORDS)
live-rest:
	scripts/kafka run -- $(LIVE) $(patsubst %,--skip %,$(FAULTS) $(RECORDS) secure three_brokers)
live-secure:
	scripts/kafka run --secure -- $(LIVE) secure

## Three brokers, killed in turn. Two minutes and a half, which `make test` does not take.
kafka-three: export SEGUE_TEST_REQUIRE_KAFKA = 1
kafka-three:
	cargo build --release
	scripts/kafka run --brokers 3 -- cargo test --release --test kafka_live -- --test-threads=1 three_brokers

## Every output topic through other people's readers, which must see the same values (their tools come from PyPI, once).
readers:
	$(PROGRAM)
	scripts/registry run -- scripts/kafka run -- scripts/readers

## What a collector of traces receives from a build that sends them (needs `pip install opentelemetry-proto`).
traces-check:
	cargo clippy --release --features otel -- -D warnings
	cargo build --release --features otel --target-dir target/otel
	scripts/kafka run -- scripts/check-traces --segue target/otel/release/segue

## Throughput and latency beside the raw client, on one broker, in one go; then what commit settings cost, on one broker and three.
bench:
	cargo build --release
	cargo bench --no-run --bench raw
	cp "$$(ls -t target/release/deps/raw-* | grep -v '\.d$$' | head -1)" target/release/raw-bench
	scripts/kafka run --heap 2g -- python3 benches/run.py
	scripts/kafka run --brokers 3 --heap 1g -- python3 benches/run.py --only sizing

## How well the built-in policy decides, on labelled conversations that are not part of this project.
quality:
	cargo build --release
	scripts/quality

## Every artefact of deploy/ with the tools of its field, a line each; the first time fetches and builds them (ten minutes).
deploy-check:
	cargo build --release
	scripts/deploy-check

## What must be clean.
check:
	cargo fmt --check
	cargo clippy --release --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps
