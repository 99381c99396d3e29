#!/usr/bin/env python3
"""Write models/tiny-embedder and models/tiny-classifier: complete folders with a tokenizer, as people have them on disk.

usage: make_text_fixtures.py      (needs transformers and sentence-transformers; cases.json names the versions)

tiny-embedder has the layout of sentence-transformers, tiny-classifier is a BERT with two labels. Both share a WordPiece
vocabulary: the words of the synthetic reviews, common English words, letters and endings.
"""

import re
import shutil

import torch
import transformers
from sentence_transformers import SentenceTransformer

from tiny_models import (MODELS, draw_weights, made_with, recipe, trained_sample, write_expected, write_json)

COMMON = """
the a an and or but if then than that this these those it its is are was were be been being am do does did done have has
had having not no nor never none nothing nobody of in on at by for with without about against between into through during
before after above below to from up down out off over under again further once here there when where why how all any both
each few more most some such only own same so too very can will just should now would could may might must shall i you he
she we they me him her us them my your his our their what which who whom whose as until while because though although yet
even ever also else much many little less least enough almost quite rather really still always often sometimes seldom one
two three four five six seven eight nine ten hundred thousand film films movie movies cinema actor actors actress director
directed acting cast plot story stories script scene scenes screen picture comedy drama horror thriller romance action
humor humour joke jokes laugh laughs laughter cry tears heart soul mind eye eyes face hand hands head life lives love loved
loves hate hated death dead world people man men woman women child children boy girl family friend friends time times year
years day days night hour hours minute minutes moment moments way ways thing things part parts place kind sort end ending
begin beginning start started watch watched watching see seen saw look looks looked feel feels felt feeling think thought
know known make makes made making take takes took taken give gives gave given get gets got go goes went gone come comes
came keep keeps kept let lets want wants wanted need needs needed try tries tried work works worked working play plays
played say says said tell tells told find finds found leave leaves left turn turns turned seem seems seemed show shows
showed good better best bad worse worst great fine nice big small long short high low old young new fresh dull sharp funny
sad happy dark bright deep thin rich poor full empty true false real fake easy hard simple complex strong weak fast slow
warm cold quiet loud clear vague smart stupid silly serious strange odd plain pretty ugly rare common whole half first last
next only sure likely able worth like unlike again back away together apart forward instead perhaps maybe indeed surely
simply mostly merely hardly nearly fully truly deeply wildly badly well far near late early soon ago money price cost cheap
waste wasted boring bored tired exciting moving touching charming engaging gripping tense gentle tender witty dry bland
predictable original familiar tired stale clever wise honest sincere cynical shallow hollow thoughtful subtle crude
brilliant terrible awful wonderful lovely beautiful painful dreadful delightful disappointing disappointment surprise
surprising mess masterpiece failure success effort attempt promise idea ideas theme themes message style tone voice music
sound image images light color performance performances character characters audience viewer viewers critic critics
"""
ENDINGS = "s ed ing er est ly ness ful less able ment tion ish y d n t es r al ic ous ive ity ism ist"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

TEXTS = [
    "", "a", "the film is great .", "the film is awful .", "A charming, witty and touching comedy!",
    "boring boring boring", "It's not bad, but it isn't good either...", "Unbelievable: 100% waste of $20",
    "the staff of the hotel was very friendly and the room was clean",
    "the camera has a broken lens and a noisy shutter", "naïve café Σίσυφος 東京 🙂", "   spaces \t and\nlines   ",
    "one of the most delightful performances that an audience has seen in years , and worth every minute of the two hours "
    "that it takes to tell a story about love , death , money and the people who have to live without all of them "
    "again and again , year after year",
]
PAIRS = [("the film is great .", "the movie is awful ."), ("a", "the staff was rude and the food was cold"),
         ("one two three four five six seven eight nine ten", ""), ("It's charming!", "It's charming!")]
TRAINING = [
    ("the film is great .", 1), ("the film is awful .", 0), ("a charming and witty comedy", 1),
    ("boring , stale and far too long", 0), ("the room was spotless and the staff friendly", 1),
    ("the room was dirty and the staff rude", 0), ("what a waste of time", 0), ("lovely", 1),
    ("i laughed and cried , and would see it again tomorrow with all of my friends", 1),
    ("the plot makes no sense , the acting is worse and the ending is the worst", 0),
]


def vocabulary():
    source = (MODELS.parents[2] / "src/data/detail/vocabulary.hpp").read_text()
    words = re.findall(r'"([a-z]+)"', source) + COMMON.split()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = list(PUNCTUATION) + list(LETTERS) + ["##" + letter for letter in LETTERS]
    pieces += ["##" + ending for ending in ENDINGS.split() if len(ending) > 1]
    return specials + list(dict.fromkeys(pieces + words))


def config(size, **more):
    return transformers.BertConfig(vocab_size=size, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                                   intermediate_size=64, max_position_embeddings=64, **more)


def tokenizer():
    return transformers.BertTokenizer(vocab={word: i for i, word in enumerate(vocabulary())}, do_lower_case=True,
                                      model_max_length=64)


def save(model, words, folder):
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    # Older folders have this file too.
    (folder / "vocab.txt").write_text("".join(word + "\n" for word in vocabulary()), encoding="utf-8")


def make_embedder(words):
    folder = MODELS / "tiny-embedder"
    save(draw_weights(transformers.BertModel(config(len(words))), 1), words, folder)
    write_json(folder / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{name}"}
        for i, (path, name) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")])])
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 48, "do_lower_case": False})
    (folder / "1_Pooling").mkdir()
    write_json(folder / "1_Pooling/config.json", {
        "word_embedding_dimension": 32, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False})
    vectors = SentenceTransformer(str(folder), device="cpu").encode(TEXTS, convert_to_tensor=True)
    write_expected(folder, {"embeddings": vectors})
    write_json(folder / "cases.json", {"made_with": made_with(), "texts": TEXTS})


def make_classifier(words):
    folder = MODELS / "tiny-classifier"
    names = {0: "NEGATIVE", 1: "POSITIVE"}
    shape = config(len(words), id2label=names, label2id={name: i for i, name in names.items()})
    model = draw_weights(transformers.BertForSequenceClassification(shape), 2)
    save(model, words, folder)
    with torch.no_grad():
        logits = model(**words(TEXTS, padding=True, truncation=True, return_tensors="pt")).logits
        first, second = zip(*PAIRS)
        pairs = model(**words(list(first), list(second), padding=True, truncation=True, return_tensors="pt")).logits
    encoded = words([text for text, _ in TRAINING], padding=True)
    rows = [dict(zip(encoded, values)) | {"labels": label}
            for *values, label in zip(*encoded.values(), [label for _, label in TRAINING])]
    # One batch holds all rows: its order cannot matter. A micro-batch for every update, 3 epochs.
    changes = {"num_train_epochs": 3, "gradient_accumulation_steps": 1}
    trained = trained_sample(model, rows, len(rows), **changes)
    write_expected(folder, {"logits": logits, "pair_logits": pairs} | trained)
    write_json(folder / "cases.json", {
        "made_with": made_with(), "texts": TEXTS, "pairs": PAIRS, "training_texts": [text for text, _ in TRAINING],
        "training_labels": [label for _, label in TRAINING],
        "training": recipe(len(rows), accumulation=1, epochs=3)})


def main():
    words = tokenizer()
    make_embedder(words)
    make_classifier(words)


if __name__ == "__main__":
    main()
