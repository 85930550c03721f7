"""Train the NER model on a CPU for a given wall-clock time.

Every worker is a process with one thread and batches of its own; gradients are
averaged over shared memory once a step. On a machine shared with other work this
is much faster than one process of several threads, which meet after every
operation and wait for the slowest.
"""

import argparse
import os
import time

import numpy as np
import torch
import torch.multiprocessing as mp
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import BertForTokenClassification

import base
import evaluate
from data import Mixer
from shared import Shared

MISC = [base.LABEL_ID["B-MISC"], base.LABEL_ID["I-MISC"]]


def loss_of(logits, label, misc, weight):
    """Cross entropy on first pieces. Where a set has no MISC, its O may be MISC."""
    keep = label != -100
    logits, label = logits[keep], label[keep]
    rows = keep.nonzero()[:, 0]
    logp = logits.float().log_softmax(-1)
    maybe = torch.logsumexp(logp[:, [0, *MISC]], -1)
    gold = logp.gather(1, label[:, None])[:, 0]
    gold = torch.where((label == 0) & ~misc[rows], maybe, gold)
    w = weight[rows]
    return -(gold * w).sum() / w.sum()


def look(model, weights, dev, name, bf16):
    """Scores in passing, on a part of the sets; the final measure is evaluate.py."""
    for kind, state in weights.items():
        model.load_state_dict(state)
        scores = {n: evaluate.f1(model, dev["tok"], items[:900], path=True, bf16=bf16)["micro"]["f1"]
                  for n, items in dev["sets"].items() if n != "en_politics_dev"}
        print(name, kind, scores, flush=True)


def work(rank, args, mixer, start, shared, dev):
    torch.set_num_threads(1)
    torch.manual_seed(args.seed + rank)
    mixer.rng.seed(args.seed + 100 * rank)
    # Plain attention: on a CPU its backward pass is several times faster.
    model = BertForTokenClassification._from_config(base.config(args.base), attn_implementation="eager")
    model.load_state_dict(start)
    params = list(model.parameters())
    opt = torch.optim.AdamW([{"params": [p for p in params if p.ndim >= 2], "weight_decay": 0.01},
                             {"params": [p for p in params if p.ndim < 2], "weight_decay": 0.0}],
                            lr=args.lr, fused=True)
    ema = {k: v.detach().clone() for k, v in model.state_dict().items()} if rank == 0 else {}

    def checkpoint(name):
        raw = {k: v.clone() for k, v in model.state_dict().items()}
        save_file(raw, os.path.join(args.out, f"{name}.safetensors"))
        save_file(ema, os.path.join(args.out, f"{name}-ema.safetensors"))
        model.eval()
        look(model, {"raw": raw, "ema": ema}, dev, name, not args.f32)
        model.load_state_dict(raw)
        model.train()

    model.train()
    began = last = time.time()
    step, seen, losses, marks = 0, 0, [], 1
    for ids, case, real, label, misc, weight in mixer.batches(args.pieces):
        ids, case, real, label, misc, weight = map(torch.from_numpy, (ids, case, real, label, misc, weight))
        with torch.autocast("cpu", torch.bfloat16, enabled=not args.f32):
            logits = model(ids, attention_mask=real, token_type_ids=case).logits
        loss = loss_of(logits, label, misc, weight)
        loss.backward()
        done = shared.meet(rank, step, params, (time.time() - began) / (60 * args.minutes))
        if done >= 1:
            break
        lr = args.lr * min(1.0, done / 0.03) * (1 - done)
        for group in opt.param_groups:
            group["lr"] = lr
        nn.utils.clip_grad_norm_(params, 1.0)
        opt.step()
        opt.zero_grad(set_to_none=False)
        step += 1
        if rank:
            continue
        seen += int(real.sum()) * args.workers
        losses.append(loss.item())
        if step % 10 == 0:
            # A window of about 1000 steps, shorter at the beginning.
            decay = min(0.99, step / (step + 100))
            with torch.no_grad():
                for k, v in model.state_dict().items():
                    ema[k].lerp_(v, 1 - decay)
        if step % args.log == 0:
            now = time.time() - began
            print(f"{now / 60:.1f} min step {step} loss {np.mean(losses[-args.log:]):.4f} lr {lr:.2e} "
                  f"{seen / 1e6:.2f} M pieces, {seen / now:.0f}/s", flush=True)
        if time.time() - last > 60 * args.every:
            checkpoint(f"at{marks}")
            marks += 1
            last = time.time()
    if rank == 0:
        checkpoint("last")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", required=True)
    ap.add_argument("--base", required=True, help="folder with vocab.txt and model.safetensors")
    ap.add_argument("--resume", help="a checkpoint to go on from, with a new schedule")
    ap.add_argument("--out", required=True)
    ap.add_argument("--minutes", type=float, default=50)
    ap.add_argument("--workers", type=int, default=2)
    ap.add_argument("--pieces", type=int, default=2048, help="pieces in a worker's batch")
    ap.add_argument("--lr", type=float, default=3e-4)
    ap.add_argument("--every", type=float, default=10, help="minutes between checkpoints")
    ap.add_argument("--log", type=int, default=50, help="steps between lines")
    ap.add_argument("--f32", action="store_true", help="no bfloat16")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)

    tok = base.tokenizer(args.base)
    mixer = Mixer(args.data, tok, args.seed)
    dev = {"tok": tok, "sets": evaluate.sets(args.data)}
    model = BertForTokenClassification._from_config(base.config(args.base))
    print(model.bert.load_state_dict(base.start_weights(args.base), strict=False), flush=True)
    if args.resume:
        model.load_state_dict(load_file(args.resume))
    start = model.state_dict()
    os.makedirs(args.out, exist_ok=True)
    shared = Shared(sum(p.numel() for p in model.parameters()), args.workers)
    # Forked, so that the corpus is read once.
    others = [mp.get_context("fork").Process(target=work, args=(r, args, mixer, start, shared, None), daemon=True)
              for r in range(1, args.workers)]
    for p in others:
        p.start()
    work(0, args, mixer, start, shared, dev)
    for p in others:
        p.join(30)


if __name__ == "__main__":
    main()
