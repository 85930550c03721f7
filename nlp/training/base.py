"""The start encoder, widened to four token types, and a tokenizer to match."""

import os

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig

LABELS = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC"]
LABEL_ID = {name: i for i, name in enumerate(LABELS)}


def tokenizer(folder: str) -> BertWordPieceTokenizer:
    """Uncased WordPiece over the folder's vocab.txt, accents stripped."""
    return BertWordPieceTokenizer(os.path.join(folder, "vocab.txt"), lowercase=True)


def vocabulary(folder: str) -> list:
    """The pieces of the folder's vocab.txt, by number."""
    with open(os.path.join(folder, "vocab.txt"), encoding="utf-8") as f:
        return f.read().splitlines()


def config(folder: str) -> BertConfig:
    """For the folder's weights. Dropout on the attention weights is off: it is slow on a CPU."""
    with safe_open(os.path.join(folder, "model.safetensors"), "pt") as f:
        names = f.keys()
        positions = next(k for k in names if k.endswith("position_embeddings.weight"))
        positions = f.get_slice(positions).get_shape()[0]
    return BertConfig(
        vocab_size=len(vocabulary(folder)),
        max_position_embeddings=positions,
        hidden_size=384,
        num_hidden_layers=sum(k.endswith("intermediate.dense.weight") for k in names),
        num_attention_heads=12,
        intermediate_size=1536,
        type_vocab_size=4,
        attention_probs_dropout_prob=0.0,
        id2label=dict(enumerate(LABELS)),
        label2id=LABEL_ID,
    )


def start_weights(folder: str) -> dict:
    """The base's tensors under BertModel's names, token types widened to four."""
    state = load_file(os.path.join(folder, "model.safetensors"))
    state = {k.removeprefix("bert."): v.float() for k, v in state.items()}
    key = "embeddings.token_type_embeddings.weight"
    types = state[key]
    if types.shape[0] != 4:
        # All four begin as the type the base was trained with, a little apart.
        state[key] = types[:1].repeat(4, 1) + 0.01 * torch.randn(4, types.shape[1])
    return {k: v for k, v in state.items() if not k.startswith(("pooler", "classifier"))}
