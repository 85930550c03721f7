"""Go on with masked-language training, so that the English base reads Italian.

Whole words are masked; the letter case goes in as in the NER training. With
`--names W` every step also trains the names, with weight W beside the masked
words, so that an encoder that knows names does not forget them. Writes
OUT/model.safetensors with BertModel's names, which train.py takes as --base.
"""

import argparse
import glob
import gzip
import json
import lzma
import os
import random
import shutil
import textwrap
import time

import numpy as np
import torch
import torch.multiprocessing as mp
from safetensors.torch import save_file
from torch import nn
from transformers import BertModel

import base
import casing
from data import Mixer
from shared import Shared
from train import loss_of

LENGTH = 126
# Share of each file's lines that is read: novels are plenty and far from news.
SHARE = {"eltec_ita": 0.10, "eltec_eng": 0.0, "commonvoice": 0.2, "cia_factbook": 0.4, "degasperi": 0.5,
         "brown": 0.15, "masc": 0.3, "state_union": 0.1, "enwiki": 0.7, "abc": 0.5, "bbc": 0.5}


def raw_texts(data: str, rng: random.Random):
    """(name, lines) of every raw text, and of the Italian news headlines and teasers."""
    for path in sorted(glob.glob(os.path.join(data, "rawtext", "*", "*.xz"))):
        share = next((s for k, s in SHARE.items() if k in os.path.basename(path)), 1.0)
        if share == 0.0:
            continue
        with lzma.open(path, "rt", encoding="utf-8") as f:
            # Some books stand in one line, which the tokenizer takes minutes for.
            lines = [part for line in f for part in textwrap.wrap(line, 2000)]
        # Whole stretches, not single lines, so that the context stays.
        yield (os.path.basename(path),
               [x for i in range(0, len(lines), 50) if rng.random() < share for x in lines[i : i + 50]])
    with gzip.open(os.path.join(data, "dedup", "it_thematic_coherence", "pairs.jsonl.gz"), "rt", encoding="utf-8") as f:
        pairs = [json.loads(line) for line in f]
    yield "it_thematic_coherence", sorted({" ".join(p[key].split()) for p in pairs for key in ("text1", "text2")})


def blocks(data: str, tok, rng: random.Random):
    """Pieces, case and word numbers of all texts, cut into rows of one length."""
    rows = []
    for name, lines in raw_texts(data, rng):
        flat = []
        for at in range(0, len(lines), 2000):
            part = lines[at : at + 2000]
            for text, enc in zip(part, tok.encode_batch(part, add_special_tokens=False)):
                for i, j, _, _, case in casing.words_of(enc, text):
                    flat.extend((p, case, k == 0) for k, p in enumerate(enc.ids[i:j]))
        flat = np.array(flat[: len(flat) // LENGTH * LENGTH], dtype=np.int64)
        rows.append(flat.reshape(-1, LENGTH, 3))
        print(name, len(flat), "pieces", flush=True)
    return np.concatenate(rows)


def masked(rows, rng: np.random.Generator, pieces: int):
    """Hide a fifth of the words. Returns ids, case, the hidden places, what stood there."""
    ids, case, first = rows[..., 0].copy(), rows[..., 1], rows[..., 2]
    word, shape = np.cumsum(first, 1), (len(rows), LENGTH + 1)
    mask = np.take_along_axis(rng.random(shape) < 0.2, word, 1)
    target = ids[mask]
    how = np.take_along_axis(rng.random(shape), word, 1)
    ids[mask & (how < 0.8)] = 103
    swap = mask & (how > 0.9)
    ids[swap] = rng.integers(1000, pieces, swap.sum())
    ids = np.pad(ids, ((0, 0), (1, 0)), constant_values=101)
    ids = np.pad(ids, ((0, 0), (0, 1)), constant_values=102)
    return ids, np.pad(case, ((0, 0), (1, 1))), np.pad(mask, ((0, 0), (1, 1))), target


def work(rank, args, rows, start, shared, mixer):
    torch.set_num_threads(1)
    torch.manual_seed(args.seed + rank)
    rng = np.random.default_rng(args.seed + rank)
    cfg = base.config(args.base)
    bert = BertModel._from_config(cfg, attn_implementation="eager", add_pooling_layer=False)
    print(bert.load_state_dict(start, strict=False), flush=True)
    torch.manual_seed(args.seed)  # The head is the same in every worker.
    head = nn.Sequential(nn.Linear(384, 384), nn.GELU(), nn.LayerNorm(384))
    bias = nn.Parameter(torch.zeros(cfg.vocab_size))
    torch.manual_seed(args.seed)
    classifier = nn.Linear(384, len(base.LABELS))
    params = [*bert.parameters(), *head.parameters(), bias, *classifier.parameters()]
    names = None
    if mixer:
        mixer.rng.seed(args.seed + 100 * rank)
        names = mixer.batches(args.batch * 48)
    opt = torch.optim.AdamW(params, lr=args.lr, weight_decay=0.01, fused=True)

    def save():
        save_file({k: v.contiguous() for k, v in bert.state_dict().items()},
                  os.path.join(args.out, "model.safetensors"))

    began = saved = time.time()
    step, seen, losses, losses_names = 0, 0, [], [0.0]
    mine = np.arange(rank, len(rows), args.workers)
    order = np.empty(0, np.int64)
    bert.train()
    while True:
        if len(order) < args.batch:
            order = rng.permutation(mine)
        take, order = order[: args.batch], order[args.batch :]
        ids, case, mask, target = map(torch.from_numpy, masked(rows[take], rng, cfg.vocab_size))
        with torch.autocast("cpu", torch.bfloat16):
            hidden = bert(ids, token_type_ids=case)[0]
            hidden = head(hidden[mask])
            logits = nn.functional.linear(hidden, bert.embeddings.word_embeddings.weight, bias)
        loss = nn.functional.cross_entropy(logits.float(), target)
        losses.append(loss.item())
        if names:
            ids, case, real, label, misc, weight = map(torch.from_numpy, next(names))
            with torch.autocast("cpu", torch.bfloat16):
                hidden = bert(ids, attention_mask=real, token_type_ids=case)[0]
                logits = classifier(nn.functional.dropout(hidden, 0.1))
            extra = loss_of(logits, label, misc, weight)
            losses_names.append(extra.item())
            loss = loss + args.names * extra
        else:
            (0.0 * sum(p.sum() for p in classifier.parameters())).backward()
        loss.backward()
        done = shared.meet(rank, step, params, (time.time() - began) / (60 * args.minutes))
        if done >= 1:
            break
        lr = args.lr * min(1.0, done / 0.04) * (1 - 0.85 * done)
        for group in opt.param_groups:
            group["lr"] = lr
        nn.utils.clip_grad_norm_(params, 1.0)
        opt.step()
        opt.zero_grad(set_to_none=False)
        step += 1
        if rank:
            continue
        seen += mask.numel() * args.workers
        if step % 20 == 0:
            now = time.time() - began
            print(f"{now / 60:.1f} min step {step} loss {np.mean(losses[-20:]):.3f} names {np.mean(losses_names[-20:]):.3f} lr {lr:.2e} "
                  f"{seen / 1e6:.2f} M pieces, {seen / now:.0f}/s", flush=True)
        if time.time() - saved > 240:
            save()
            saved = time.time()
    if rank == 0:
        save()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", required=True)
    ap.add_argument("--base", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--minutes", type=float, default=60)
    ap.add_argument("--workers", type=int, default=2)
    ap.add_argument("--batch", type=int, default=16, help="rows of a worker's batch")
    ap.add_argument("--lr", type=float, default=5e-4)
    ap.add_argument("--names", type=float, default=0.0, help="weight of the names' loss; 0: masked words alone")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    torch.set_num_threads(1)
    rows = blocks(args.data, base.tokenizer(args.base), random.Random(args.seed))
    print("rows", len(rows), flush=True)
    os.makedirs(args.out, exist_ok=True)
    shutil.copy(os.path.join(args.base, "vocab.txt"), args.out)
    start = base.start_weights(args.base)
    # The encoder, the head's three layers, the bias of the vocabulary, the classifier.
    size = (sum(v.numel() for v in start.values()) + 384 * 384 + 3 * 384 + len(base.vocabulary(args.base))
            + 385 * len(base.LABELS))
    mixer = Mixer(args.data, base.tokenizer(args.base), args.seed) if args.names else None
    shared = Shared(size, args.workers)
    others = [mp.get_context("fork").Process(target=work, args=(r, args, rows, start, shared, mixer), daemon=True)
              for r in range(1, args.workers)]
    for p in others:
        p.start()
    work(0, args, rows, start, shared, mixer)
    for p in others:
        p.join(30)


if __name__ == "__main__":
    main()
