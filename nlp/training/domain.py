"""Sentences of the field (space, defence, Asian politics) from templates and name lists."""

import json
import os
import random
import re

import names
from templates_en import TEMPLATES as EN
from templates_it import TEMPLATES as IT

_SLOT = re.compile(r"\[(=?[^\]]+)\]")
# Of + the, to + the, from + the before the first word of an Italian agency name.
_FEMININE = ("Commissione", "Banca", "Corporazione")
_FORMS = {"IL": ("il ", "la ", "l'"), "DI": ("del ", "della ", "dell'"),
          "A": ("al ", "alla ", "all'"), "DA": ("dal ", "dalla ", "dall'")}


def all_names(data: str = ""):
    """Every (kind, name) of the lists, and of topic/mention_forms.json where it exists."""
    n, out = names, []
    for full, short in n.AGENCIES_EN + n.AGENCIES_IT:
        out += [("ORG", full), ("ORG", short), ("ORG", short.capitalize())]
    for kind, lists in (
        ("ORG", (n.COMPANIES, n.UNIVERSITIES_EN, n.UNIVERSITIES_IT, n.THINK_TANKS, n.MEDIA)),
        ("LOC", (n.CITIES_EN, n.CITIES_IT, n.COUNTRIES_EN, n.SITES_EN, n.SITES_IT, n.REGIONS_EN, n.REGIONS_IT)),
        ("MISC", (n.SATELLITES, n.ROCKETS_EN, n.ROCKETS_IT, n.PROGRAMMES_EN, n.PROGRAMMES_IT)),
    ):
        out += [(kind, name.removeprefix("the ")) for group in lists for name in group]
    rng = random.Random(7)
    out += [("PER", person(rng)) for _ in range(600)]
    path = os.path.join(data, "topic", "mention_forms.json")
    if data and os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            for kind, forms in json.load(f).items():
                # "Name (ACR)" is two names here.
                out += [(kind, form) for form in forms if "(" not in form]
    return out


def person(rng: random.Random) -> str:
    """A made-up full name."""
    kind = rng.choice(["zh", "zh", "pk", "pk", "in", "eu", "eu"])
    first, last = rng.choice(names.GIVEN[kind]), rng.choice(names.GIVEN[kind + "2"])
    if kind == "zh" and rng.random() < 0.15:
        last = last + "-" + rng.choice(["han", "wen", "ming"])
    if kind == "pk" and rng.random() < 0.25:
        first += " " + rng.choice(["Ali", "ul-Haq", "Hassan", "Zeeshan"])
    if kind == "eu" and rng.random() < 0.15:
        first += " " + rng.choice("ABCDFGJLMPRSTW") + "."
    return f"{first} {last}".replace("- ", "-")


def _surname(rng: random.Random) -> str:
    kind = rng.choice(["zh", "pk2", "in2", "eu2", "eu2"])
    return rng.choice(names.GIVEN[kind])


def _short(rng: random.Random, short: str, lang: str) -> str:
    return short.capitalize() if rng.random() < (0.4 if lang == "it" else 0.15) else short


def _fill(slot: str, lang: str, rng: random.Random):
    """Parts of a slot: (text, kind or None)."""
    it, n = lang == "it", names
    if slot[0] == "=":
        kind, _, name = slot[1:].partition(":")
        return [(name, kind)]
    prefix, _, rest = slot.partition("_")
    if rest == "STATE":
        name, *forms = rng.choice(n.COUNTRIES_IT)
        return [(forms[["IL", "DI", "A", "IN"].index(prefix)], None), (name, "LOC")]
    if rest in ("AG", "PAIR"):
        full, short = rng.choice(n.AGENCIES_IT)
        forms = _FORMS[prefix]
        lead = forms[2] if full[0] in "AEIOU" else forms[1] if full.startswith(_FEMININE) else forms[0]
        tail = [(" (", None), (_short(rng, short, lang), "ORG"), (")", None)] if rest == "PAIR" else []
        return [(lead, None), (full, "ORG"), *tail]
    agencies = n.AGENCIES_IT if it and rng.random() < 0.5 else n.AGENCIES_EN
    if slot == "PAIR":
        full, short = rng.choice(agencies)
        return [(full, "ORG"), (" (", None), (_short(rng, short, lang), "ORG"), (")", None)]
    if slot == "ACR":
        # The agency this project is about comes up often enough to be learnt.
        short = "SUPARCO" if rng.random() < 0.12 else rng.choice(agencies)[1]
        return [(_short(rng, short, lang), "ORG")]
    if slot == "PER":
        return [(person(rng), "PER")]
    if slot == "LAST":
        return [(_surname(rng), "PER")]
    kind, choices = {
        "AG": ("ORG", [full for full, _ in agencies]),
        "CO": ("ORG", n.COMPANIES),
        "UNI": ("ORG", n.UNIVERSITIES_IT if it else n.UNIVERSITIES_EN),
        "TT": ("ORG", n.THINK_TANKS),
        "MIN": ("ORG", n.MINISTRIES_IT if it else n.MINISTRIES_EN),
        "MEDIA": ("ORG", n.MEDIA),
        "CITY": ("LOC", n.CITIES_IT if it else n.CITIES_EN),
        "UP_CITY": ("LOC", [c.upper() for c in (n.CITIES_IT if it else n.CITIES_EN)]),
        "STATE": ("LOC", n.COUNTRIES_EN),
        "SITE": ("LOC", n.SITES_IT if it else n.SITES_EN),
        "REG": ("LOC", n.REGIONS_IT if it else n.REGIONS_EN),
        "SAT": ("MISC", n.SATELLITES),
        "ROCKET": ("MISC", n.ROCKETS_IT if it else n.ROCKETS_EN),
        "PROG": ("MISC", n.PROGRAMMES_IT if it else n.PROGRAMMES_EN),
    }[slot]
    name = rng.choice(choices)
    if name.startswith("the "):
        return [("the ", None), (name[4:], kind)]
    return [(name, kind)]


def fill(template: str, lang: str, rng: random.Random):
    """One template filled: (text, [(start, end, kind)])."""
    text, spans, at = "", [], 0
    for m in _SLOT.finditer(template):
        text += template[at : m.start()]
        for part, kind in _fill(m.group(1), lang, rng):
            if not text:
                part = part[0].upper() + part[1:] if kind is None else part
            if kind:
                spans.append((len(text), len(text) + len(part), kind))
            text += part
        at = m.end()
    text += template[at:]
    if "’" not in text and rng.random() < 0.3:
        text = text.replace("'", "’")
    if rng.random() < 0.3:
        text = text.replace("«", "“").replace("»", "”")
    return text, spans


def sentences(lang: str, count: int, rng: random.Random, data: str = ""):
    """`count` filled templates of one language."""
    templates = IT if lang == "it" else EN
    return [fill(rng.choice(templates), lang, rng) for _ in range(count)]
