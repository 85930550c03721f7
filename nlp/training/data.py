"""Training batches: windows of labelled words, with names swapped and case damaged."""

import random
from typing import NamedTuple

import numpy as np

import casing
import corpus
import domain
import domain_sets
import gazetteer
from base import LABEL_ID

CLS, SEP, MASK = 101, 102, 103
MAX = 160


class Word(NamedTuple):
    pieces: tuple
    case: int
    letters: int  # 0, 1, or 2 for more: what capitals make of the word
    label: int
    vowel: bool  # begins with a vowel, as after an Italian apostrophe


def to_words(tok, items):
    """(text, spans) pairs into lists of words; spans are labelled from their text."""
    out = []
    for at in range(0, len(items), 4096):
        part = items[at : at + 4096]
        encodings = tok.encode_batch([text for text, _ in part], add_special_tokens=False)
        for (text, spans), enc in zip(part, encodings):
            words, s, inside = [], 0, False
            for i, j, start, end, case in casing.words_of(enc, text):
                while s < len(spans) and spans[s][1] <= start:
                    s, inside = s + 1, False
                label = 0
                if s < len(spans) and spans[s][0] < end:
                    label = LABEL_ID[("I-" if inside else "B-") + spans[s][2]]
                    inside = True
                surface = text[start:end]
                letters = min(2, sum(c.isalpha() for c in surface))
                words.append(Word(tuple(enc.ids[i:j]), case, letters, label, surface[0] in "aeiouAEIOUÀÈÉÌÒÙ"))
            out.append(words)
    return out


def mentions_of(sents):
    """Every distinct name in labelled sentences: kind -> {pieces: words}."""
    found = {1: {}, 3: {}, 5: {}, 7: {}}
    for words in sents:
        i = 0
        while i < len(words):
            kind, j = words[i].label, i + 1
            if kind in found:
                while j < len(words) and words[j].label == kind + 1:
                    j += 1
                if j - i <= 8:
                    key = tuple((w.pieces, w.case) for w in words[i:j])
                    found[kind][key] = words[i:j]
            i = j
    return found


class Mixer:
    """Draws windows from all training sets by their shares."""

    def __init__(self, data: str, tok, seed: int, domain_share: float = 4.0, written_share: float = 58.0,
                 list_share: float = 0.03):
        self.rng = random.Random(seed)
        self.sets, weights = [], []
        pool = {"it": [], "en": []}
        for name, (file, misc, share, loss_weight) in corpus.TRAIN.items():
            sents = [w for w in to_words(tok, corpus.load(data, file)) if w]
            self.sets.append((name[:2], sents, misc, loss_weight))
            # A draw yields a window of this many pieces or so: shares are of pieces.
            weights.append(share / self._mean(sents))
            if "wikiann" not in name and "moro" not in name:
                pool[name[:2]].extend(sents)
        for lang in ("it", "en"):
            sents = to_words(tok, domain.sentences(lang, 6000, self.rng, data))
            self.sets.append((lang, sents, True, 1.0))
            weights.append(domain_share / 2 / self._mean(sents))
            sents = to_words(tok, domain_sets.load(lang)[0])
            self.sets.append((lang, sents, True, 1.0))
            # Italian is the harder one: fewer human sets, more forms.
            weights.append(written_share * (0.6 if lang == "it" else 0.4) / self._mean(sents))
            pool[lang].extend(sents)
        self.weights = np.cumsum(np.array(weights) / sum(weights)).tolist()
        self.mentions = {k: {kind: list(v.values()) for kind, v in mentions_of(s).items()} for k, s in pool.items()}
        self.apostrophes = {(tok.token_to_id("'"),), (tok.token_to_id("’"),)}
        def by_kind(names):
            words = to_words(tok, [(n, [(0, len(n), kind)]) for kind, n in names])
            return {kind: list(v.values()) for kind, v in mentions_of(words).items()}

        self.gazetteer = {lang: by_kind(gazetteer.load(lang, self.rng)) for lang in ("it", "en")}
        self.field = {lang: by_kind(gazetteer.field(lang)) for lang in ("it", "en")}
        self.domain = by_kind(domain.all_names(data))
        self.list_share = list_share
        self.joints = {lang: [to_words(tok, [(joint, [])])[0] for joint in joints]
                       for lang, joints in (("it", (",", ";", "e", "o", "e di")), ("en", (",", ";", "and", "or", "of")))}

    @staticmethod
    def _mean(sents):
        """Mean pieces of a draw: half single sentences, half windows of some 100."""
        single = sum(len(w.pieces) for s in sents for w in s) / len(sents)
        return 0.5 * min(single, MAX) + 0.5 * max(single, 100)

    def _swap(self, words, lang):
        """Other names of the same kind in place of some of the names."""
        rng, out, i = self.rng, [], 0
        while i < len(words):
            kind = words[i].label
            if kind % 2 == 0:
                out.append(words[i])
                i += 1
                continue
            j = i + 1
            while j < len(words) and words[j].label == kind + 1:
                j += 1
            new = None
            if rng.random() < 0.6:
                after_apostrophe = i > 0 and words[i - 1].pieces in self.apostrophes
                whose = lang if rng.random() < 0.8 else ("en" if lang == "it" else "it")
                draw = rng.random()
                source = self.domain if draw < 0.08 else self.mentions[whose]
                if draw > 0.3 and kind != 7:
                    source = self.gazetteer[whose]
                if draw > 0.5:
                    source = self.field[whose]
                for _ in range(8):
                    new = rng.choice(source[kind])
                    if not after_apostrophe or new[0].vowel:
                        break
                else:
                    new = None
            out.extend(new or words[i:j])
            i = j
        return out

    def _list(self):
        """A row of names of any kind: what a name is by itself, without help from around it."""
        rng, lang, out = self.rng, self.rng.choice(("it", "it", "en")), []
        for _ in range(rng.randint(2, 24)):
            # Commas for the most part.
            joint = self.joints[lang][0 if rng.random() < 0.8 else rng.randrange(len(self.joints[lang]))]
            out.extend((joint if out else []) + rng.choice(self.field[lang][rng.choice((1, 3, 3, 5, 5, 7))]))
        return out

    def _damage(self, words):
        """Text as it also comes: no capitals, all capitals, headline capitals."""
        r = self.rng.random()
        if r < 0.02:
            return [w if w.case == 3 and w.letters < 2 else w._replace(case=0) for w in words]
        if r < 0.045:
            return [w if w.case == 3 or not w.letters else w._replace(case=w.letters) for w in words]
        if r < 0.06:
            return [w._replace(case=1) if w.case == 0 and w.letters else w for w in words]
        if self.rng.random() < 0.3:
            # "SUPARCO" is "Suparco" in many Italian papers.
            words = [w._replace(case=1) if w.case == 2 and w.label in (3, 7) and self.rng.random() < 0.4 else w
                     for w in words]
        return words

    def _window(self):
        rng = self.rng
        if rng.random() < self.list_share:
            return self._damage(self._list()), True, 0.5
        k = min(np.searchsorted(self.weights, rng.random()), len(self.sets) - 1)
        lang, sents, misc, loss_weight = self.sets[k]
        at = rng.randrange(len(sents))
        words = sents[at]
        if rng.random() < 0.5:
            goal = rng.randint(40, MAX - 2)
            size = sum(len(w.pieces) for w in words)
            while size < goal and at + 1 < len(sents):
                at += 1
                words = words + sents[at]
                size = sum(len(w.pieces) for w in words)
        if rng.random() < 0.4:
            words = self._swap(words, lang)
        return self._damage(words), misc, loss_weight

    def batches(self, pieces: int):
        """Endless batches of about `pieces` pieces, rows of like length together."""
        while True:
            rows = []
            for _ in range(pieces // 5):
                words, misc, loss_weight = self._window()
                ids, case, label = [CLS], [0], [-100]
                for w in words:
                    if len(ids) + len(w.pieces) > MAX - 1:
                        break
                    hide = self.rng.random() < 0.03
                    ids.extend([MASK] * len(w.pieces) if hide else w.pieces)
                    case.extend([w.case] * len(w.pieces))
                    label.extend([w.label] + [-100] * (len(w.pieces) - 1))
                rows.append((ids + [SEP], case + [0], label + [-100], misc, loss_weight))
            rows.sort(key=lambda r: len(r[0]))
            groups, group = [], []
            for row in rows:
                if group and (len(group) + 1) * len(row[0]) > pieces:
                    groups.append(group)
                    group = []
                group.append(row)
            groups.append(group)
            self.rng.shuffle(groups)
            for g in groups:
                width = max(len(r[0]) for r in g)
                shape = (len(g), width)
                ids, case = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
                label, real = np.full(shape, -100, np.int64), np.zeros(shape, np.int64)
                for i, (a, b, c, _, _) in enumerate(g):
                    ids[i, : len(a)], case[i, : len(a)], label[i, : len(a)], real[i, : len(a)] = a, b, c, 1
                yield (ids, case, real, label, np.array([r[3] for r in g]),
                       np.array([r[4] for r in g], np.float32))
