"""Span F1 with exact boundaries on the development sets, for an exported folder.

Text is the joined running text; every word has the label of its first piece.
Micro average over PER, ORG, LOC. Prints JSON.
"""

import argparse
import json

import numpy as np
import torch

import casing
import corpus
import decode
import domain_sets

KINDS = ("PER", "ORG", "LOC")


@torch.no_grad()
def word_scores(model, tok, texts, bf16=False, pieces=4096):
    """For every text its words' (start, end) and their scores per label."""
    rows = []
    for text, enc in zip(texts, tok.encode_batch(list(texts))):
        ids, case, first, words = enc.ids[:512], [0] * len(enc.ids), [], []
        for i, j, start, end, value in casing.words_of(_plain(enc), text):
            case[i:j] = [value] * (j - i)
            if i < 511:
                first.append(i)
                words.append((start, end))
        rows.append((ids, case[:512], first, words))
    out = [None] * len(rows)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    while order:
        width = len(rows[order[-1]][0])
        group = order[-max(1, pieces // width) :]
        del order[-len(group) :]
        ids, case, real = (torch.zeros(len(group), width, dtype=torch.long) for _ in range(3))
        for k, i in enumerate(group):
            n = len(rows[i][0])
            ids[k, :n], case[k, :n], real[k, :n] = torch.tensor(rows[i][0]), torch.tensor(rows[i][1]), 1
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            scores = model(ids, attention_mask=real, token_type_ids=case).logits
        scores = scores.float().numpy()
        for k, i in enumerate(group):
            out[i] = (rows[i][3], scores[k, rows[i][2]])
    return out


class _plain:
    """An encoding whose special tokens belong to no word."""

    def __init__(self, enc):
        self.offsets = enc.offsets
        self.word_ids = [None if s else w for s, w in zip(enc.special_tokens_mask, enc.word_ids)]


def f1(model, tok, items, path=False, bf16=False):
    """Scores of one set; `items` are (text, spans)."""
    counts = {k: [0, 0, 0] for k in KINDS}
    for (_, gold), (words, scores) in zip(items, word_scores(model, tok, [t for t, _ in items], bf16)):
        labels = [] if not words else decode.viterbi(scores) if path else scores.argmax(1)
        mine = set(decode.spans(labels, words))
        gold = set(gold)
        for kind in KINDS:
            a, b = {s for s in mine if s[2] == kind}, {s for s in gold if s[2] == kind}
            counts[kind][0] += len(a & b)
            counts[kind][1] += len(a)
            counts[kind][2] += len(b)
    total = np.sum(list(counts.values()), 0)
    out = {}
    for kind, (hit, found, real) in [("micro", total), *counts.items()]:
        p, r = float(hit / max(found, 1)), float(hit / max(real, 1))
        out[kind] = {"p": round(p, 4), "r": round(r, 4), "f1": round(2 * p * r / max(p + r, 1e-9), 4), "n": int(real)}
    return out


def sets(data: str) -> dict:
    """The development sets and the kept parts of the domain sets, by name."""
    found = {name: corpus.load(data, file) for name, file in corpus.DEV.items()}
    return found | {f"{lang}_{part}": domain_sets.load(lang, part)[1]
                    for lang in ("it", "en") for part in ("field", "world")}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", required=True)
    ap.add_argument("--model", required=True)
    ap.add_argument("--viterbi", action="store_true", help="forbid steps such as O to I-PER")
    ap.add_argument("--bf16", action="store_true")
    ap.add_argument("--threads", type=int, default=2)
    args = ap.parse_args()
    from transformers import BertForTokenClassification

    import base

    torch.set_num_threads(args.threads)
    model = BertForTokenClassification.from_pretrained(
        args.model, torch_dtype=torch.float32, attn_implementation="eager").eval()
    tok = base.tokenizer(args.model)
    out = {name: f1(model, tok, items, args.viterbi, args.bf16) for name, items in sets(args.data).items()}
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
