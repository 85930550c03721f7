"""Write a checkpoint as a model folder: half-precision weights, config, vocabulary."""

import argparse
import json
import os
import shutil

import torch
from safetensors.torch import load_file, save_file

import base


def write(state: dict, folder: str, out: str):
    """`state` holds BertForTokenClassification's tensors."""
    os.makedirs(out, exist_ok=True)
    half = {k: v.to(torch.float16).contiguous() for k, v in state.items() if not k.endswith("position_ids")}
    weights = os.path.join(out, "model.safetensors")
    save_file(half, weights, metadata={"format": "pt"})
    os.chmod(weights, 0o644)
    cfg = base.config(folder).to_dict()
    cfg = {k: cfg[k] for k in (
        "attention_probs_dropout_prob", "classifier_dropout", "hidden_act", "hidden_dropout_prob", "hidden_size",
        "id2label", "initializer_range", "intermediate_size", "label2id", "layer_norm_eps",
        "max_position_embeddings", "model_type", "num_attention_heads", "num_hidden_layers", "pad_token_id",
        "position_embedding_type", "type_vocab_size", "use_cache", "vocab_size")}
    cfg["architectures"] = ["BertForTokenClassification"]
    cfg["torch_dtype"] = "float16"
    cfg["vedetta_letter_case"] = "token_type_ids"
    cfg["vedetta_tagging"] = "IOB2"
    with open(os.path.join(out, "config.json"), "w") as f:
        json.dump(cfg, f, indent=2, sort_keys=True)
        f.write("\n")
    with open(os.path.join(out, "tokenizer_config.json"), "w") as f:
        json.dump({
            "cls_token": "[CLS]", "do_basic_tokenize": True, "do_lower_case": True, "mask_token": "[MASK]",
            "model_max_length": 512, "never_split": None, "pad_token": "[PAD]", "sep_token": "[SEP]",
            "strip_accents": None, "tokenize_chinese_chars": True, "tokenizer_class": "BertTokenizer",
            "unk_token": "[UNK]"}, f, indent=2)
        f.write("\n")
    shutil.copyfile(os.path.join(folder, "vocab.txt"), os.path.join(out, "vocab.txt"))


def mean(paths):
    """The average of several checkpoints."""
    states = [load_file(p) for p in paths]
    return {k: sum(s[k].float() for s in states) / len(states) for k in states[0]}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("checkpoints", nargs="+", help="one checkpoint, or several to average")
    ap.add_argument("--base", required=True, help="folder with vocab.txt")
    ap.add_argument("--out", required=True)
    args = ap.parse_args()
    write(mean(args.checkpoints), args.base, args.out)


if __name__ == "__main__":
    main()
