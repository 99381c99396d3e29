#!/usr/bin/env python3
"""Write tokenizers/: small tokenizers of every kind, and what the `tokenizers` library makes of texts with them.

usage: make_tokenizer_fixtures.py DATA [--minilm FOLDER]

DATA is the folder with sst2, mnli and squad (docs/data.md): small vocabularies are trained on it, and all of it is
tokenised. FOLDER holds MiniLM's tokenizer.json, of which only hashes are kept. Needs tokenizers, transformers and
sentencepiece; expected.json names their versions.

tokenizers/texts.json: hard cases and a seeded torture set. tokenizers/<kind>/: tokenizer.json (or spm.model), and
expected.json: ids and byte offsets of the hard cases, and CRC-32 numbers (see Row) of everything else.
"""

import argparse
import json
import pathlib
import zlib

import numpy
import sentencepiece
import tokenizers
import transformers

import tokenizer_kinds as kinds
import tokenizer_texts as texts

OUTPUT = pathlib.Path(__file__).parent / "tokenizers"
LINES_PER_HASH = 1000
PAIR_LENGTH = 48


class Row:
    """One encoded text or pair, as numbers that the C++ test makes as well."""

    def __init__(self, encoding, row_texts):
        places = [byte_places(text) for text in row_texts]
        self.ids = encoding.ids
        self.at = []
        for sequence, (begin, end) in zip(encoding.sequence_ids, encoding.offsets):
            self.at += [0, 0] if sequence is None else [int(places[sequence][begin]), int(places[sequence][end])]
        self.types = encoding.type_ids
        self.sequences = [-1 if sequence is None else sequence for sequence in encoding.sequence_ids]
        self.truncated = int(len(encoding.overflowing) > 0)

    def bytes(self):
        """Ids, begins and ends, types, sequences and the truncation flag as little-endian 32-bit numbers."""
        return numpy.array([*self.ids, *self.at, *self.types, *self.sequences, self.truncated], dtype="<i4").tobytes()


def byte_places(text):
    """Byte offset of every code point, and of the end."""
    if text.isascii():
        return range(len(text) + 1)
    return numpy.concatenate([[0], numpy.cumsum([len(character.encode()) for character in text])])


def rows(tokenizer, inputs, special=True):
    for given, encoding in zip(inputs, tokenizer.encode_batch(inputs, add_special_tokens=special)):
        yield Row(encoding, given if isinstance(given, tuple) else (given,))


def hashes(tokenizer, inputs, per_hash=1, special=True):
    result = []
    for begin in range(0, len(inputs), per_hash):
        part = b"".join(row.bytes() for row in rows(tokenizer, inputs[begin:begin + per_hash], special))
        result.append(zlib.crc32(part))
    return result


def decoded_hash(tokenizer, inputs):
    decoded = [tokenizer.decode(row.ids) for row in rows(tokenizer, inputs)]
    return [zlib.crc32(text.encode()) for text in decoded]


def truncations(tokenizer, pairs):
    """Pairs of hard cases cut in every way; crc null where the library refuses."""
    result = []
    for strategy in ("longest_first", "only_first", "only_second"):
        for side in ("right", "left"):
            for length in (5, 8, 13, 21):
                tokenizer.enable_truncation(length, strategy=strategy, direction=side)
                for first, second in pairs:
                    try:
                        crc = hashes(tokenizer, [(texts.HARD[first], texts.HARD[second])])[0]
                    except Exception as error:
                        assert "too short" in str(error), error
                        crc = None
                    result.append({"first": first, "second": second, "strategy": strategy, "side": side,
                                   "max_length": length, "crc": crc})
    tokenizer.no_truncation()
    return result


def expected(tokenizer, corpora):
    tokenizer.no_truncation()
    tokenizer.no_padding()
    torture = texts.torture()
    neighbours = list(zip(texts.HARD, texts.HARD[1:]))
    result = {
        "made_with": f"tokenizers {tokenizers.__version__}, transformers {transformers.__version__}, "
                     f"sentencepiece {sentencepiece.__version__}",
        "vocabulary_size": max(tokenizer.get_vocab().values()) + 1,
        "hard": [{"ids": row.ids, "at": row.at} for row in rows(tokenizer, texts.HARD)],
        "hard_decoded": decoded_hash(tokenizer, texts.HARD),
        "hard_pairs": hashes(tokenizer, neighbours),
        "hard_plain": hashes(tokenizer, texts.HARD, special=False),
        "hard_plain_pairs": hashes(tokenizer, neighbours, special=False),
        "torture": hashes(tokenizer, torture),
        "torture_decoded": decoded_hash(tokenizer, torture),
        "megabyte_word": hashes(tokenizer, ["ab" * 500_000])[0],
        "sst2": hashes(tokenizer, corpora["sst2"], LINES_PER_HASH),
        "squad": hashes(tokenizer, corpora["squad"], LINES_PER_HASH),
    }
    tokenizer.enable_truncation(PAIR_LENGTH)
    result["mnli"] = hashes(tokenizer, corpora["mnli"], LINES_PER_HASH)
    result["truncated"] = truncations(tokenizer, [(28, 70), (70, 28), (61, 0), (0, 61), (74, 66), (30, 31)])
    return result


def read_corpora(data):
    def table(name):
        return [line.split("\t") for line in (data / name).read_text().split("\n")[1:] if line]

    squad = [paragraph["context"] for name in ("dev-v1.1.json", "train-44articles-v1.1.json")
             for article in json.loads((data / "squad" / name).read_text())["data"] for paragraph in article["paragraphs"]]
    return {"sst2": [fields[0] for fields in table("sst2/train.tsv")],
            "mnli": [(fields[1], fields[2]) for fields in table("mnli/dev_matched.tsv")],
            "squad": squad}


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{json.dumps(key)}: {json.dumps(member)}" for key, member in value.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("--minilm", type=pathlib.Path)
    arguments = arguments.parse_args()

    corpora = read_corpora(arguments.data)
    training = corpora["sst2"][:20000] + ["don't I'LL 12345 x=1\n\n\ty  z", "ﬁ İ é e\u0301 中文 かな"] * 20
    write_json(OUTPUT / "texts.json", {"hard": texts.HARD, "torture": texts.torture()})

    made = {"wordpiece": kinds.word_piece(training, cased=False), "wordpiece-cased": kinds.word_piece(training, cased=True),
            "roberta": kinds.roberta(training), "qwen": kinds.qwen(training), "llama": kinds.llama(training),
            "mistral": kinds.mistral(training), "unigram": kinds.unigram(training)}
    for name, tokenizer in made.items():
        (OUTPUT / name).mkdir(exist_ok=True)
        (OUTPUT / name / "tokenizer.json").write_text(tokenizer.to_str() + "\n")
    (OUTPUT / "deberta").mkdir(exist_ok=True)
    kinds.train_sentence_piece(training[:3000], OUTPUT / "deberta")
    made["deberta"] = kinds.deberta(OUTPUT / "deberta")
    if arguments.minilm:
        made["minilm"] = tokenizers.Tokenizer.from_file(str(arguments.minilm / "tokenizer.json"))
    for name, tokenizer in made.items():
        write_json(OUTPUT / name / "expected.json", expected(tokenizer, corpora))


if __name__ == "__main__":
    main()
