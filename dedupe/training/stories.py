"""Learns when two articles tell the same event, and writes `src/same_event.weights`.

    python stories.py --vedetta ../../target/release/vedetta [--write] [--held]

The events are in `stories/*.toml`, and more to learn from in `stories/learn`. Events that are each other's twins (the same
actors, days apart) stay in one half; the halves are told by a hash. The half that is not held back is learnt from: its pairs of tellings as they lie; again with all
events moved into ten days, since a week of news is fuller than this set; and twins moved onto one day, so that the days
alone do not tell them. `--held` looks at the other half: for a report, not for choosing anything. Needs numpy and
scikit-learn.
"""

import argparse
import collections
import datetime
import glob
import hashlib
import itertools
import json
import math
import os
import random
import subprocess
import tomllib

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

HERE = os.path.dirname(os.path.abspath(__file__))
WEIGHTS = os.path.join(HERE, "../src/same_event.weights")
NUMBERS = ["second-shared-name", "concepts-alike", "other-designator", "same-first-day", "other-days", "days-apart"]
WINDOW = 7
SEEDS = 4
# Weights of pairs of one event and of two in each of the three tables: the crowded week has ten times the negatives.
SAME_EVENT, TWO_EVENTS = (0.5, 0.5, 0.25), (1.0, 0.35, 0.5)


def tellings():
    """All tellings in the order of publication, with the group of twins that their event is in."""
    found, groups = [], {}

    def root(event):
        while groups.setdefault(event, event) != event:
            event = groups[event]
        return event

    only_learnt = set()
    for path in sorted(glob.glob(os.path.join(HERE, "../stories/**/*.toml"), recursive=True)):
        with open(path, "rb") as f:
            events = tomllib.load(f)["event"]
        for event in events:
            for twin in [event["id"], *event.get("twin", [])]:
                groups[root(twin)] = root(event["id"])
            found += [{**telling, "event": event["id"]} for telling in event["telling"]]
        if os.path.dirname(path).endswith("learn"):
            only_learnt |= {event["id"] for event in events}
    members = collections.defaultdict(set)
    split = {t["event"] for t in found} - only_learnt
    for event in split:
        members[root(event)].add(event)
    held, groups_by_hash = set(), sorted(members.values(), key=lambda m: hashlib.sha256(min(m).encode()).hexdigest())
    for group in groups_by_hash:
        if 2 * len(held) < len(split):
            held |= group
    for telling in found:
        telling.update(group=root(telling["event"]), held=telling["event"] in held)
    return sorted(found, key=lambda t: t["published"])


def features(vedetta, found):
    """Adds what the program looks at, by itself."""
    lines = "".join(
        json.dumps({"id": n, **{key: t[key] for key in ("title", "text", "published", "language")}}) + "\n"
        for n, t in enumerate(found))
    out = subprocess.run([vedetta, "try", "dedupe", "--features"], input=lines, capture_output=True, text=True, check=True)
    common, events = read_common()
    for line in map(json.loads, out.stdout.splitlines()):
        raw = line["features"]
        telling = found[line["id"]]
        telling["story"] = line["story"]
        telling["raw"] = {name: weight / rarity(name, common, events) for name, weight in raw["names"].items()}
        telling["concepts"] = {c: w / rarity("concept " + c, common, events) for c, w in raw["concepts"].items()}
        telling["designators"] = set(raw["designators"])
        telling["days"] = [datetime.date.fromisoformat(day) for day in raw["days"]]
        telling["at"] = datetime.datetime.fromisoformat(raw["at"].replace("Z", "+00:00"))


def read_common():
    common, events = {}, 0.0
    with open(WEIGHTS) as f:
        for line in f:
            parts = line.split()
            if parts[:1] == ["common"]:
                common[parts[1]] = float(parts[2])
            elif parts[:1] == ["concept"]:
                common["concept " + parts[1]] = float(parts[2])
            elif parts[:1] == ["events"]:
                events = float(parts[1])
    return common, events


def rarity(name, common, events):
    return math.log((events + 1) / (common.get(name, 1) + 0.6))


def numbers(a, b, rare):
    """As `same_event.rs` has them."""
    names_a, names_b = ({n: w * rare(n) for n, w in t["raw"].items()} for t in (a, b))
    concepts_a, concepts_b = ({c: w * rare("concept " + c) for c, w in t["concepts"].items()} for t in (a, b))
    shared = sorted((min(names_a[n], names_b[n]) for n in names_a.keys() & names_b.keys()), reverse=True)
    cosine = lambda x, y: sum(x[n] * y[n] for n in x.keys() & y.keys()) / max(
        1e-9, math.sqrt(sum(w * w for w in x.values()) * sum(w * w for w in y.values())))
    first = lambda t: t["days"][0] if t["days"] else t["at"].date()
    return [
        shared[1] if len(shared) > 1 else 0, cosine(concepts_a, concepts_b),
        bool(a["designators"] and b["designators"] and not a["designators"] & b["designators"]),
        first(a) == first(b), bool(a["days"] and b["days"] and not set(a["days"]) & set(b["days"])),
        abs((a["at"] - b["at"]).total_seconds()) / 86400,
    ]


def move(found, key, days):
    """Everything that has the same `key` moved together into so many days."""
    rng, by, moved = random.Random(1), {}, []
    for telling in found:
        start = datetime.date(2026, 3, 2) - telling["at"].date()
        by_days = by.setdefault(telling[key], start + datetime.timedelta(rng.randrange(days)))
        moved.append({**telling, "at": telling["at"] + by_days, "days": [day + by_days for day in telling["days"]]})
    return sorted(moved, key=lambda t: t["at"])


def table(found, rare):
    """Pairs of tellings, their numbers, whether they are of one event, and whether of one group."""
    pairs = [(i, j) for i, j in itertools.combinations(range(len(found)), 2)
             if abs((found[i]["at"] - found[j]["at"]).total_seconds()) <= WINDOW * 86400]
    x = np.array([numbers(found[i], found[j], rare) for i, j in pairs], float)
    y = np.array([found[i]["event"] == found[j]["event"] for i, j in pairs])
    return pairs, x, y, np.array([found[i]["group"] == found[j]["group"] for i, j in pairs])


def learn(tables, keep):
    keep = [keep[0], keep[1], keep[2] & tables[2][3]]
    x = np.vstack([t[1][k] for t, k in zip(tables, keep)])
    y = np.concatenate([t[2][k] for t, k in zip(tables, keep)])
    weight = np.concatenate([np.where(t[2][k], p, n) for t, k, p, n in zip(tables, keep, SAME_EVENT, TWO_EVENTS)])
    scale = StandardScaler().fit(x)
    model = LogisticRegression(C=0.3, max_iter=1000).fit(scale.transform(x), y, sample_weight=weight)
    weights = model.coef_[0] / scale.scale_
    return weights, model.intercept_[0] - weights @ scale.mean_


def stories(found, pairs, chance, same):
    """As the ladder does it: in order, the story whose tellings agree best on average."""
    of = dict(zip(pairs, chance))
    groups = []
    for n in range(len(found)):
        best = (same, None)
        for group in groups:
            own = [of[m, n] for m in group if (m, n) in of]
            average = sum(own) / len(own) if own else 0
            if average >= best[0]:
                best = (average, group)
        if best[1] is None:
            groups.append([n])
        else:
            best[1].append(n)
    return groups


def f1(found, groups):
    same = sum(a["event"] == b["event"] for a, b in itertools.combinations(found, 2))
    pairs = [(found[i], found[j]) for g in groups for i, j in itertools.combinations(g, 2)]
    right = sum(a["event"] == b["event"] for a, b in pairs)
    precision, recall = right / max(1, len(pairs)), right / same
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--vedetta", required=True, help="the binary")
    ap.add_argument("--same", type=float, default=0.92, help="`SAME` of same_event.rs")
    ap.add_argument("--write", action="store_true", help="write the weights")
    ap.add_argument("--held", action="store_true", help="score the half that is held back")
    args = ap.parse_args()
    found = tellings()
    features(args.vedetta, found)
    own = [t for t in found if not t["held"]]
    of = collections.defaultdict(set)
    for telling in own:
        for name in [*telling["raw"], *("concept " + c for c in telling["concepts"])]:
            of[name].add(telling["event"])
    common = {name: len(e) for name, e in of.items() if len(e) > 1}
    events = len({t["event"] for t in own})
    sets = [own, move(own, "group", 7), move(own, "event", 1)]
    tables = [table(found, lambda name: rarity(name, common, events)) for found in sets]
    groups = sorted({t["group"] for t in own})
    scores = np.zeros((3, 3))
    for seed in range(SEEDS):
        fold = dict(zip(np.random.RandomState(seed).permutation(groups), itertools.cycle(range(6))))
        chance = [np.zeros(len(t[0])) for t in tables]
        for part in range(6):
            away = [np.array([part not in (fold[s[i]["group"]], fold[s[j]["group"]]) for i, j in t[0]])
                    for s, t in zip(sets, tables)]
            weights, bias = learn(tables, away)
            for c, t, a in zip(chance, tables, away):
                c[~a] = 1 / (1 + np.exp(-(t[1][~a] @ weights + bias)))
        for n, (s, t) in enumerate(zip(sets, tables)):
            scores[n] += np.array(f1(s, stories(s, t[0], chance[n], args.same))) / SEEDS
    print("precision, recall, F1 in cross-validation:")
    for name, score, (_, _, y, _) in zip(("as they lie", "in ten days", "all on one day"), scores, tables):
        print(f"  {name}, {y.sum()} of {len(y)} pairs of one event: {np.round(score, 3)}")
    weights, bias = learn(tables, [np.ones(len(t[0]), bool) for t in tables])
    print("weights", dict(zip(NUMBERS, np.round(weights, 3))), "bias", round(bias, 3))
    if args.write:
        with open(WEIGHTS, "w") as f:
            f.write("# Written by training/stories.py: see there.\n")
            f.write(f"bias {bias:.4f}\n" + "".join(f"weight {n} {w:.4f}\n" for n, w in zip(NUMBERS, weights)))
            f.write(f"events {events}\n")
            for name, count in sorted(common.items()):
                f.write(f"{name} {count}\n" if name.startswith("concept ") else f"common {name} {count}\n")
    if args.held:
        held = [t for t in found if t["held"]]
        by = collections.defaultdict(list)
        for n, telling in enumerate(held):
            by[telling["story"]].append(n)
        print(f"held back, {len({t['event'] for t in held})} events, as the program told them:",
              np.round(f1(held, by.values()), 3))


if __name__ == "__main__":
    main()
