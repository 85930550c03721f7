"""Vedetta's reading of feeds beside Python's feedparser, file by file.

feeds.py FOLDER LINES: LINES is what the example `feed_entries` printed of FOLDER. Counted are the files in which
feedparser finds entries. Prints a table by folder and every file that differs, except those in `feeds_known.tsv`
(file, what differs, why feedparser is the one that is wrong), and ends with 1 where a bar is missed.
"""

import calendar
import html
import json
import os
import re
import sys
from urllib.parse import unquote

import feedparser

HERE = os.path.dirname(os.path.abspath(__file__))
BARS = {"entries": 99.0, "titles and links": 98.0, "dates": 97.0}
SPEED_BAR = 60.0


def fold(text):
    """Without markup, entities resolved however often they were escaped, single spaces."""
    text = text or ""
    for _ in range(3):
        text = html.unescape(re.sub(r"<[^<>]*>", " ", text))
    return " ".join(text.split())


def address(text):
    """An address as compared: entities and percent signs resolved, host in small letters, no slash after it alone."""
    text = unquote("".join(html.unescape(html.unescape(text or "")).split()))
    scheme, colon, rest = text.partition("://")
    host = re.match(r"[^/?#]*", rest)[0]
    rest = host.lower() + rest[len(host):] if colon else rest
    return re.sub(r"^(https?://[^/?#]+)/$", r"\1", scheme.lower() + colon + rest if colon else text)


def theirs(path):
    with open(path, "rb") as f:
        body = f.read()
    try:
        parsed = feedparser.parse(body, response_headers={"content-location": "http://example.org/feed"})
    except Exception as error:  # feedparser itself fails on a few of its own test files
        print(f"feedparser fails on {path}: {error!r}", file=sys.stderr)
        return []
    out = []
    for entry in parsed.entries:
        date = entry.get("published_parsed") or entry.get("updated_parsed") or entry.get("created_parsed")
        out.append((fold(entry.get("title")), address(entry.get("link")), calendar.timegm(date) if date else None))
    return out


def same(left, right, key):
    return [key(a) for a in left] == [key(b) for b in right]


def known():
    """(file, difference) pairs that are feedparser's, with the reason."""
    with open(os.path.join(HERE, "feeds_known.tsv"), encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    return {(file, what): why for file, what, why in rows}


def main():
    folder, lines = sys.argv[1:3]
    excused, used = known(), set()
    table, differences, panics, speed = {}, [], [], None
    with open(lines, encoding="utf-8") as f:
        for line in map(json.loads, f):
            if "file" not in line:
                speed = line["bytes"] / 1e6 / line["seconds"]
                continue
            file = line["file"]
            if line.get("panicked"):
                panics.append(file)
            want = theirs(os.path.join(folder, file))
            if not want:
                continue
            mine = [(fold(e["title"]), address(e["link"]), e["published"]) for e in line.get("entries", [])]
            row = table.setdefault("/".join(file.split("/")[:3]), {"files": 0, **dict.fromkeys(BARS, 0), "excused": 0})
            row["files"] += 1
            checks = {"entries": len(mine) == len(want),
                      "titles and links": same(mine, want, lambda e: e[:2]),
                      # Dates of the entries that both have.
                      "dates": len(mine) == len(want) and same(mine, want, lambda e: e[2])}
            for what, right in checks.items():
                if right:
                    row[what] += 1
                elif (file, what) in excused:
                    used.add((file, what))
                    row[what] += 1
                    row["excused"] += 1
                else:
                    got = line.get("error") or [e for e, w in zip(mine, want) if e != w][:1] or len(mine)
                    meant = [w for e, w in zip(mine, want) if e != w][:1] or len(want)
                    differences.append((file, what, got, meant))
    total = {key: sum(row[key] for row in table.values()) for key in ("files", *BARS, "excused")}
    print(f"{'folder':40} {'files':>6} {'entries':>9} {'titles, links':>14} {'dates':>7} {'excused':>8}")
    for name, row in [*sorted(table.items()), ("all", total)]:
        shares = [f"{100 * row[what] / row['files']:.1f}" for what in BARS]
        print(f"{name:40} {row['files']:6} {shares[0]:>9} {shares[1]:>14} {shares[2]:>7} {row['excused']:8}")
    for difference in differences:
        print("differs: {} | {} | ours {} | feedparser {}".format(*difference))
    for stale in sorted(set(excused) - used):
        print(f"excused and no longer different: {stale[0]} | {stale[1]}")
    for file in panics:
        print(f"panicked: {file}")
    print(f"clean feeds: {speed:.0f} MB/s (bar {SPEED_BAR:.0f})")
    missed = [what for what, bar in BARS.items() if 100 * total[what] < bar * total["files"]]
    print(f"bars: {BARS}; missed: {', '.join(missed) or 'none'}")
    sys.exit(1 if missed or panics or speed < SPEED_BAR else 0)


if __name__ == "__main__":
    main()
