"""Train the trees that tell an article's blocks from the rest: `../src/blocks.trees`.

blocks.py PAGES ENGINE SCRATCH [--out FILE]: PAGES is the folder `pages` of the data, ENGINE the built example
`page_blocks`. Trained on the half of the pages that `../../tools/pages.py` calls `tune` alone: a block with a segment
that must be in the text is the article's, one with a segment that must not is not, all others do not count. With them
the pages beside this file (`pages/`), of which every block is known. Without --out it prints scores by
cross-validation over hosts, for several thresholds; those are of the first pages alone.

Needs scikit-learn and numpy.
"""

import argparse
import html
import json
import os
import subprocess
import sys
import tarfile
import zlib
from urllib.parse import urlsplit

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

SEEDS = 3
# Of our own pages all noise is labelled, of the others next to none: with more weight they would make the trees shy.
OWN_WEIGHT = 0.1


def half(url: str) -> str:
    """As in tools/pages.py."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return "tune" if zlib.crc32(host.encode()) % 2 else "measure"


def fold(text):
    return " ".join(html.unescape(text or "").split())


def forest(seed):
    return HistGradientBoostingClassifier(
        max_iter=150, max_leaf_nodes=8, learning_rate=0.06, l2_regularization=2.0, min_samples_leaf=15,
        max_features=0.5, random_state=seed)


def pages(folder, engine, scratch):
    """(url, wanted segments, blocks, features, labels) of the half for tuning."""
    with tarfile.open(os.path.join(folder, "trafilatura", "pages.tar.xz")) as tar:
        tar.extractall(scratch, filter="data")
    with open(os.path.join(folder, "trafilatura", "evaldata.json"), encoding="utf-8") as f:
        data = json.load(f)
    listing = os.path.join(scratch, "tune.jsonl")
    with open(listing, "w", encoding="utf-8") as f:
        for url, want in data.items():
            at = [os.path.join(scratch, "tests", place, want["file"]) for place in ("eval", "cache")]
            path = next((path for path in at if os.path.exists(path)), None)
            if path and half(url) == "tune":
                f.write(json.dumps({"path": path, "url": url}) + "\n")
    out = subprocess.run([engine, listing], check=True, capture_output=True, text=True).stdout
    for line in map(json.loads, out.splitlines()):
        want = data[line["url"]]
        texts = [fold(text) for text, _ in line["blocks"]]
        rows = np.array([row for _, row in line["blocks"]], np.float32)
        good, bad = [fold(s) for s in want["with"]], [fold(s) for s in want["without"]]
        labels = []
        for text in texts:
            is_good, is_bad = any(s in text for s in good), any(s in text for s in bad)
            labels.append(1 if is_good and not is_bad else 0 if is_bad and not is_good else -1)
        yield line["url"], (good, bad), texts, rows, np.array(labels)


def own(engine, scratch):
    """The same of our own pages: a line of the text is the article's, `? ` may be, all else is not."""
    listing, wants = os.path.join(scratch, "own.jsonl"), {}
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pages")
    with open(listing, "w", encoding="utf-8") as f:
        for name in sorted(os.listdir(folder)):
            base, ending = os.path.splitext(os.path.join(folder, name))
            if ending != ".html":
                continue
            with open(base + ".json", encoding="utf-8") as facts, open(base + ".txt", encoding="utf-8") as text:
                facts, lines = json.load(facts), [fold(line) for line in text if line.strip()]
            if facts["kind"] == "article":
                wants[facts["url"]] = lines
                f.write(json.dumps({"path": base + ".html", "url": facts["url"]}) + "\n")
    out = subprocess.run([engine, listing], check=True, capture_output=True, text=True).stdout
    for line in map(json.loads, out.splitlines()):
        lines = wants[line["url"]]
        sure = " \n ".join(line for line in lines if not line.startswith("? "))
        maybe = " \n ".join(line[2:] for line in lines if line.startswith("? "))
        texts = [fold(text) for text, _ in line["blocks"]]
        rows = np.array([row for _, row in line["blocks"]], np.float32)
        # A block may hold several lines, or a line several blocks.
        inside = lambda text, whole: text in whole or any(part in text for part in whole.split(" \n ") if len(part) > 40)  # noqa: E731
        labels = [1 if inside(text, sure) else -1 if inside(text, maybe) else 0 for text in texts]
        yield line["url"], ([], []), texts, rows, np.array(labels)


def train(data, more):
    def gather(pages):
        pages = [(rows[labels >= 0], labels[labels >= 0]) for *_, rows, labels in pages if len(rows)]
        return [np.concatenate(part) for part in zip(*pages)]

    (rows, labels), (own_rows, own_labels) = gather(data), gather(more)
    weights = np.concatenate([np.ones(len(labels)), np.full(len(own_labels), OWN_WEIGHT)])
    rows, labels = np.concatenate([rows, own_rows]), np.concatenate([labels, own_labels])
    return [forest(seed).fit(rows, labels, sample_weight=weights) for seed in range(SEEDS)]


def probabilities(forests, rows):
    if not len(rows):
        return np.zeros(0)
    margin = np.mean([f.decision_function(rows) for f in forests], 0)
    return 1 / (1 + np.exp(-margin))


def score(data, found, threshold):
    hit = lost = wrong = 0
    for (_, (good, bad), texts, _, _), p in zip(data, found):
        text = " ".join(t for t, keep in zip(texts, p >= threshold) if keep)
        here = sum(s in text for s in good)
        hit, lost, wrong = hit + here, lost + len(good) - here, wrong + sum(s in text for s in bad)
    precision, recall = hit / max(hit + wrong, 1), hit / (hit + lost)
    return precision, recall, 2 * precision * recall / (precision + recall)


def validate(data, more):
    """Each host's pages judged by trees that never saw the host."""
    part = [zlib.crc32((urlsplit(url).hostname or "").encode() + b"x") % 5 for url, *_ in data]
    found = [None] * len(data)
    for k in range(5):
        forests = train([page for page, of in zip(data, part) if of != k], more)
        for i, of in enumerate(part):
            if of == k:
                found[i] = probabilities(forests, data[i][3])
    for threshold in (0.35, 0.4, 0.45, 0.5, 0.55):
        print("threshold {:.2f}: precision {:.4f} recall {:.4f} F1 {:.4f}".format(
            threshold, *score(data, found, threshold)))


def write(forests, path):
    lines = ["# Written by training/blocks.py; the features are those of blocks.rs, by number.",
             f"base {np.mean([float(f._baseline_prediction[0, 0]) for f in forests]):.6g}"]
    for f in forests:
        for (tree,) in f._predictors:
            lines.append("tree")
            for node in tree.nodes:
                if node["is_leaf"]:
                    lines.append(f"leaf {node['value'] / len(forests):.6g}")
                else:
                    # The value itself goes left: what is written must not be smaller than what was learnt.
                    threshold = np.nextafter(np.float32(node["num_threshold"]), np.float32(np.inf))
                    lines.append(f"split {node['feature_idx']} {threshold:.9g} {node['left']} {node['right']}")
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("pages")
    ap.add_argument("engine")
    ap.add_argument("scratch")
    ap.add_argument("--out", help="write the trees there")
    args = ap.parse_args()
    os.makedirs(args.scratch, exist_ok=True)
    data = list(pages(args.pages, args.engine, args.scratch))
    more = list(own(args.engine, args.scratch))
    for what, some in (("pages", data), ("own pages", more)):
        count = sum(int((labels >= 0).sum()) for *_, labels in some)
        print(f"{len(some)} {what}, {count} labelled blocks", file=sys.stderr)
    if args.out:
        write(train(data, more), args.out)
    else:
        validate(data, more)


if __name__ == "__main__":
    main()
