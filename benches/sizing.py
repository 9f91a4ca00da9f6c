"""What a team plans with: for several commit settings, what a turn costs Segue and the brokers.

Two situations. A backlog: as fast as one thread can, by `engine.batch_records`. A steady stream: a fixed number of turns a
second, by `engine.transactions_per_second`, with the time from a turn that asks for a person to its hand-off.

Broker figures are of all brokers together and of all copies: bytes in their log folders, CPU seconds of their processes (the
producing and the reading of the bench are part of both). Bytes are given without those of the turns themselves.
"""

import collections
import os
import pathlib
import signal
import subprocess
import sys

BATCHES = [1_000, 5_000, 20_000]
# A thread's most; 0: as often as it can.
RATES = [0, 20, 5, 1]
TICK = os.sysconf("SC_CLK_TCK")
HEAD = (f"{'commits':<28} {'turns/s':>8} {'segue CPU':>10} {'transactions':>12} {'written':>8} {'changelog':>9} {'bookkeeping':>11} "
        f"{'broker CPU':>10} {'p50':>7} {'p99':>7}")  # fmt: skip
UNITS = (f"{'':<28} {'':>8} {'µs a turn':>10} {'a second':>12} {'bytes':>8} {'a turn':>9} {'':>11} {'µs a turn':>10} {'ms':>7} {'ms':>7}")


class Brokers:
    """The brokers that `scripts/kafka run` started, seen from outside."""

    def __init__(self):
        home = os.environ.get("SEGUE_TEST_KAFKA_DIR") or sys.exit("bench: start it with scripts/kafka run --")
        self.homes = sorted(folder for folder in pathlib.Path(home).iterdir() if (folder / "data").is_dir())

    def written(self):
        """Bytes by topic, all copies."""
        sizes = collections.Counter()
        for home in self.homes:
            for log in (home / "data").glob("*/*.log"):
                try:
                    sizes[log.parent.name.rpartition("-")[0]] += log.stat().st_size
                except FileNotFoundError:
                    pass  # the cleaner was faster
        return sizes

    def cpu_seconds(self):
        return sum(cpu_seconds((home / "pid").read_text().strip()) for home in self.homes)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def sizing(bench, report):
    brokers = Brokers()
    copies = min(3, len(brokers.homes))
    print(f"sizing, {len(brokers.homes)} broker(s), {copies} cop{'y' if copies == 1 else 'ies'} of everything, one thread of Segue, "
          f"{bench.args.partitions} partitions\n{HEAD}\n{UNITS}", flush=True)  # fmt: skip
    rows = [backlog(bench, brokers, batch) for batch in BATCHES] + [stream(bench, brokers, rate) for rate in RATES]
    report["sizing"] = {"brokers": len(brokers.homes), "copies": copies, "rows": rows}


def backlog(bench, brokers, batch):
    prefix, config = bench.topics(1, batch_records=batch)
    bench.produce(prefix, bench.args.sizing_turns)
    before = brokers.written(), brokers.cpu_seconds()
    ran = bench.caught_up(config)
    row = {"commits": f"backlog, batches of {batch:,}", "turns_per_second": ran["turns_per_second"],
           "segue_cpu_us": 1e6 * ran["cpu_seconds"] / ran["turns"], "transactions_per_second": ran["transactions"] / ran["seconds"],
           "rss_bytes": ran["peak_rss_bytes"]}  # fmt: skip
    return told(row | load(brokers, before, prefix, ran["turns"]))


def stream(bench, brokers, rate):
    args = bench.args
    port = bench.port()
    prefix, config = bench.topics(1, transactions_per_second=rate)
    config.write_text(config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
    turns, out = f"{prefix}conversation.turns", f"{prefix}handoff.events"
    process = subprocess.Popen([str(word) for word in bench.command(config)], stdout=subprocess.DEVNULL)
    try:
        # One short round warms up and waits until the partitions are there.
        bench.probe(turns, out, 200, 3)
        transactions = bench.transactions(port)
        before, own = (brokers.written(), brokers.cpu_seconds()), cpu_seconds(process.pid)
        seen = bench.probe(turns, out, args.rate, args.seconds)
        count = args.rate * args.seconds
        row = {"commits": f"stream, {f'{rate} a second' if rate else 'at once'}", "turns_per_second": args.rate,
               "segue_cpu_us": 1e6 * (cpu_seconds(process.pid) - own) / count,
               "transactions_per_second": (bench.transactions(port) - transactions) / args.seconds,
               "p50_ms": seen["p50_ms"], "p99_ms": seen["p99_ms"]}  # fmt: skip
        return told(row | load(brokers, before, prefix, count))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def load(brokers, before, prefix, turns):
    """What the brokers did since, for each turn."""
    (sizes, cpu), now = before, brokers.written()
    grown = {topic: size - sizes[topic] for topic, size in now.items() if size > sizes[topic]}
    grown.pop(f"{prefix}conversation.turns", None)
    changelog = sum(size for topic, size in grown.items() if topic.endswith(".state.changelog"))
    bookkeeping = sum(size for topic, size in grown.items() if topic.startswith("__"))
    return {"written_bytes": sum(grown.values()) / turns, "changelog_bytes": changelog / turns, "bookkeeping_bytes": bookkeeping / turns,
            "broker_cpu_us": 1e6 * (brokers.cpu_seconds() - cpu) / turns}  # fmt: skip


def told(row):
    latency = f"{row['p50_ms']:>7.0f} {row['p99_ms']:>7.0f}" if "p50_ms" in row else ""
    print(f"{row['commits']:<28} {row['turns_per_second']:>8,.0f} {row['segue_cpu_us']:>10.1f} {row['transactions_per_second']:>12.1f} "
          f"{row['written_bytes']:>8,.0f} {row['changelog_bytes']:>9,.0f} {row['bookkeeping_bytes']:>11,.1f} "
          f"{row['broker_cpu_us']:>10.1f} {latency}", flush=True)  # fmt: skip
    return row
