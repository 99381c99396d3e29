#!/usr/bin/env python3
"""Write tfidf.json: what scikit-learn's TfidfVectorizer makes of some texts.

usage: make_tfidf_fixture.py > tests/parity/tfidf.json      (needs scikit-learn; the fixture was made with the version it names)

The token pattern below cuts these texts into the same words as ablatrix::text::words; the test compares the words too.
"""

import json
import random
import sys

import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer

TOKEN_PATTERN = r"<\S+?>|\[\S+?\]|\w+(?:'\w+)*"
WORDS = ["film", "plot", "it's", "won't", "Great", "dull", "the", "The", "a", "of", "and", "3", "CINÉMA", "naïve", "x"]
CASES = [
    {"max_features": 0, "min_documents": 1, "sublinear_tf": True, "bigrams": False},
    {"max_features": 0, "min_documents": 1, "sublinear_tf": False, "bigrams": False},
    {"max_features": 9, "min_documents": 2, "sublinear_tf": True, "bigrams": False},
    {"max_features": 0, "min_documents": 3, "sublinear_tf": True, "bigrams": True},
]


def make_texts():
    draw = random.Random(20240607)
    weights = [1 / (1 + i) for i in range(len(WORDS))]
    texts = [" ".join(draw.choices(WORDS, weights, k=draw.randint(3, 14))) + draw.choice([".", " !", ""]) for _ in range(24)]
    texts[3] += " <lbl_pos>"
    texts[8] += " [RATING=5]"
    texts[9] += " [RATING=5] <lbl_pos>"
    return texts


def run(case, fitted, unseen):
    vectorizer = TfidfVectorizer(
        token_pattern=TOKEN_PATTERN, norm="l2", smooth_idf=True, sublinear_tf=case["sublinear_tf"],
        min_df=case["min_documents"], max_features=case["max_features"] or None,
        ngram_range=(1, 2) if case["bigrams"] else (1, 1))
    rows = vectorizer.fit_transform(fitted)
    return case | {
        "vocabulary": vectorizer.get_feature_names_out().tolist(),
        "idf": vectorizer.idf_.tolist(),
        "rows": rows.toarray().tolist(),
        "unseen_rows": vectorizer.transform(unseen).toarray().tolist(),
    }


def main():
    fitted = make_texts()
    unseen = ["A dull , dull plot and unheard words", "nothing known here", ""]
    tokenize = TfidfVectorizer(token_pattern=TOKEN_PATTERN).build_analyzer()
    fixture = {
        "made_with": f"scikit-learn {sklearn.__version__}",
        "fitted": fitted,
        "unseen": unseen,
        "words": [tokenize(text) for text in fitted],
        "cases": [run(case, fitted, unseen) for case in CASES],
    }
    round_floats = json.loads(json.dumps(fixture), parse_float=lambda text: round(float(text), 9))
    json.dump(round_floats, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
