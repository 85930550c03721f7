"""The texts that a vocabulary is counted on: raw texts, and those of the annotated sets."""

import glob
import lzma
import os

import corpus
import domain_sets

# Novels are plenty and old: one line in this many is read.
NOVELS = 12


def raw(data: str, lang: str):
    """(file name, lines) of every raw text of a language."""
    for path in sorted(glob.glob(os.path.join(data, "rawtext", lang, "*.xz"))):
        with lzma.open(path, "rt", encoding="utf-8") as f:
            yield os.path.basename(path), f.read().splitlines()


def annotated(data: str, lang: str):
    """The texts of the training sets and of the training part of the domain sets."""
    for name, (file, _, _, _) in corpus.TRAIN.items():
        if name.startswith(lang):
            yield from (text for text, _ in corpus.load(data, file))
    yield from (text for text, _ in domain_sets.load(lang)[0])
