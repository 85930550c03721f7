"""Go on with masked-language training, so that the English base reads Italian.

Whole words are masked; the letter case goes in as in the NER training. Writes
OUT/model.safetensors with BertModel's names, which train.py takes as --base.
"""

import argparse
import glob
import lzma
import os
import random
import shutil
import time

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from transformers import BertModel

import base
import casing

LENGTH = 126
# Share of each file's lines that is read: novels are plenty and far from news.
SHARE = {"eltec_ita": 0.10, "eltec_eng": 0.0, "commonvoice": 0.3, "cia_factbook": 0.4,
         "brown": 0.2, "masc": 0.3, "state_union": 0.2, "enwiki": 0.5, "abc": 0.4, "bbc": 0.4}


def blocks(data: str, tok, rng: random.Random):
    """Pieces, case and word numbers of all texts, cut into rows of one length."""
    rows = []
    for path in sorted(glob.glob(os.path.join(data, "rawtext", "*", "*.xz"))):
        share = next((s for k, s in SHARE.items() if k in os.path.basename(path)), 1.0)
        if share == 0.0:
            continue
        with lzma.open(path, "rt", encoding="utf-8") as f:
            lines = [line.strip() for line in f if line.strip()]
        # Whole stretches, not single lines, so that the context stays.
        lines = [x for i in range(0, len(lines), 50) if rng.random() < share for x in lines[i : i + 50]]
        flat = []
        for at in range(0, len(lines), 2000):
            part = lines[at : at + 2000]
            for text, enc in zip(part, tok.encode_batch(part, add_special_tokens=False)):
                for i, j, _, _, case in casing.words_of(enc, text):
                    flat.extend((p, case, k == 0) for k, p in enumerate(enc.ids[i:j]))
        flat = np.array(flat[: len(flat) // LENGTH * LENGTH], dtype=np.int64)
        rows.append(flat.reshape(-1, LENGTH, 3))
        print(os.path.basename(path), len(flat), "pieces", flush=True)
    return np.concatenate(rows)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", required=True)
    ap.add_argument("--base", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--minutes", type=float, default=14)
    ap.add_argument("--batch", type=int, default=32)
    ap.add_argument("--lr", type=float, default=6e-4)
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    rng = random.Random(args.seed)
    np.random.seed(args.seed)
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)

    tok = base.tokenizer(args.base)
    rows = blocks(args.data, tok, rng)
    print("rows", len(rows), flush=True)
    cfg = base.config()
    bert = BertModel._from_config(cfg, attn_implementation="eager", add_pooling_layer=False)
    print(bert.load_state_dict(base.start_weights(args.base), strict=False), flush=True)
    head = nn.Sequential(nn.Linear(384, 384), nn.GELU(), nn.LayerNorm(384))
    bias = nn.Parameter(torch.zeros(cfg.vocab_size))
    params = [*bert.parameters(), *head.parameters(), bias]
    opt = torch.optim.AdamW(params, lr=args.lr, weight_decay=0.01, fused=True)
    os.makedirs(args.out, exist_ok=True)
    shutil.copy(os.path.join(args.base, "vocab.txt"), args.out)

    def save():
        save_file({k: v.contiguous() for k, v in bert.state_dict().items()},
                  os.path.join(args.out, "model.safetensors"))

    began = time.time()
    step, seen, saved, losses = 0, 0, began, []
    bert.train()
    order = np.random.permutation(len(rows))
    while (done := (time.time() - began) / (60 * args.minutes)) < 1:
        at = step * args.batch % (len(rows) - args.batch)
        row = rows[order[at : at + args.batch]]
        ids, case, first = row[..., 0].copy(), row[..., 1], row[..., 2]
        word = np.cumsum(first, 1)
        pick = np.random.rand(args.batch, LENGTH + 1) < 0.2
        mask = np.take_along_axis(pick, word, 1)
        target = ids[mask]
        how = np.take_along_axis(np.random.rand(args.batch, LENGTH + 1), word, 1)
        ids[mask & (how < 0.8)] = 103
        swap = mask & (how > 0.9)
        ids[swap] = np.random.randint(1000, 30000, swap.sum())
        ids = np.pad(ids, ((0, 0), (1, 0)), constant_values=101)
        ids = np.pad(ids, ((0, 0), (0, 1)), constant_values=102)
        case = np.pad(case, ((0, 0), (1, 1)))
        mask = np.pad(mask, ((0, 0), (1, 1)))
        lr = args.lr * min(1.0, done / 0.04) * (1 - 0.85 * done)
        for group in opt.param_groups:
            group["lr"] = lr
        with torch.autocast("cpu", torch.bfloat16):
            hidden = bert(torch.from_numpy(ids), token_type_ids=torch.from_numpy(case))[0]
            hidden = head(hidden[torch.from_numpy(mask)])
            logits = nn.functional.linear(hidden, bert.embeddings.word_embeddings.weight, bias)
        loss = nn.functional.cross_entropy(logits.float(), torch.from_numpy(target))
        loss.backward()
        nn.utils.clip_grad_norm_(params, 1.0)
        opt.step()
        opt.zero_grad()
        step += 1
        seen += ids.size
        losses.append(loss.item())
        if step % 20 == 0:
            now = time.time() - began
            print(f"{now / 60:.1f} min step {step} loss {np.mean(losses[-20:]):.3f} lr {lr:.2e} "
                  f"{seen / now:.0f} pieces/s", flush=True)
        if time.time() - saved > 240:
            save()
            saved = time.time()
    save()


if __name__ == "__main__":
    main()
