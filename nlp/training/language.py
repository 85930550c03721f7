"""Train the table of `../src/language.rs`: Italian, English, or another language in Latin letters.

A linear classifier over hashed letter sequences (Cavnar and Trenkle 1994 for
the sequences, Weinberger et al. 2009 for the hashing), two outputs. Trained on
the ODD lines of the lingua test sets and on the raw texts; the even lines are
for measuring. The definition of a feature is exact, since Rust repeats it:

Text is lower-cased; words are the longest runs of letters (Unicode category
L). A word longer than 24 letters is cut there, and one longer than 40 is left out. Of `<word>`, with `<` and `>`
as its ends, every sequence of 1 to 5 characters except the lone `<` and `>`,
and, where it is longer than 5, all of `<word>`. Hash: 32-bit FNV-1a over the
UTF-8 bytes, the upper 17 bits of its product with 0x9E3779B1. Score of an
output: bias + sum of the features' weights / sqrt(features).
"""

import argparse
import glob
import gzip
import lzma
import os
import random

import numpy as np
import torch

BITS = 17
LONGEST = 24
NO_WORD = 40
# Latin-script languages of the set: the others are told by their letters.
OTHER_SCRIPTS = set("ar be bg bn el fa gu he hi hy ja ka kk ko mk mn mr pa ru sr ta te th uk ur zh".split())


def words(text: str):
    word = ""
    for ch in text.lower():
        if ch.isalpha():
            word += ch
        else:
            if 0 < len(word) <= NO_WORD:
                yield word[:LONGEST]
            word = ""
    if 0 < len(word) <= NO_WORD:
        yield word[:LONGEST]


_SEEN = {}


def hashes(word: str) -> list:
    """Feature numbers of one word."""
    if word in _SEEN:
        return _SEEN[word]
    marked, out = f"<{word}>", []
    grams = [marked[i : i + n] for n in range(1, 6) for i in range(len(marked) - n + 1)]
    if len(marked) > 5:
        grams.append(marked)
    for gram in grams:
        if gram in ("<", ">"):
            continue
        h = 0x811C9DC5
        for byte in gram.encode():
            h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
        out.append(((h * 0x9E3779B1) & 0xFFFFFFFF) >> (32 - BITS))
    _SEEN[word] = np.array(out, np.int32)
    return _SEEN[word]


def features(text: str) -> np.ndarray:
    parts = [hashes(w) for w in words(text)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int32)


def lingua(data: str, file: str, odd: bool):
    """(language, text) of the odd or even lines of each language, counted from 1."""
    count = {}
    with gzip.open(os.path.join(data, "lid", "lingua", file + ".tsv.gz"), "rt", encoding="utf-8") as f:
        for line in f:
            lang, text = line.rstrip("\n").split("\t", 1)
            count[lang] = count.get(lang, 0) + 1
            if (count[lang] % 2 == 1) == odd and lang not in OTHER_SCRIPTS:
                yield lang, text


def raw(data: str, lang: str, rng: random.Random, count: int):
    """Stretches of 2 to 40 words from the raw texts."""
    lines = []
    for path in sorted(glob.glob(os.path.join(data, "rawtext", lang, "*.xz"))):
        with lzma.open(path, "rt", encoding="utf-8") as f:
            some = [x for x in f.read().splitlines() if len(x) > 20]
        lines += rng.sample(some, min(len(some), 6000))
    for _ in range(count):
        parts = rng.choice(lines).split()
        n = min(len(parts), int(2 + 38 * rng.random() ** 2))
        at = rng.randrange(len(parts) - n + 1)
        yield lang, " ".join(parts[at : at + n])


class Bags:
    """Texts as flat feature numbers, for torch's embedding_bag."""

    def __init__(self, items):
        self.lang = [lang for lang, _ in items]
        self.rows = [features(text) for _, text in items]
        self.target = torch.tensor([[lang == "it", lang == "en"] for lang in self.lang], dtype=torch.float32)

    def batch(self, at):
        rows = [self.rows[i] for i in at]
        size = np.array([max(len(r), 1) for r in rows])
        rows = [r if len(r) else np.zeros(1, np.int32) for r in rows]
        offsets = torch.from_numpy(np.concatenate([[0], np.cumsum(size)[:-1]]))
        return torch.from_numpy(np.concatenate(rows).astype(np.int64)), offsets, torch.from_numpy(size**-0.5).float()


def scores(table, bias, bags, at):
    ids, offsets, scale = bags.batch(at)
    return torch.nn.functional.embedding_bag(ids, table, offsets, mode="sum") * scale[:, None] + bias


def report(table, bias, data, odd, cut):
    """Recall of both and the part of other languages taken for either."""
    for file in ("sentences", "word-pairs", "single-words"):
        bags = Bags(list(lingua(data, file, odd)))
        with torch.no_grad():
            s = torch.cat([scores(table, bias, bags, range(i, min(i + 2000, len(bags.rows))))
                           for i in range(0, len(bags.rows), 2000)])
        best, which = s.max(1)
        said = [("it", "en")[w] if b > cut else "" for b, w in zip(best.tolist(), which.tolist())]
        hit = {k: np.mean([x == k for x, lang in zip(said, bags.lang) if lang == k]) for k in ("it", "en")}
        wrong = [(lang, x) for x, lang in zip(said, bags.lang) if lang not in ("it", "en")]
        by = {}
        for lang, x in wrong:
            by[lang] = by.get(lang, 0) + bool(x)
        worst = sorted(by.items(), key=lambda x: -x[1])[:6]
        print(f"{file} {'odd' if odd else 'even'} cut {cut}: it {hit['it']:.4f} en {hit['en']:.4f} "
              f"false {np.mean([bool(x) for _, x in wrong]):.4f} {worst}", flush=True)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", required=True)
    ap.add_argument("--out", required=True, help="the table to write, language.bin")
    ap.add_argument("--epochs", type=int, default=6)
    ap.add_argument("--l2", type=float, default=2e-7)
    ap.add_argument("--fold", action="store_true", help="train on four fifths of the odd lines, report the rest")
    args = ap.parse_args()
    rng = random.Random(1)
    torch.manual_seed(1)
    torch.set_num_threads(1)
    items = []
    for file in ("sentences", "word-pairs", "single-words"):
        items += lingua(args.data, file, True)
    for lang in ("it", "en"):
        items += raw(args.data, lang, rng, 25000)
    # Other languages in shorter pieces, too: headlines are short.
    items += [(lang, " ".join(text.split()[: rng.randint(2, 8)])) for lang, text in lingua(args.data, "sentences", True)]
    rng.shuffle(items)
    kept = []
    if args.fold:
        kept, items = items[::5], [x for i, x in enumerate(items) if i % 5]
    print(len(items), "texts", flush=True)
    bags = Bags(items)
    table = torch.zeros(1 << BITS, 2, requires_grad=True)
    bias = torch.zeros(2, requires_grad=True)
    opt = torch.optim.Adam([table, bias], lr=0.02)
    # Others outnumber the two by far.
    weight = torch.tensor([2.0, 2.0])
    size, step = 512, 0
    total = args.epochs * (len(items) // size)
    for epoch in range(args.epochs):
        order, losses = np.random.default_rng(epoch).permutation(len(items)), []
        for i in range(0, len(order) - size + 1, size):
            at = order[i : i + size]
            s = scores(table, bias, bags, at)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(s, bags.target[at], pos_weight=weight)
            (loss + args.l2 * (table**2).sum()).backward()
            for g in opt.param_groups:
                g["lr"] = 0.02 * (1 - step / total)
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
            step += 1
        print("epoch", epoch, "loss", np.mean(losses), flush=True)
    with torch.no_grad():
        # One byte a weight: the few largest are clipped.
        top = table.abs().flatten().kthvalue(int(0.9995 * table.numel()))[0].item()
        scale = top / 127
        small = (table / scale).round().clamp(-127, 127).to(torch.int8)
        rounded = small.float() * scale
    if args.fold:
        bags = Bags(kept)
        with torch.no_grad():
            s = scores(rounded, bias, bags, range(len(kept)))
        best, which = s.max(1)
        length = [sum(map(len, words(text))) for _, text in kept]
        for low, high in ((0, 12), (12, 25), (25, 50), (50, 100), (100, 10000)):
            some = [(lang, b, w) for (lang, _), b, w, n in zip(kept, best.tolist(), which.tolist(), length) if low <= n < high]
            for cut in (-1.0, -0.5, 0.0, 0.5, 1.0):
                hit = [np.mean([b > cut and ("it", "en")[w] == k for lang, b, w in some if lang == k]) for k in ("it", "en")]
                false = np.mean([b > cut for lang, b, _ in some if lang not in ("it", "en")])
                print(f"letters {low} to {high}, {len(some)} texts, cut {cut}: it {hit[0]:.4f} en {hit[1]:.4f} false {false:.4f}")
        return
    for cut in (-1.0, -0.5, 0.0, 0.5, 1.0):
        report(rounded, bias.detach(), args.data, False, cut)
    with open(args.out, "wb") as f:
        f.write(np.array([scale, *bias.detach().tolist()], np.float32).tobytes())
        f.write(small.numpy().tobytes())
    print("wrote", args.out, os.path.getsize(args.out), "bytes")


if __name__ == "__main__":
    main()
