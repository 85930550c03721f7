"""Vedetta's reading of pages beside the trafilatura crate and Python's trafilatura, on the same files.

pages.py PAGES ENGINE SCRATCH [--tune]: PAGES is the folder `pages` of the data, ENGINE the built example
`page_texts`. Pages are split by a checksum of their host: rules are tuned on one half (--tune lists its errors),
scores are those of the other half. Ends with 1 where a bar is missed.

Text (`trafilatura/evaldata.json`): segments that must be in the text (`with`) and must not (`without`); F1 over all.
Titles and dates (`fundus`): the publisher's own parser is the reference.
"""

import argparse
import gzip
import html
import json
import os
import re
import subprocess
import sys
import tarfile
import zlib
from datetime import datetime, timezone
from urllib.parse import urlsplit

import lxml.html
import trafilatura

LEAD, TITLE_BAR, DATE_BAR, SPEED_BAR = 0.005, 97.0, 95.0, 80.0


def half(url: str) -> str:
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return "tune" if zlib.crc32(host.encode()) % 2 else "measure"


def fold(text):
    return " ".join(html.unescape(text or "").split())


def run(engine, pages, scratch, *flags):
    """The engine's lines by path, and its pages a second."""
    listing = os.path.join(scratch, "list.jsonl")
    with open(listing, "w", encoding="utf-8") as f:
        f.writelines(json.dumps({"path": path, "url": url}) + "\n" for path, url in pages)
    out = subprocess.run([engine, listing, *flags], check=True, capture_output=True, text=True).stdout
    lines = [json.loads(line) for line in out.splitlines()]
    return {line["path"]: line for line in lines[:-1]}, lines[-1]["pages"] / lines[-1]["seconds"]


def python_texts(body):
    """Python's trafilatura as it comes, and in its other focuses."""
    make = lambda **focus: trafilatura.extract(body, include_comments=False, **focus) or ""  # noqa: E731
    return {"python": make(), "python precision": make(favor_precision=True), "python recall": make(favor_recall=True)}


def texts(folder, engine, scratch, tune):
    with tarfile.open(os.path.join(folder, "trafilatura", "pages.tar.xz")) as tar:
        tar.extractall(scratch, filter="data")
    with open(os.path.join(folder, "trafilatura", "evaldata.json"), encoding="utf-8") as f:
        data = json.load(f)
    pages, missing = [], 0
    for url, want in data.items():
        at = [os.path.join(scratch, "tests", place, want["file"]) for place in ("eval", "cache")]
        path = next((path for path in at if os.path.exists(path)), None)
        if path is None:
            missing += 1
        else:
            pages.append((path, url, want))
    lines, _ = run(engine, [page[:2] for page in pages], scratch)
    # The rate by itself: the readings of the crate alone would come between ours and the processor's caches.
    _, rate = run(engine, [page[:2] for page in pages], scratch, "--alone")
    counts = {}
    for path, url, want in pages:
        line = lines[path]
        with open(path, "rb") as f:
            found = python_texts(f.read())
        found |= dict(zip(("crate", "crate precision", "crate recall"), line["crates"]))
        found["vedetta"] = line.get("text", "")
        for who, text in found.items():
            text = fold(text)
            hit = [s for s in want["with"] if fold(s) in text]
            wrong = [s for s in want["without"] if fold(s) in text]
            count = counts.setdefault((half(url), who), [0, 0, 0])
            count[0] += len(hit)
            count[1] += len(want["with"]) - len(hit)
            count[2] += len(wrong)
            if tune and who == "vedetta" and half(url) == "tune" and (wrong or len(hit) < len(want["with"])):
                lost = [s for s in want["with"] if s not in hit]
                print(json.dumps({"url": url, "path": path, "lost": lost, "wrong": wrong, "kind": line.get("kind"),
                                  "length": len(text)}, ensure_ascii=False))
    print(f"text, {len(pages)} pages ({missing} without their file):")
    scores = {}
    for (side, who), (hit, lost, wrong) in sorted(counts.items()):
        p, r = hit / max(hit + wrong, 1), hit / (hit + lost)
        scores[side, who] = 2 * p * r / (p + r)
        print(f"  {side:8} {who:18} precision {p:.4f} recall {r:.4f} F1 {scores[side, who]:.4f}")
    best = max(score for (side, who), score in scores.items() if side == "measure" and who != "vedetta")
    lead = scores["measure", "vedetta"] - best
    print(f"  lead over the best of the others on `measure`: {lead:+.4f} (bar {LEAD:+.3f}); {rate:.0f} pages/s (bar {SPEED_BAR:.0f})")
    return lead >= LEAD and rate >= SPEED_BAR


def declared(folder, engine, scratch, tune):
    """Titles and dates of the pages of Fundus."""
    pages = []
    for root, _, files in os.walk(os.path.join(folder, "fundus", "test_data")):
        info = os.path.join(root, "meta.info")
        if not os.path.exists(info):
            continue
        with open(info, encoding="utf-8") as f:
            meta = json.load(f)
        for name in sorted(files):
            if not name.endswith(".html.gz") or name not in meta:
                continue
            publisher = name.split("_")[0]
            with open(os.path.join(root, f"{publisher}.json"), encoding="utf-8") as f:
                versions = json.load(f)
            path = os.path.join(scratch, "fundus", os.path.basename(root), name.removesuffix(".gz"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with gzip.open(os.path.join(root, name)) as source, open(path, "wb") as target:
                target.write(source.read())
            # The newest version of the parser whose day is not after the page's.
            pages.append((path, meta[name]["url"], versions))
    lines, _ = run(engine, [page[:2] for page in pages], scratch)
    right = {side: {"reference": [0, 0], "title": [0, 0], "second": [0, 0], "day": [0, 0]} for side in ("tune", "measure")}
    for path, url, versions in pages:
        line = lines[path]
        titles = {same_words(v["title"]) for v in versions.values() if v.get("title")}
        moments = [moment(v["publishing_date"]) for v in versions.values() if v.get("publishing_date")]
        published = line.get("published")
        # A page has several headlines of equal standing; the reference names one of them, a reader sees another.
        got = {"reference": same_words(line.get("title")), "title": same_words(line.get("title")),
               "second": published, "day": published and day(published, moments)}
        seen = titles | shown(path)
        wants = {"reference": titles, "title": seen, "second": {int(m.timestamp()) for m in moments},
                 "day": {m.date().isoformat() for m in moments}}
        for what, want in wants.items():
            if not want:
                continue
            ok = got[what] in want
            right[half(url)][what][0] += ok
            right[half(url)][what][1] += 1
            if tune and not ok and half(url) == "tune":
                print(json.dumps({"path": path, "url": url, what: got[what], "want": sorted(want)}, ensure_ascii=False))
    print(f"declared, {len(pages)} pages of news:")
    shares = {}
    for side, counts in right.items():
        for what, (hit, all_) in counts.items():
            shares[side, what] = 100 * hit / max(all_, 1)
            name = {"reference": "title as the reference has it", "title": "title as the reference or the page's h1 has it",
                    "second": "time as the reference has it", "day": "day as the reference has it"}
            print(f"  {side:8} {name[what]:46} {shares[side, what]:.1f} % of {all_}")
    print(f"  bars on `measure`: title {TITLE_BAR:.0f} %, date {DATE_BAR:.0f} %")
    return shares["measure", "title"] >= TITLE_BAR and shares["measure", "day"] >= DATE_BAR


def same_words(text):
    """Small letters, only words: quotes, dashes and soft hyphens do not count."""
    return " ".join(re.findall(r"\w+", fold((text or "").replace("\xad", "")).lower()))


def shown(path):
    """The headings of first rank that the page shows."""
    with open(path, "rb") as f:
        document = lxml.html.document_fromstring(f.read().decode("utf-8", "replace"), parser=lxml.html.HTMLParser())
    return {same_words(h.text_content()) for h in document.iter("h1")} - {""}


def moment(text):
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)


def day(seconds, moments):
    """The day of a time, in the reference's zone; a day alone is midnight in UTC and stays that day."""
    at = datetime.fromtimestamp(seconds, timezone.utc)
    if seconds % 86400 == 0 or not moments:
        return at.date().isoformat()
    return at.astimezone(min(moments, key=lambda m: abs(m - at)).tzinfo).date().isoformat()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("pages")
    ap.add_argument("engine")
    ap.add_argument("scratch")
    ap.add_argument("--tune", action="store_true", help="list the errors of the half for tuning")
    ap.add_argument("--part", choices=["texts", "declared"], help="this part alone")
    args = ap.parse_args()
    os.makedirs(args.scratch, exist_ok=True)
    parts = [part for part in (texts, declared) if args.part in (None, part.__name__)]
    good = [part(args.pages, args.engine, args.scratch, args.tune) for part in parts]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
