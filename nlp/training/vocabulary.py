"""Make room in the vocabulary for Italian.

The base's vocabulary is English: Italian words fall into two or three pieces
each, which costs time and takes the words' meaning apart. Pieces that the
texts of this project never use (other scripts, reserved slots, rare words) give
way to pieces of WordPiece trained on the Italian texts; a few thousand more are
appended. Kept pieces keep their numbers. A new piece begins as the mean of the
pieces that it was made of before, at the usual length of an embedding (mean
initialisation: Hewitt 2021, "Initializing new word embeddings"). pretrain.py
then trains them. Writes OUT/vocab.txt and OUT/model.safetensors.
"""

import argparse
import collections
import glob
import lzma
import os

import torch
from safetensors.torch import load_file, save_file
from tokenizers import BertWordPieceTokenizer, Tokenizer, models, normalizers, pre_tokenizers, trainers

import base
import corpus
import domain_sets

KEY = "embeddings.word_embeddings.weight"
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


def count(tok, texts) -> collections.Counter:
    used = collections.Counter()
    for enc in tok.encode_batch(list(texts), add_special_tokens=False):
        used.update(enc.ids)
    return used


def usage(data: str, tok) -> collections.Counter:
    """How often the texts of both languages use each piece; a twelfth of the novels."""
    used = collections.Counter()
    for lang in ("it", "en"):
        for name, lines in raw(data, lang):
            used.update(count(tok, lines[::NOVELS] if "eltec" in name else lines))
        used.update(count(tok, annotated(data, lang)))
    return used


def italian_pieces(data: str, size: int):
    """Pieces of a WordPiece vocabulary of Italian, the most frequent first."""
    tok = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tok.normalizer = normalizers.BertNormalizer(lowercase=True)
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

    def texts():
        for name, lines in raw(data, "it"):
            if "eltec" in name:
                yield from lines[::NOVELS]
            else:
                # Three times: news and encyclopaedia are what will be read.
                for _ in range(3):
                    yield from lines
        sets = list(annotated(data, "it"))
        for _ in range(3):
            yield from sets

    tok.train_from_iterator(texts(), trainers.WordPieceTrainer(vocab_size=size, min_frequency=20, show_progress=False))
    return [piece for piece, _ in sorted(tok.get_vocab().items(), key=lambda x: x[1])]


def split(piece: str, vocab: dict) -> list:
    """The old pieces of a new one: greedy, longest first, as WordPiece does."""
    head, body = ("##", piece[2:]) if piece.startswith("##") else ("", piece)
    out, at = [], 0
    while at < len(body):
        for end in range(len(body), at, -1):
            found = vocab.get((head if at == 0 else "##") + body[at:end])
            if found is not None:
                out.append(found)
                at = end
                break
        else:
            return []
    return out


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", required=True)
    ap.add_argument("--base", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--size", type=int, default=33500, help="pieces of the new vocabulary")
    ap.add_argument("--rare", type=int, default=3, help="a piece used fewer times may go")
    args = ap.parse_args()

    old = base.vocabulary(args.base)
    vocab = {p: i for i, p in enumerate(old)}
    tok = base.tokenizer(args.base)
    used = usage(args.data, tok)
    special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
    # Single characters stay: without them a word is [UNK].
    free = [i for i, p in enumerate(old)
            if p not in special and len(p.removeprefix("##")) > 1 and used[i] < args.rare]
    free += [i for i, p in enumerate(old) if len(p.removeprefix("##")) == 1 and ord(p[-1]) > 0x2E00 and used[i] == 0]
    free.sort()
    wanted = len(free) + args.size - len(old)
    fresh = [p for p in italian_pieces(args.data, 40000)
             if p not in vocab and len(p.removeprefix("##")) > 1 and not p.startswith("[")][:wanted]
    new = list(old)
    for i, piece in zip(free, fresh):
        new[i] = piece
    new += fresh[len(free):]
    print(f"{len(free)} pieces go, {len(fresh)} come: {len(new)}; the first {fresh[:12]}, the last {fresh[-12:]}")

    state = load_file(os.path.join(args.base, "model.safetensors"))
    state = {k.removeprefix("bert."): v.float() for k, v in state.items() if not k.startswith(("pooler", "classifier"))}
    before = state[KEY]
    length = before.norm(dim=1).median()
    after = torch.cat([before, torch.zeros(len(new) - len(old), before.shape[1])])
    numbers = {p: i for i, p in enumerate(new)}
    for piece in fresh:
        parts = split(piece, vocab)
        mean = before[parts].mean(0) if parts else before[vocab["[UNK]"]]
        after[numbers[piece]] = mean * (length / mean.norm())
    state[KEY] = after
    os.makedirs(args.out, exist_ok=True)
    save_file({k: v.contiguous() for k, v in state.items()}, os.path.join(args.out, "model.safetensors"))
    with open(os.path.join(args.out, "vocab.txt"), "w", encoding="utf-8") as f:
        f.writelines(p + "\n" for p in new)
    for lang in ("it", "en"):
        texts = list(annotated(args.data, lang))
        a, b = (sum(count(t, texts).values()) for t in (tok, BertWordPieceTokenizer(
            os.path.join(args.out, "vocab.txt"), lowercase=True)))
        print(f"{lang}: {a} pieces before, {b} after")


if __name__ == "__main__":
    main()
