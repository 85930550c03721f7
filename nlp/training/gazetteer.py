"""Names of people, places and organisations of the world, by hand: `gazetteer/*.txt`.

They stand in for names of the training texts, so that a name's surroundings
and its shape are learnt and not the name alone. Lines that begin with `#` are
comments; names stand between commas; in people.txt a line begins with the
origin (`it:` given names, `it2:` surnames) or with `known:`.

`gazetteer/field/*.txt` has the names of the project's own subject, by region: a
line begins with the kind and, where only one language has these forms, with that
language; names stand between semicolons.
"""

import os
import random

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gazetteer")


def _lines(name: str):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                yield line.strip()


def _names(line: str):
    return [name.strip() for name in line.split(",") if name.strip()]


def places(lang: str):
    return [name for line in _lines(f"loc_{lang}.txt") for name in _names(line)]


def organisations(lang: str):
    return [name for line in _lines(f"org_{lang}.txt") for name in _names(line)]


def people(lang: str, count: int, rng: random.Random):
    """The known ones, and `count` made of a given name and a surname of one origin; a third surnames alone."""
    parts = {key: _names(names) for key, _, names in (line.partition(":") for line in _lines("people.txt"))}
    origins = [key for key in parts if key + "2" in parts]
    weights = [6 if key == lang else 3 if key in ("it", "en") else 1 for key in origins]
    out = list(parts["known"])
    for _ in range(count):
        origin = rng.choices(origins, weights)[0]
        given, surname = rng.choice(parts[origin]), rng.choice(parts[origin + "2"])
        # Chinese lists hold the family names first.
        out.append(surname if origin != "zh" and rng.random() < 0.35 else f"{given} {surname}")
    return out


def field(lang: str):
    """Every (kind, name) of space, defence and politics, as papers in a language write them."""
    out = []
    for file in sorted(os.listdir(os.path.join(FOLDER, "field"))):
        for line in _lines(os.path.join("field", file)):
            head, _, names = line.partition(":")
            kind, _, only = head.partition(" ")
            if only in ("", lang):
                out += [(kind, name.strip()) for name in names.split(";") if name.strip()]
    return out


def load(lang: str, rng: random.Random):
    """Every (kind, name) of a language."""
    return ([("LOC", name) for name in places(lang)] + [("ORG", name) for name in organisations(lang)]
            + [("PER", name) for name in people(lang, 4000, rng)])
