"""Write a tiny model of every family that is loaded, with what Python's transformers makes of texts.

The weights are random; what counts is that the same files give the same pieces and the same labels.
Writes OUT/<family>/ in the Hugging Face layout with expected.jsonl beside the files.
"""

import argparse
import json
import os
import shutil
import tempfile

import sentencepiece
import torch
import transformers as t
from safetensors.torch import load_file, save_file
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer

import base
import domain_sets

FAMILIES = ["bert", "distilbert", "electra", "roberta", "xlm-roberta", "albert", "deberta", "deberta-v2"]
SIZE = 400
COMMON = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
              max_position_embeddings=170, initializer_range=0.6)


def word_pieces(folder: str, texts: str, lowercase: bool):
    tok = BertWordPieceTokenizer(lowercase=lowercase)
    tok.train([texts], vocab_size=SIZE, min_frequency=1, show_progress=False)
    tok.save_model(folder)
    return len(tok.get_vocab())


def byte_pairs(folder: str, texts: str, special: list):
    tok = ByteLevelBPETokenizer()
    tok.train([texts], vocab_size=SIZE, min_frequency=1, show_progress=False, special_tokens=special)
    tok.save_model(folder)
    return len(tok.get_vocab())


def sentence_pieces(folder: str, name: str, texts: str, **kwargs):
    prefix = os.path.join(folder, name.removesuffix(".model"))
    sentencepiece.SentencePieceTrainer.train(
        input=texts, model_prefix=prefix, vocab_size=SIZE, character_coverage=1.0, minloglevel=2, **kwargs)
    os.remove(prefix + ".vocab")
    return SIZE


def make(family: str, folder: str, texts: str):
    """(model, tokenizer) of one family, its tokenizer's files in `folder`."""
    labels = dict(id2label=dict(enumerate(base.LABELS)), label2id=base.LABEL_ID)
    if family in ("bert", "electra", "distilbert"):
        size = word_pieces(folder, texts, family != "bert")
        tok = t.BertTokenizerFast(os.path.join(folder, "vocab.txt"), do_lower_case=family != "bert")
        if family == "bert":
            return t.BertForTokenClassification(t.BertConfig(vocab_size=size, **COMMON, **labels)), tok
        if family == "electra":
            config = t.ElectraConfig(vocab_size=size, embedding_size=8, **COMMON, **labels)
            return t.ElectraForTokenClassification(config), tok
        config = t.DistilBertConfig(vocab_size=size, dim=16, n_layers=2, n_heads=2, hidden_dim=24,
                                    max_position_embeddings=170, initializer_range=0.6, **labels)
        return t.DistilBertForTokenClassification(config), tok
    if family == "roberta":
        size = byte_pairs(folder, texts, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
        tok = t.RobertaTokenizerFast(os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt"))
        config = t.RobertaConfig(vocab_size=size, type_vocab_size=1, **COMMON, **labels)
        return t.RobertaForTokenClassification(config), tok
    if family == "xlm-roberta":
        size = sentence_pieces(folder, "sentencepiece.bpe.model", texts)
        tok = t.XLMRobertaTokenizer(os.path.join(folder, "sentencepiece.bpe.model"))
        config = t.XLMRobertaConfig(vocab_size=size + 2, type_vocab_size=1, **COMMON, **labels)
        return t.XLMRobertaForTokenClassification(config), tok
    if family == "albert":
        size = sentence_pieces(folder, "spiece.model", texts, pad_id=0, unk_id=1, bos_id=-1, eos_id=-1,
                               control_symbols=["[CLS]", "[SEP]"], user_defined_symbols=["[MASK]"])
        tok = t.AlbertTokenizer(os.path.join(folder, "spiece.model"), do_lower_case=True)
        config = t.AlbertConfig(vocab_size=size, embedding_size=8, **COMMON, **labels)
        return t.AlbertForTokenClassification(config), tok
    relative = dict(relative_attention=True, pos_att_type=["p2c", "c2p"], position_biased_input=False, type_vocab_size=0)
    if family == "deberta":
        size = byte_pairs(folder, texts, ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"])
        tok = t.DebertaTokenizerFast(os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt"))
        return t.DebertaForTokenClassification(t.DebertaConfig(vocab_size=size, **relative, **COMMON, **labels)), tok
    if family == "deberta-v2":
        size = sentence_pieces(folder, "spm.model", texts, pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]",
                               bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]")
        tok = t.DebertaV2Tokenizer(os.path.join(folder, "spm.model"))
        # As version 3 has them; so few buckets that far distances share one.
        config = t.DebertaV2Config(vocab_size=size + 1, position_buckets=8, norm_rel_ebd="layer_norm", share_att_key=True,
                                   **relative, **COMMON, **labels)
        return t.DebertaV2ForTokenClassification(config), tok
    raise ValueError(family)


@torch.no_grad()
def expected(model, tok, text: str):
    ids = tok(text)["input_ids"]
    logits = model(torch.tensor([ids])).logits[0]
    top = logits.topk(2, -1)
    margin = top.values[:, 0] - top.values[:, 1]
    return {"text": text, "ids": ids[1:-1], "labels": [base.LABELS[i] for i in top.indices[1:-1, 0].tolist()],
            "margin": [round(m, 4) for m in margin[1:-1].tolist()]}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", required=True)
    ap.add_argument("families", nargs="*", default=FAMILIES, help="these alone")
    args = ap.parse_args()
    lines = [text for lang in ("it", "en") for text, _ in domain_sets.load(lang)[1]]
    # What the slow tokenizers of two families read otherwise than their fast ones is left out.
    lines = [line for line in lines if line.isascii() or all(c.isalnum() or c in " .,;:-'’«»()" for c in line)]
    measured = lines[::9][:40]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as f:
        f.write("\n".join(lines))
        f.flush()
        for family in args.families:
            torch.manual_seed(7)
            folder = os.path.join(args.out, family)
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            model, tok = make(family, folder, f.name)
            # Half precision in the file, and what is measured is read from it.
            model = model.eval().half().float()
            model.save_pretrained(folder)
            path = os.path.join(folder, "model.safetensors")
            save_file({k: v.half() for k, v in load_file(path).items()}, path, metadata={"format": "pt"})
            os.chmod(path, 0o644)
            with open(os.path.join(folder, "expected.jsonl"), "w", encoding="utf-8") as out:
                for text in measured:
                    out.write(json.dumps(expected(model, tok, text), ensure_ascii=False) + "\n")
            print(family, sum(os.path.getsize(os.path.join(folder, n)) for n in os.listdir(folder)), "bytes")


if __name__ == "__main__":
    main()
