#!/usr/bin/env python3
"""`make bench`: throughput and latency of `segue run` beside the raw client, on one broker, in one go.

Run it under `scripts/kafka run --`, which gives SEGUE_TEST_BOOTSTRAP. Prints a table of ratios and, with --json FILE, all
figures. Every figure of one table comes from one run; on a shared machine only the ratios mean something.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from sizing import sizing

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEGUE = ROOT / "target/release/segue"
WRITTEN = ("segue.changelog", "handoff.events", "conversation.summaries", "deltas")


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE, check=False, **more)
    if done.returncode:
        sys.exit(f"bench: {' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout}")
    return done.stdout


def last_json(text):
    return json.loads(text.strip().splitlines()[-1])


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def get(port, path):
    """The body of a 200, or None."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return None


def metrics(port):
    """Values by name, of a process with one topology."""
    lines = [line.rsplit(" ", 1) for line in (get(port, "/metrics") or "").splitlines() if not line.startswith("#")]
    return {name.split("{")[0]: float(value) for name, value in lines}


class Bench:
    def __init__(self, args):
        self.args = args
        self.bootstrap = os.environ.get("SEGUE_TEST_BOOTSTRAP") or sys.exit("bench: start it with scripts/kafka run --")
        self.raw = ROOT / "target/release" / "raw-bench"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="segue-bench-"))
        self.number = 0

    def config(self, prefix, threads, **engine):
        path = self.folder / f"{prefix}.toml"
        more = "".join(f"{key} = {value}\n" for key, value in engine.items())
        path.write_text(
            f'[kafka]\nbootstrap_servers = "{self.bootstrap}"\n[engine]\napplication_id = "{prefix}app"\n'
            f'instance_id = "bench"\nthreads = {threads}\n{more}[topics]\nprefix = "{prefix}"\n[http]\nlisten = "127.0.0.1:0"\n'
            '[log]\nlevel = "warn"\n'
        )
        return path

    def topics(self, threads, **engine):
        """A fresh set of topics: its prefix and settings. Three copies where there are three brokers."""
        self.number += 1
        prefix = f"b{self.number}-"
        config = self.config(prefix, threads, **engine)
        copies = min(3, self.bootstrap.count(",") + 1)
        run(SEGUE, "topics", "create", "--config", config, "--partitions", self.args.partitions, "--replication-factor", copies)
        return prefix, config

    def produce(self, prefix, turns):
        topic = f"{prefix}conversation.turns"
        return last_json(run(self.raw, "produce", self.bootstrap, topic, self.args.partitions, turns, self.args.live))

    def backlog(self, threads):
        prefix, config = self.topics(threads)
        return prefix, config, self.produce(prefix, self.args.turns)

    def caught_up(self, config):
        return last_json(run(*self.command(config), "--until-caught-up"))

    def command(self, config):
        return [SEGUE, "run", "--config", config]

    def segue(self, threads):
        prefix, config, made = self.backlog(threads)
        return prefix, made, self.caught_up(config)

    def model(self, prefix, turns, transactions):
        """What was written for each turn, for the raw loop to copy."""
        names = [f"{prefix}{prefix}app.state.changelog", f"{prefix}handoff.events", f"{prefix}conversation.summaries",
                 f"{prefix}{prefix}app.metric-deltas"]  # fmt: skip
        writes = []
        for name in names:
            size = last_json(run(self.raw, "sizes", self.bootstrap, name))
            if size["records"]:
                writes.append({"topic": name, "per_turn": size["records"] / turns, "bytes": size["bytes"] // size["records"]})
        return {"writes": writes, "batch": max(1, turns // max(1, transactions))}

    def raw_loop(self, model, threads):
        prefix, _, _ = self.backlog(threads)
        renamed = [dict(write, topic=f"{prefix}raw-{index}") for index, write in enumerate(model["writes"])]
        for write in renamed:
            run(self.raw, "create", self.bootstrap, write["topic"], self.args.partitions)
        text = json.dumps(dict(model, writes=renamed))
        return last_json(run(self.raw, "loop", self.bootstrap, f"{prefix}conversation.turns", f"{prefix}raw", text, threads))

    def latency(self):
        """p50 and p99 from a turn that asks to its hand-off, for segue and for one bare transaction."""
        prefix, config = self.topics(1)
        segue = self.serve(self.command(config), f"{prefix}conversation.turns", f"{prefix}handoff.events")
        prefix, _ = self.topics(1)
        turns = f"{prefix}conversation.turns"
        for name in ("raw-out", "raw-state", "raw-summaries", "raw-deltas"):
            run(self.raw, "create", self.bootstrap, f"{turns}.{name}", self.args.partitions)
        raw = self.serve([self.raw, "serve", self.bootstrap, turns, f"{prefix}raw"], turns, f"{turns}.raw-out")
        return segue, raw

    def restored(self, conversations):
        """Fills the state, then starts a second instance that restores it, and asks it how that went."""
        prefix, config = self.topics(2)
        run(self.raw, "fill", self.bootstrap, f"{prefix}conversation.turns", conversations)
        filled = last_json(run(SEGUE, "run", "--config", config, "--until-caught-up", "--roles", "conversations"))
        log = f"{prefix}{prefix}app.state.changelog"
        changelog = last_json(run(self.raw, "sizes", self.bootstrap, log))
        port = free_port()
        config.write_text(config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        started = time.monotonic()
        process = subprocess.Popen([SEGUE, "run", "--config", config, "--roles", "conversations"], stdout=subprocess.DEVNULL)
        try:
            values = {}
            # Between two assignments a thread has nothing and is ready: all conversations must be there too.
            while values.get("segue_open_conversations") != conversations or get(port, "/readyz") is None:
                if process.poll() is not None or time.monotonic() - started > 600:
                    sys.exit("bench: segue was not ready in 600 s")
                time.sleep(0.02)
                values = metrics(port)
            ready = time.monotonic() - started
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        return {"conversations": conversations, "ready_seconds": ready, "changelog_records": changelog["records"],
                "restore_seconds": values["segue_last_restore_duration_seconds"], "state_bytes": values["segue_state_bytes"],
                "rss_bytes": filled["peak_rss_bytes"]}  # fmt: skip

    def serve(self, server, turns, out):
        """The latency with this server."""
        process = subprocess.Popen([str(word) for word in server], stdout=subprocess.DEVNULL)
        try:
            # One short round warms both sides up and waits until the server has its partitions.
            self.probe(turns, out, 200, 3)
            return self.probe(turns, out, self.args.rate, self.args.seconds)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)

    def probe(self, turns, out, rate, seconds):
        """Produces turns, some of which ask for a person, and waits for their hand-offs."""
        return last_json(run(self.raw, "probe", self.bootstrap, turns, out, rate, seconds))

    def port(self):
        return free_port()

    def transactions(self, port):
        """How many a running instance has committed."""
        lines = (get(port, "/metrics") or "").splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if line.startswith("segue_transactions_total") and 'outcome="committed"' in line)  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=1_000_000)
    parser.add_argument("--live", type=int, default=50_000, help="conversations live at a time")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--rate", type=int, default=1_000, help="turns a second of the latency probe")
    parser.add_argument("--seconds", type=int, default=30, help="length of the latency probe")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of throughput runs; the median ratio counts")
    parser.add_argument("--conversations", type=int, nargs="+", default=[100_000, 1_000_000],
                        help="sizes of the state whose memory and restore are measured")  # fmt: skip
    parser.add_argument("--sizing-turns", type=int, default=300_000, help="turns of each backlog of the sizing table")
    parser.add_argument("--only", choices=["throughput", "latency", "state", "sizing"], action="append")
    parser.add_argument("--json", metavar="FILE")
    bench = Bench(parser.parse_args())
    args, report = bench.args, {"throughput": [], "latency": {}, "state": []}
    parts = args.only or ["throughput", "latency", "state", "sizing"]
    if "throughput" in parts:
        throughput(bench, report)
    if "latency" in parts:
        latency(bench, report)
    if "state" in parts:
        state(bench, report)
    if "sizing" in parts:
        sizing(bench, report)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(report, indent=2))


def throughput(bench, report):
    args = bench.args
    for threads in (1, 2):
        pairs = []
        for _ in range(args.rounds):
            prefix, made, segue = bench.segue(threads)
            raw = bench.raw_loop(bench.model(prefix, args.turns, segue["transactions"]), threads)
            pairs.append({"segue": segue, "raw": raw})
            for name, one in (("segue", segue), ("raw", raw)):
                per_cpu = one["turns"] / one["cpu_seconds"]
                print(f"{threads} thread(s) {name:<6} {one['turns_per_second']:>9,.0f} turns/s {per_cpu:>9,.0f} turns/CPU s "
                      f"{one['transactions']:>5} transactions", flush=True)  # fmt: skip
        speed = statistics.median(p["segue"]["turns_per_second"] / p["raw"]["turns_per_second"] for p in pairs)
        cpu = statistics.median(p["raw"]["cpu_seconds"] / p["segue"]["cpu_seconds"] for p in pairs)
        print(f"{threads} thread(s): turns/s {speed:.2f} of raw, turns per CPU second {cpu:.2f} of raw "
              f"({made['bytes_each']} bytes a turn, {args.live} conversations live)", flush=True)  # fmt: skip
        report["throughput"].append({"threads": threads, "speed_ratio": speed, "cpu_ratio": cpu, "pairs": pairs})


def latency(bench, report):
    segue, raw = bench.latency()
    report["latency"] = {"segue": segue, "raw": raw}
    for name, one in (("segue", segue), ("raw", raw)):
        print(f"latency {name:<6} p50 {one['p50_ms']:.1f} ms  p99 {one['p99_ms']:.1f} ms  ({one['seen']} of {one['expected']})")
    print(f"latency: p50 {segue['p50_ms'] / raw['p50_ms']:.2f} of raw, p99 {segue['p99_ms'] / raw['p99_ms']:.2f} of raw")


def state(bench, report):
    """Resident memory of live conversations, and the time to restore them."""
    for conversations in bench.args.conversations:
        one = bench.restored(conversations)
        report["state"].append(one)
        print(f"{conversations:>9,} conversations of twelve turns: {one['rss_bytes'] / 2**20:,.0f} MiB resident at most, "
              f"{one['state_bytes'] / conversations:,.0f} packed bytes each; {one['changelog_records']:,} changelog records "
              f"restored in {one['restore_seconds']:.1f} s, ready {one['ready_seconds']:.1f} s after start", flush=True)  # fmt: skip
    if len(report["state"]) > 1:
        small, large = report["state"][0], report["state"][-1]
        grown = large["rss_bytes"] - small["rss_bytes"]
        more = large["conversations"] - small["conversations"]
        print(f"resident memory: {grown / more:,.0f} bytes for each conversation beyond {small['conversations']:,}")


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"bench took {time.monotonic() - started:.0f} s")
