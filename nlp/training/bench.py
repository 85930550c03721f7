"""The built-in model side by side: Vedetta's engine and Python's transformers, same weights, texts, threads.

Texts are 400 paragraphs of one to five sentences of the domain sets, so that the
lengths are those of real text. Speeds are unpadded pieces a second, each the
best of several rounds; the three are run in turn, round by round, so that other
work on the machine hits all alike. Ends with 1 where a bar is missed.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time

import torch
from transformers import AutoModelForTokenClassification, BertTokenizerFast, pipeline

import base
import casing
import domain_sets
from evaluate import _plain

PIPELINE_BAR, LOOP_BAR = 2.5, 1.1
TEXTS = 400


def paragraphs():
    rng = random.Random(3)
    for lang in ("it", "en"):
        train, kept = domain_sets.load(lang)
        lines = [text for text, _ in train + kept]
        while lines:
            n = rng.randint(1, 5)
            yield " ".join(lines[:n])
            lines = lines[n:]


@torch.inference_mode()
def loop(model, tok, texts, budget):
    """What a careful Python programmer writes: sorted by length, batches under a budget, one copy of the labels."""
    rows = []
    for text, enc in zip(texts, tok.encode_batch(texts)):
        case = [0] * len(enc.ids)
        for i, j, _, _, value in casing.words_of(_plain(enc), text):
            case[i:j] = [value] * (j - i)
        rows.append((enc.ids[:512], case[:512], enc.offsets))
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i][0]))
    out, at = [None] * len(rows), 0
    while at < len(order):
        width = len(rows[order[at]][0])
        group = order[at : at + max(1, budget // width)]
        at += len(group)
        ids = torch.zeros(len(group), width, dtype=torch.long)
        case, mask = torch.zeros_like(ids), torch.zeros_like(ids)
        for k, i in enumerate(group):
            n = len(rows[i][0])
            ids[k, :n], case[k, :n], mask[k, :n] = torch.tensor(rows[i][0]), torch.tensor(rows[i][1]), 1
        logits = model(ids, attention_mask=mask, token_type_ids=case).logits
        labels = logits.argmax(-1).tolist()
        for k, i in enumerate(group):
            names, prev = [], "O"
            for label, (start, end) in zip(labels[k], rows[i][2]):
                tag = base.LABELS[label]
                if tag != "O" and end > start:
                    if tag[0] == "I" and prev[2:] == tag[2:]:
                        names[-1] = (names[-1][0], end, tag[2:])
                    else:
                        names.append((start, end, tag[2:]))
                prev = tag
            out[i] = names
    return out


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--model", required=True)
    ap.add_argument("--engine", required=True, help="the built example model_speed")
    ap.add_argument("--scratch", required=True)
    ap.add_argument("--threads", type=int, default=os.cpu_count())
    ap.add_argument("--rounds", type=int, default=3)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    # As many as a round of all runs takes some minutes for; the domain sets grow.
    texts = random.Random(5).sample(list(paragraphs()), TEXTS)
    os.makedirs(args.scratch, exist_ok=True)
    file = os.path.join(args.scratch, "texts.jsonl")
    with open(file, "w", encoding="utf-8") as f:
        f.writelines(json.dumps(t, ensure_ascii=False) + "\n" for t in texts)
    tok = base.tokenizer(args.model)
    pieces = sum(len(e.ids) - 2 for e in tok.encode_batch(texts))
    models = {kind: AutoModelForTokenClassification.from_pretrained(args.model, torch_dtype=kind).eval()
              for kind in (torch.float32, torch.bfloat16)}
    fast = BertTokenizerFast.from_pretrained(args.model)
    pipes = {kind: pipeline("token-classification", model=m, tokenizer=fast, aggregation_strategy="simple",
                            framework="pt", device="cpu", torch_dtype=kind) for kind, m in models.items()}
    best, rounds = {}, []

    def note(name, rate):
        best[name] = max(best.get(name, 0), rate)
        rounds[-1][name] = rate
        print(f"{name:44} {rate:8.0f} pieces/s", file=sys.stderr, flush=True)

    def timed(name, call):
        began = time.perf_counter()
        call()
        note(name, pieces / (time.perf_counter() - began))

    report = {}
    for _ in range(args.rounds):
        rounds.append({})
        for kind, short in ((torch.float32, "f32"), (torch.bfloat16, "bf16")):
            with torch.inference_mode():
                for size in (1, 4, 8, 16, 32, 64):
                    timed(f"pipeline {short} batch {size}", lambda: list(pipes[kind](texts, batch_size=size)))
            for budget in (1024, 2048, 4096, 8192):
                timed(f"loop {short} budget {budget}", lambda: loop(models[kind], tok, texts, budget))
            out = subprocess.run([args.engine, file, str(args.threads), short, "2"], check=True, capture_output=True)
            engine = json.loads(out.stdout)
            assert engine["pieces"] == pieces, (engine["pieces"], pieces)
            note(f"vedetta {short}", engine["best"])
            report[short] = max(report.get(short, engine), engine, key=lambda e: e["best"])
    top = {who: max((rate, name) for name, rate in best.items() if name.startswith(who))
           for who in ("pipeline f32", "pipeline bf16", "loop f32", "loop bf16", "vedetta f32", "vedetta bf16")}
    bf16 = top["vedetta bf16"][0] > top["vedetta f32"][0]
    mine = "vedetta bf16" if bf16 else "vedetta f32"
    hand = "loop bf16" if bf16 else "loop f32"

    def times(who):
        """Ours against the best of `who`, round by round: a machine's pace drifts more than any of them differ."""
        ratios = [r[mine] / max(rate for name, rate in r.items() if name.startswith(who)) for r in rounds]
        return statistics.median(ratios), [round(ratio, 2) for ratio in ratios]

    (pipe, pipes_by_round), (loops, loops_by_round) = times("pipeline"), times(hand)
    result = {
        "threads": args.threads, "pieces": pieces, "engine": report,
        "best": {who: {"pieces_per_second": round(rate), "run": name} for who, (rate, name) in top.items()},
        "times_pipeline": round(pipe, 2), "times_pipeline_by_round": pipes_by_round, "bar_pipeline": PIPELINE_BAR,
        "times_loop_of_same_precision": round(loops, 2), "times_loop_by_round": loops_by_round, "bar_loop": LOOP_BAR,
        "best_against_best": {"pipeline": round(top[mine][0] / max(top["pipeline f32"], top["pipeline bf16"])[0], 2),
                              "loop": round(top[mine][0] / top[hand][0], 2)},
    }
    print(json.dumps(result, indent=1))
    sys.exit(0 if pipe >= PIPELINE_BAR and loops >= LOOP_BAR else 1)


if __name__ == "__main__":
    main()
