"""Read the domain sets: sentences with their names marked in line, `[SUPARCO](ORG)`.

`field` has the project's own subject: space, defence and Asian politics; `world`
the rest of a newspaper and an encyclopaedia, so that the tagger knows more. A fifth of the sentences is kept for measuring and never trained on: those whose
checksum says so, so that a new file moves no sentence to the other side.
"""

import glob
import os
import re
import zlib

_MARK = re.compile(r"\[([^\[\]]+)\]\((PER|ORG|LOC|MISC)\)")
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "domain_sets")


def parse(line: str):
    """(text, [(start, end, kind)]) of one marked line."""
    text, spans, at = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[at : mark.start()]
        spans.append((len(text), len(text) + len(mark[1]), mark[2]))
        text += mark[1]
        at = mark.end()
    text += line[at:]
    if "](" in text:
        raise ValueError(f"a mark that is not [name](PER|ORG|LOC|MISC): {line}")
    return text, spans


def load(lang: str, part: str = "*"):
    """(for training, kept for measuring) of `field`, `world` or both, without sentences that stand there twice."""
    seen, sides = set(), ([], [])
    for path in sorted(glob.glob(os.path.join(FOLDER, part, lang + "_*.txt"))):
        with open(path, encoding="utf-8") as f:
            for line in f:
                text, spans = parse(line.strip())
                if text and text not in seen:
                    seen.add(text)
                    sides[zlib.crc32(text.encode()) % 5 == 0].append((text, spans))
    return sides
