"""Write the golden file: what the exported model says of texts written for this project."""

import argparse
import json
import random

import torch
from transformers import BertForTokenClassification

import base
import casing
import domain
import domain_sets
import odd_texts
from evaluate import _plain


def texts():
    """Kept sentences of the domain sets, filled templates, odd texts, and long ones."""
    for lang in ("it", "en"):
        yield from (text for text, _ in domain_sets.load(lang, "field")[1][:400])
    rng = random.Random(20)
    it = [domain.fill(t, "it", rng)[0] for t in domain.IT + domain.IT[::2]]
    en = [domain.fill(t, "en", rng)[0] for t in domain.EN + domain.EN[::2]]
    yield from it
    yield from en
    yield from odd_texts.texts()
    # Longer than the training windows, and longer than the encoder can take.
    for count in (8, 12, 16, 40):
        yield " ".join(rng.sample(it, count))
        yield " ".join(rng.sample(en, count))


@torch.no_grad()
def row(model, tok, text):
    enc = tok.encode(text)
    ids = enc.ids
    if len(ids) > 512:
        ids = ids[:511] + [enc.ids[-1]]
    case = [0] * len(ids)
    for i, j, _, _, value in casing.words_of(_plain(enc), text):
        for k in range(i, min(j, 511, len(ids) - 1)):
            case[k] = value
    logits = model(torch.tensor([ids]), token_type_ids=torch.tensor([case])).logits[0]
    top = logits.topk(2, -1)
    margin = (top.values[:, 0] - top.values[:, 1]).tolist()
    n = len(ids) - 1
    return {
        "text": text,
        "pieces": [tok.id_to_token(i) for i in ids[1:n]],
        "case": case[1:n],
        "labels": [base.LABELS[i] for i in top.indices[1:n, 0].tolist()],
        "margin": [round(m, 4) for m in margin[1:n]],
    }


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--model", required=True)
    ap.add_argument("--out", required=True)
    args = ap.parse_args()
    torch.set_num_threads(1)
    model = BertForTokenClassification.from_pretrained(
        args.model, torch_dtype=torch.float32, attn_implementation="eager").eval()
    tok = base.tokenizer(args.model)
    with open(args.out, "w", encoding="utf-8") as f:
        count = 0
        for text in texts():
            f.write(json.dumps(row(model, tok, text), ensure_ascii=False) + "\n")
            count += 1
    print(count, "texts")


if __name__ == "__main__":
    main()
