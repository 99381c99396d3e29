#!/usr/bin/env python3
"""Write models/<family>-tiny*: random models of every family with what transformers computes from them.

usage: make_model_fixtures.py [name...]      (needs transformers; cases.json names the versions)

A folder holds config.json and model.safetensors as save_pretrained writes them, cases.json with the padded batches that
went in, and expected.safetensors: hidden states after every layer (of the tokens that the mask keeps, row after row),
logits (span QA: of the same tokens), loss, every third entry of the loss's gradient for every parameter (batch
"labelled"), and a sample of the parameters after the Trainer's updates (batch "training").
"""

import copy
import json
import shutil
import sys

import numpy as np
import torch
import transformers

from tiny_models import (MODELS, draw_weights, made_with, recipe, trained_sample, write_expected, write_json)

LENGTH = 24
COMMON = {"vocab_size": 200, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
          "intermediate_size": 64}
ONE_LAYER = {"num_hidden_layers": 1}  # where another fixture has shown two


class Words:
    """Rows of random ids between the marks of a family."""

    def __init__(self, seed, first, last, pad, middle):
        self.stream = np.random.default_rng(seed)
        self.first, self.last, self.pad, self.middle = first, last, pad, middle

    def ids(self, count):
        return self.stream.integers(5, 200, count).tolist()

    def single(self, length):
        return [self.first, *self.ids(length - 2), self.last], [0] * length

    def pair(self, one, two):
        head = [self.first, *self.ids(one), *self.middle]
        tail = [*self.ids(two), self.last]
        return head + tail, [0] * len(head) + [1] * len(tail)

    def batch(self, rows, side="right", types=True, **labels):
        longest = max(len(ids) for ids, _ in rows)

        def padded(values, pad):
            gap = [pad] * (longest - len(values))
            return values + gap if side == "right" else gap + values

        out = {"ids": [padded(ids, self.pad) for ids, _ in rows], "mask": [padded([1] * len(ids), 0) for ids, _ in rows]}
        if types:
            out["types"] = [padded(kinds, 0) for _, kinds in rows]
        return out | labels

    def labels(self, rows, classes):
        return self.stream.integers(0, classes, len(rows)).tolist()


def bert_words(seed):
    return Words(seed, first=2, last=3, pad=0, middle=[3])


def roberta_words(seed):
    return Words(seed, first=0, last=2, pad=1, middle=[2, 2])


def some_rows(words, count):
    """Singles and pairs of unequal lengths, the longest and the shortest among them."""
    rows = [words.pair(8, LENGTH - 11), words.single(2), words.single(LENGTH), words.pair(3, 1), words.single(11)]
    while len(rows) < count:
        rows.append(words.single(int(words.stream.integers(4, LENGTH + 1))))
    return rows[:count]


def classified(words, classes, types, **more):
    rows, training = some_rows(words, 5), some_rows(words, 11)
    return {"labelled": words.batch(rows, types=types, labels=words.labels(rows, classes)),
            "training": words.batch(training, types=types, labels=words.labels(training, classes))} | more


def bert():
    config = transformers.BertConfig(**COMMON, max_position_embeddings=40, num_labels=3)
    words = bert_words(11)
    padded = words.batch([words.pair(5, 7), words.single(9), words.single(40), words.single(2)])
    for values in padded.values():
        values.insert(1, [0] * 40)  # a row of nothing but padding
    return transformers.BertForSequenceClassification(config), classified(words, 3, True, padded=padded)


def roberta():
    config = transformers.RobertaConfig(**COMMON, max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5)
    words = roberta_words(12)
    batches = classified(words, 2, False)
    for name in ("labelled", "training"):  # the padding's id inside a text that is attended to
        batches[name]["ids"][2][5] = batches[name]["ids"][0][7] = words.pad
    left = words.batch([words.pair(5, 7), words.single(40), words.single(9), words.single(2)], "left", types=False)
    left["ids"][0][-4] = words.pad
    return transformers.RobertaForSequenceClassification(config), batches | {"left": left}


def electra():
    config = transformers.ElectraConfig(**COMMON, embedding_size=16, max_position_embeddings=40)
    return transformers.ElectraForSequenceClassification(config), classified(bert_words(13), 2, True)


def electra_qa():
    config = transformers.ElectraConfig(**COMMON | ONE_LAYER, embedding_size=16, max_position_embeddings=40)
    words = bert_words(14)

    # Rows of one length: in transformers' loss the places of padding compete with the answer's.
    def answered(count):
        lengths = [(one, LENGTH - 3 - one) for one in words.stream.integers(2, 10, count).tolist()]
        starts = [one + 2 + int(words.stream.integers(0, two - 3)) for one, two in lengths]
        ends = [start + int(words.stream.integers(0, 3)) for start in starts]
        return words.batch([words.pair(*pair) for pair in lengths], starts=starts, ends=ends)

    padded = words.batch([words.pair(4, 12), words.pair(2, 2), words.single(9)])
    return transformers.ElectraForQuestionAnswering(config), {
        "labelled": answered(4), "padded": padded, "training": answered(12)}


def deberta(seed, changes):
    v3 = {"relative_attention": True, "position_biased_input": False, "pos_att_type": ["p2c", "c2p"],
          "position_buckets": 8, "max_position_embeddings": 32, "max_relative_positions": -1, "share_att_key": True,
          "norm_rel_ebd": "layer_norm", "type_vocab_size": 0, "num_labels": 3}
    config = transformers.DebertaV2Config(**(COMMON | v3 | changes))
    words = Words(seed, first=1, last=2, pad=0, middle=[2])
    batches = classified(words, 3, config.type_vocab_size > 0)
    if not config.position_biased_input:
        batches["left"] = words.batch([words.pair(5, 7), words.single(20), words.single(2)], "left", types=False)
    return transformers.DebertaV2ForSequenceClassification(config), batches


def bart():
    config = transformers.BartConfig(
        vocab_size=200, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=40, num_labels=3)
    words = roberta_words(21)

    def pairs(lengths):
        rows = [words.pair(*pair) for pair in lengths]
        return words.batch(rows, types=False, labels=words.labels(rows, 3))

    # transformers wants as many end marks in every row of a batch: 3 in pairs, 4 with one more inside a text.
    extra = pairs([(9, 9), (4, 6), (1, 12)])
    for row, place in enumerate((3, 10, 6)):
        extra["ids"][row][place] = words.last
    return transformers.BartForSequenceClassification(config), {
        "labelled": pairs([(8, 12), (1, 1), (5, 9), (14, 2)]), "extra_eos": extra,
        "training": pairs([(int(a), int(b)) for a, b in words.stream.integers(1, 10, (11, 2))])}


FIXTURES = {
    "bert-tiny": bert, "roberta-tiny": roberta, "electra-tiny": electra, "electra-qa-tiny": electra_qa,
    "deberta-tiny-a": lambda: deberta(15, {}),
    "deberta-tiny-b": lambda: deberta(16, {"share_att_key": False, "norm_rel_ebd": "none", "position_biased_input": True,
                                           "type_vocab_size": 2}),
    "deberta-tiny-c": lambda: deberta(17, {"conv_kernel_size": 3, "conv_act": "gelu"}),
    "deberta-tiny-p2c": lambda: deberta(18, ONE_LAYER | {"pos_att_type": ["p2c"], "position_buckets": -1}),
    "deberta-tiny-c2p": lambda: deberta(19, ONE_LAYER | {"pos_att_type": ["c2p"], "max_relative_positions": 16}),
    "bart-tiny": bart,
}


def inputs(batch):
    names = {"ids": "input_ids", "mask": "attention_mask", "types": "token_type_ids", "labels": "labels",
             "starts": "start_positions", "ends": "end_positions"}
    return {names[key]: torch.tensor(value) for key, value in batch.items()}


def forward(model, batch):
    """Outputs by name. Hidden state 0 is what the first layer reads."""
    given = inputs(batch)
    found = model(**given, output_hidden_states=True)
    kept = given["attention_mask"].bool()
    out = {name: getattr(found, name) for name in ("logits", "loss") if getattr(found, name, None) is not None}
    if hasattr(found, "start_logits"):
        out["logits"] = torch.stack([found.start_logits, found.end_logits], -1)[kept]
    hidden = {"hidden": "hidden_states", "encoder": "encoder_hidden_states", "decoder": "decoder_hidden_states"}
    for name, field in hidden.items():
        for layer, states in enumerate(getattr(found, field, None) or ()):
            out[f"{name}.{layer}"] = states[kept]
    return out


def evaluate(model, batches):
    out = {}
    for name, batch in batches.items():
        if name != "training":
            out |= {f"{name}.{key}": value for key, value in forward(model, batch).items()}
    out["labelled.loss"].backward()
    out |= {f"gradient.{key}": value.grad for key, value in model.named_parameters()}
    return {key: value.detach() for key, value in out.items()}


def check_precision(found, exact):
    """What float32 itself does to these models stays far below the tests' tolerances."""
    largest = max(value.abs().max() for key, value in exact.items() if key.startswith("gradient."))
    for key, value in found.items():
        away = (value.double() - exact[key]).abs()
        if key.startswith("gradient."):
            bound = 5e-6 * exact[key].abs().max() + 1e-6 * largest
        else:
            bound = 5e-6
        assert away.max() <= bound, (key, away.max(), bound)


def make(name):
    model, batches = FIXTURES[name]()
    draw_weights(model, sum(map(ord, name)))
    folder = MODELS / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    expected = evaluate(model, batches)
    check_precision(expected, evaluate(copy.deepcopy(model).double(), batches))
    model.zero_grad()
    for key in expected:
        if key.startswith("gradient."):
            expected[key] = expected[key].flatten()[::3]

    rows = inputs(batches["training"])
    rows = [{key: value[i].tolist() for key, value in rows.items()} for i in range(len(rows["input_ids"]))]
    answers = "starts" in batches["training"]
    write_expected(folder, expected | trained_sample(model, rows, 2, own_loss=answers))
    write_json(folder / "cases.json", {"made_with": made_with(), "batches": batches, "training": recipe(2)})
    if name == "deberta-tiny-b":  # keys as older files spell them
        config = json.loads((folder / "config.json").read_text())
        config["torch_dtype"] = config.pop("dtype")
        config["pos_att_type"] = "|".join(config["pos_att_type"])
        (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    print(name, sum(file.stat().st_size for file in folder.iterdir()), "bytes")


def main():
    for name in sys.argv[1:] or FIXTURES:
        make(name)


if __name__ == "__main__":
    main()
