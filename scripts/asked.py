"""Two looks at `customer_request` for `scripts/quality`: how much of it rests on a single source, and whether a strength
is the probability it says it is."""

import collections
import gzip
import json
import re

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
BITEXT = "bitext"
# Sets whose turns are known to ask or not, and the label of a row; None: neither right nor wrong.
TRUTHS = {
    "asks_person": lambda row: None if row["label"] == "related" else row["label"] == "asks_person",
    "hint3": lambda row: row["needs_agent"] if row["split_official"] == "test" else None,
    "star": lambda row: False,
    "goemotions": lambda row: False,
}
TENTHS = 10


def rows_of(folder, name):
    with gzip.open(folder / f"data/{name}/dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def strengths(signals):
    """Event id to strength, where `customer_request` said anything."""
    found = {}
    with open(signals, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            said = [signal["strength"] for signal in line["signals"] if signal["reason"] == "customer_request"]
            if said:
                found[line["event_id"]] = max(said)
    return found


def unseen_source(folder, signals, replay, work):
    """Rows of the report: a request that was heard counts only if each of its key words (those without which it is not
    heard) is in a request of another source too. So words that one source alone has taught are taken away again."""
    rows = [row for row in rows_of(folder, "asks_person") if row["label"] != "related"]
    fires = {event.rsplit("#", 1)[0] for event, strength in strengths(signals).items() if strength >= 0.5}
    asking = [row for row in rows if row["label"] == "asks_person"]
    sources = collections.defaultdict(set)
    for row in asking:
        for word in WORD.findall(row["text"].casefold()):
            sources[word].add(row["source"])
    shortened, turns, heard = {}, work / "shortened.jsonl", work / "shortened.signals"
    for row in (row for row in asking if row["id"] in fires):
        for at, word in enumerate(WORD.finditer(row["text"])):
            shortened[f"{row['id']}~{at}"] = (row, word)
    with open(turns, "w", encoding="utf-8") as out:
        for at, (name, (row, word)) in enumerate(shortened.items()):
            text = row["text"][: word.start()] + row["text"][word.end() :]
            turn = {"event_id": name, "conversation_id": name, "event_time": 1_500_000_000_000 + at,
                    "role": "customer", "text": text}
            print(json.dumps(turn), file=out)
    replay(turns, {"signals": heard})
    left = {event for event, strength in strengths(heard).items() if strength >= 0.5}
    rests_on_one = {row["id"] for name, (row, word) in shortened.items()
                    if name not in left and not sources[word[0].casefold()] - {row["source"]}}
    kept = fires - rests_on_one
    return {
        "all, unseen source": prf((row["label"] == "asks_person", row["id"] in kept) for row in rows),
        "en, no bitext, unseen source": prf(
            (row["label"] == "asks_person", row["id"] in kept)
            for row in rows if row["lang"] == "en" and BITEXT not in row["source"]
        ),
    }


def prf(pairs):
    seen = collections.Counter(pairs)
    tp, fp, fn = seen[True, True], seen[False, True], seen[True, False]
    return {"P": tp / max(1, tp + fp), "R": tp / max(1, tp + fn), "F1": 2 * tp / max(1, 2 * tp + fp + fn)}


def reliability(folder, work, measured):
    """Lines of a table: turns by the strength of their request, and the share of them in which a person is asked for."""
    missing = [name for name in TRUTHS if name not in measured]
    if missing:
        yield f"reliability of customer_request: not shown, because it needs all of {', '.join(TRUTHS)}"
        return
    bins = collections.defaultdict(list)
    for name, truth in TRUTHS.items():
        labels = {row.get("id", row.get("conversation_id")): truth(row) for row in rows_of(folder, name)}
        said = strengths(work / f"{name}.signals")
        with open(work / f"{name}.jsonl", encoding="utf-8") as turns:
            for turn in map(json.loads, turns):
                label = labels[turn["conversation_id"]]
                if turn["role"] == "customer" and label is not None:
                    strength = said.get(turn["event_id"])
                    bins[-1 if strength is None else min(TENTHS - 1, int(strength * TENTHS + 1e-9))].append(
                        (strength or 0.0, label))
    yield f"reliability of customer_request over {', '.join(TRUTHS)}"
    yield f"{'strength':12} {'turns':>8} {'mean':>7} {'asks':>7}"
    for at, turns in sorted(bins.items()):
        shown = "none" if at < 0 else f"{at / TENTHS:.1f} to {(at + 1) / TENTHS:.1f}"
        mean = sum(strength for strength, _ in turns) / len(turns)
        share = sum(label for _, label in turns) / len(turns)
        yield f"{shown:12} {len(turns):8} {mean:7.3f} {share:7.4f}"
