"""Learns when two articles tell the same event, and writes `src/same_event.weights`.

    python stories.py --vedetta ../../target/release/vedetta [--write] [--held]

The events are in `stories/*.toml`, and more to learn from in `stories/learn`. Events that are each other's twins (the same
actors, days apart) stay in one half; the halves are told by a hash. The half that is not held back is learnt from: its
pairs of tellings within a week, as they lie. A telling's own group is left out of the counts that weigh its terms, as if
they were news. The same with all events moved into ten days is learnt from too, since a week of news is fuller than this
set. In cross-validation stories are told as the ladder does it, by candidates, window and threshold. `--held` looks at
the other half: for a report, not for choosing anything. Needs numpy, scipy and scikit-learn.
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
from scipy.optimize import minimize
from sklearn.preprocessing import StandardScaler

HERE = os.path.dirname(os.path.abspath(__file__))
WEIGHTS = os.path.join(HERE, "../src/same_event.weights")
# The numbers that are compared, and the sign that each may have: what speaks for one event may not weigh against it.
SIGNS = {"days-apart": -1, "same-first-day": 1, "languages": 0, "crowd": -1, "less-said": 0, "more-said": 0,
         "names-shared": 1, "concepts-shared": 1, "figures-shared": 1, "words-shared": 1, "all-days-later": -1,
         "first-day-later": -1, "past-day-shared": 1, "same-day": 0, "days-shared": 1, "other-future-days": -1,
         "earlier-lead-told": 1, "earlier-lead-in-all": 1, "earlier-lead-concepts": 1}
NUMBERS = list(SIGNS)
# How much a pair counts of the crowded week, in which there are ten times as many.
CROWDED_PAIR = 0.3
SEEDS = 8
# As the program has them: see `same_event.rs` and `numbers.rs`.
WINDOW = 7
KEYS, KEY_TYPES, FOUND, NEAREST = 24, "nc", 32, 20
PRIOR, LEAST_RARITY = 20, 0.05
# A term of fewer events counts as one of none: it is not listed.
LISTED = 4


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
        learnt = os.path.dirname(path).endswith("learn")
        kind = "streams" if os.path.basename(path).startswith(("streams", "analyses")) else "learn" if learnt else "main"
        for event in events:
            for twin in [event["id"], *event.get("twin", [])]:
                groups[root(twin)] = root(event["id"])
            found += [{**telling, "event": event["id"], "kind": kind} for telling in event["telling"]]
        if learnt:
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
    """What the program looks at, by itself: a line for every telling."""
    lines = "".join(
        json.dumps({"id": n, **{key: t[key] for key in ("title", "text", "published", "language")}}) + "\n"
        for n, t in enumerate(found))
    out = subprocess.run([vedetta, "try", "dedupe", "--features"], input=lines, capture_output=True, text=True, check=True)
    return out.stdout.splitlines()


def read(raw):
    """A telling's features: (type, key) -> weights in the lead and in the whole, damped."""
    damp = lambda count: 1 + math.log1p(count) if count > 0 else 0
    return {
        "terms": {(type, key): (damp(lead), damp(whole))
                  for type, keys in raw["terms"].items() for key, (lead, whole) in keys.items()},
        "days": [datetime.date.fromisoformat(day) for day in raw["days"]],
        "at": datetime.datetime.fromisoformat(raw["at"].replace("Z", "+00:00")),
        "language": raw["language"],
    }


class Counts:
    """In how many events each term is."""

    def __init__(self, found):
        events = collections.defaultdict(set)
        for t in found:
            for term in t["terms"]:
                events[term].add((t["group"], t["event"]))
        self.of = {term: len(own) for term, own in events.items()}
        self.of_group = collections.defaultdict(collections.Counter)
        for term, own in events.items():
            for group, _ in own:
                self.of_group[group][term] += 1
        self.events_of = collections.Counter(group for group, _ in {(t["group"], t["event"]) for t in found})
        self.events = sum(self.events_of.values())

    def rarity(self, term, without=None):
        """How much a term says by itself, the events of a group left out."""
        seen = self.of.get(term, 0) - self.of_group[without][term]
        return math.log((self.events - self.events_of[without] + 1.5) / (1 + (seen if seen >= LISTED else 0)))


def weigh(t, rarity):
    """Adds the weights of its terms by how rare they are, and the keys under which it is looked for."""
    t["rarity"] = {term: rarity(term) for term in t["terms"]}
    t["weights"] = {term: whole * t["rarity"][term] for term, (_, whole) in t["terms"].items()}
    heaviest = sorted((-weight, term) for term, weight in t["weights"].items() if term[0] in KEY_TYPES)
    t["keys"] = {term for _, term in heaviest[:KEYS]}


def candidates(found, n):
    """Earlier tellings of the week that share keys with the n-th, the rarest keys of that week first."""
    week = within(found, n)
    have = collections.Counter(key for m in week for key in found[m]["keys"])
    shared = {m: found[m]["keys"] & found[n]["keys"] for m in week}
    rank = [(sum(math.log(len(week) / have[key]) for key in keys), m) for m, keys in shared.items() if keys]
    return sorted(m for _, m in sorted(rank, reverse=True)[:FOUND])


def within(found, n):
    return [m for m in range(n) if (found[n]["at"] - found[m]["at"]).total_seconds() <= WINDOW * 86400]


def window(later, near):
    """How many others are about as the later one, the candidate itself not counted, and how many have each term."""
    length = lambda t: math.sqrt(sum(w * w for w in t["weights"].values()))
    alike = lambda t: sum(w * later["weights"].get(term, 0) for term, w in t["weights"].items()) / max(1e-9, length(t))
    near = sorted(near, key=alike, reverse=True)[:NEAREST]
    return max(len(near) - 1, 0), collections.Counter(term for t in near for term in t["terms"])


def numbers(a, b, crowd, have, rarity):
    """As `numbers.rs` has them; `b` is the later one, whose window it is."""
    def rare(term):
        usual = PRIOR * min(1, math.exp(-rarity(term)))
        return max(LEAST_RARITY, math.log((crowd + PRIOR) / (max(have[term] - 1, 0) + usual)))

    first = lambda t: t["days"][0] if t["days"] else t["at"].date()
    x, y = a["terms"], b["terms"]
    rarities = {term: rare(term) for term in x.keys() | y.keys()}
    shared = x.keys() & y.keys()
    said = sorted(math.log1p(sum(rarities[term] for term in t)) for t in (x, y))
    of_type = lambda type: math.log1p(sum(rarities[term] for term in shared if term[0] == type))

    def told(types):
        lead = {term: weight * rarities[term] for term, (weight, _) in x.items() if term[0] in types}
        return sum(weight for term, weight in lead.items() if term in shared) / max(1e-9, sum(lead.values()))

    return [
        (b["at"] - a["at"]).total_seconds() / 86400, first(a) == first(b), a["language"] != b["language"],
        math.log1p(crowd), *said, of_type("n"), of_type("c"), of_type("f"), of_type("w"), *days_apart(a, b),
        told("ncf"), told("ncfsw"), told("c"),
    ]


def days_apart(a, b):
    """How the days that both name lie to each other: what the later one tells that came after the earlier."""
    out, now = a["at"].date(), b["at"].date()
    before = [day for day in a["days"] if day <= out] or [out]
    past = [day for day in b["days"] if day <= now]
    coming, future = ({day for day in days if day > at} for days, at in ((a["days"], out), (b["days"], now)))
    return [
        bool(past) and all(day > out for day in past), bool(past) and past[0] > out, bool(set(past) & set(before)),
        out == now, len(set(a["days"]) & set(b["days"])) / max(1, min(len(a["days"]), len(b["days"]))),
        bool(coming and future and not coming & future),
    ]


def move(found, days):
    """Every group moved as one to begin within so many days."""
    rng, by, moved = random.Random(1), {}, []
    for telling in found:
        start = datetime.date(2026, 3, 2) - telling["at"].date()
        by_days = by.setdefault(telling["group"], start + datetime.timedelta(rng.randrange(days)))
        moved.append({**telling, "at": telling["at"] + by_days, "days": [day + by_days for day in telling["days"]]})
    return sorted(moved, key=lambda t: t["at"])


class Table:
    """Pairs of tellings within a week, their numbers, and what the ladder sees: candidates and crowd of each telling."""

    def __init__(self, found, counts, only_found=False):
        self.found, self.pairs, self.near, self.crowd, rows = found, [], [], [], []
        for n, t in enumerate(found):
            self.near.append(candidates(found, n))
            crowd, have = window(t, [found[m] for m in self.near[n]])
            self.crowd.append(crowd)
            for m in self.near[n] if only_found else within(found, n):
                self.pairs.append((m, n))
                rows.append(numbers(found[m], t, crowd, have, lambda term: counts.rarity(term, t["group"])))
        self.x = np.array(rows, float)
        self.same = np.array([found[m]["event"] == found[n]["event"] for m, n in self.pairs])


def learn(x, y, weight):
    """Logistic regression on standardised numbers, with a penalty on squares and the signs of `SIGNS`."""
    scale = StandardScaler().fit(x)
    x = scale.transform(x)

    def loss(model):
        z = x @ model[:-1] + model[-1]
        slope = weight * (1 / (1 + np.exp(-z)) - y)
        return ((weight * (np.logaddexp(0, z) - y * z)).sum() + (model[:-1] ** 2).sum() / 2,
                np.append(x.T @ slope + model[:-1], slope.sum()))

    bounds = [{1: (0, None), -1: (None, 0), 0: (None, None)}[sign] for sign in (*SIGNS.values(), 0)]
    model = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 3000}).x
    weights = model[:-1] / scale.scale_
    return weights, model[-1] - weights @ scale.mean_


def learn_from(tables, keep):
    """The week as it lies and the crowded one."""
    x = np.vstack([table.x[k] for table, k in zip(tables, keep)])
    y = np.concatenate([table.same[k] for table, k in zip(tables, keep)])
    return learn(x, y, np.repeat([1, CROWDED_PAIR], [k.sum() for k in keep]))


def chances(x, weights, bias):
    return 1 / (1 + np.exp(-(x @ weights + bias)))


def stories(table, chance, same):
    """As the ladder does it: in order, of the stories of the candidates the one whose tellings agree best on average.
    Each telling's story, and the chance with the telling of it that is most like it."""
    of, told, groups, sure = dict(zip(table.pairs, chance)), [], [], []
    for n, near in enumerate(table.near):
        best = (same, None)
        for story in sorted({told[m] for m in near}):
            own = [of[m, n] for m in groups[story] if (m, n) in of]
            best = max(best, (sum(own) / len(own), story), key=lambda b: b[0])
        told.append(len(groups) if best[1] is None else best[1])
        sure.append(max((of[m, n] for m in groups[told[n]] if (m, n) in of), default=0) if best[1] is not None else 0)
        if best[1] is None:
            groups.append([])
        groups[told[n]].append(n)
    return told, sure


def f1(found, told, keep=lambda t: True):
    kept = [(t["event"], story) for t, story in zip(found, told) if keep(t)]
    pairs = list(itertools.combinations(kept, 2))
    right = sum(a == b for a, b in pairs)
    precision = right / max(1, sum(a[1] == b[1] for a, b in pairs))
    recall = right / max(1, sum(a[0] == b[0] for a, b in pairs))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def told(found, story, sure, silenced):
    """Events of which nobody hears, since all their tellings were taken for another's, surely; and how often others are
    told again: as a story of their own, or in doubt."""
    first, heard, again = {}, collections.Counter(), 0
    for t, own, score in zip(found, story, sure):
        if first.setdefault(own, t["event"]) == t["event"] and score >= silenced:
            heard[t["event"]] += 0
        elif score < silenced:
            again += heard[t["event"]] > 0
            heard[t["event"]] += 1
    events = {t["event"] for t in found}
    return len([event for event in events if not heard[event]]) / len(events), again / len(events)


def validate(table, full, same):
    """Six folds of whole groups; learnt as the events lie, scored so and moved into ten days."""
    groups = sorted({t["group"] for t in table.found})
    kinds = {"all": lambda t: True, "plain": lambda t: t["kind"] != "streams", "main": lambda t: t["kind"] == "main",
             "streams": lambda t: t["kind"] == "streams"}
    scores, lost = collections.defaultdict(list), collections.defaultdict(list)
    for seed in range(40, 40 + SEEDS):
        fold = dict(zip(np.random.RandomState(seed).permutation(groups), itertools.cycle(range(6))))
        chance = [np.zeros(len(t.pairs)) for t in (table, full)]
        for part in range(6):
            own = [np.array([part in (fold[t.found[m]["group"]], fold[t.found[n]["group"]]) for m, n in t.pairs])
                   for t in (table, full)]
            model = learn_from((table, full), [~o for o in own])
            for c, t, o in zip(chance, (table, full), own):
                c[o] = chances(t.x[o], *model)
        for name, keep in kinds.items():
            scores[name].append(f1(table.found, stories(table, chance[0], same)[0], keep))
        scores["in ten days"].append(f1(full.found, stories(full, chance[1], same)[0]))
        for silenced in (0.7, 0.8, 0.9, 0.95):
            for name, t, c in (("", table, chance[0]), (" in ten days", full, chance[1])):
                lost[f"{silenced}{name}"].append(told(t.found, *stories(t, c, same), silenced))
    print(f"{table.same.sum()} of {len(table.same)} pairs of one event; precision, recall, F1 in cross-validation:")
    for name, score in scores.items():
        print(f"  {name}: {np.round(np.mean(score, 0), 3)} ± {np.std(score, 0)[2]:.3f}")
    print("a sure join silences; events of which nobody hears, and how often one is told again:")
    for name, score in lost.items():
        print(f"  from {name}: {np.round(np.mean(score, 0), 3)}")


def export(path, counts, weights, bias, same):
    with open(path, "w") as f:
        f.write("# Written by training/stories.py: see there.\n")
        f.write(f"same {same}\nbias {bias:.5f}\n")
        f.write("".join(f"weight {name} {weight:.5f}\n" for name, weight in zip(NUMBERS, weights)))
        f.write(f"events {counts.events}\n")
        f.write("".join(f"count {type} {key} {events}\n" for (type, key), events in sorted(counts.of.items()) if events >= LISTED))


def main():
    ap = argparse.ArgumentParser()
    source = ap.add_mutually_exclusive_group(required=True)
    source.add_argument("--vedetta", help="the binary")
    source.add_argument("--features", help="a file of the lines that it would print; a telling without one is left out")
    ap.add_argument("--same", type=float, default=0.35, help="chance from which a telling joins a story")
    ap.add_argument("--write", action="store_true", help="write the weights")
    ap.add_argument("--held", action="store_true", help="score the half that is held back")
    args = ap.parse_args()
    found = tellings()
    for line in map(json.loads, open(args.features) if args.features else features(args.vedetta, found)):
        found[line["id"]].update(read(line["features"]), story=line["story"])
    found = [t for t in found if "terms" in t]
    own = [t for t in found if not t["held"]]
    counts = Counts(own)
    for t in own:
        weigh(t, lambda term: counts.rarity(term, t["group"]))
    table = Table(own, counts)
    full = Table(move(own, 7), counts, only_found=True)
    validate(table, full, args.same)
    weights, bias = learn_from((table, full), [np.ones(len(t.pairs), bool) for t in (table, full)])
    print("weights", {name: round(float(weight), 3) for name, weight in zip(NUMBERS, weights)}, "bias", round(float(bias), 3))
    if args.write:
        export(WEIGHTS, counts, weights, bias, args.same)
    if args.held:
        held = [t for t in found if t["held"]]
        print(f"held back, {len({t['event'] for t in held})} events, as the program told them:",
              np.round(f1(held, [t["story"] for t in held]), 3))


if __name__ == "__main__":
    main()
