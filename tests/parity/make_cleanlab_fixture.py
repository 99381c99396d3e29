#!/usr/bin/env python3
"""Write cleanlab.json: what cleanlab's confident learning makes of random and of real cross-validated probabilities.

usage: make_cleanlab_fixture.py TRAIN_TSV > tests/parity/cleanlab.json      (needs cleanlab and scikit-learn)

TRAIN_TSV is the SST-2 training table; only labels and probabilities of some rows are stored. The filter that prunes by
noise rate is the one that ecg.md 6.1 describes. Cases in which two rows tie at a cut are refused: there cleanlab's
answer depends on the sorting algorithm.
"""

import json
import sys

import cleanlab
import numpy as np
import sklearn
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import _keep_at_least_n_per_class, find_label_issues
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

DECIMALS = 6


def random_case(name, seed, rows, classes, signal, label_classes=None):
    """Dirichlet probabilities; `signal` pulls them towards the label."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, label_classes or classes, rows)
    concentration = np.full((rows, classes), 0.8)
    concentration[np.arange(rows), labels] += signal
    probabilities = np.stack([draw.dirichlet(c) for c in concentration])
    return name, labels, probabilities


def rare_class_case():
    """A class of one row, and a class whose probability is 0 on its own rows (threshold at its floor)."""
    name, labels, probabilities = random_case("rare and impossible classes", 9, 120, 4, 1.0, 2)
    labels[7] = 2
    labels[[20, 21, 22]] = 3
    probabilities[:, 3] = 0
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return name, labels, probabilities


def real_case(path, rows):
    """Five-fold probabilities of movie review phrases of which a tenth carries the wrong label."""
    with open(path, encoding="utf-8") as file:
        table = [line.rstrip("\n").split("\t") for line in file][1:]
    draw = np.random.default_rng(11)
    chosen = [table[i] for i in sorted(draw.choice(len(table), rows, replace=False))]
    labels = np.array([int(label) for _, label in chosen])
    flipped = draw.choice(rows, rows // 10, replace=False)
    labels[flipped] = 1 - labels[flipped]
    model = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(C=20, max_iter=2000))
    folds = StratifiedKFold(5, shuffle=True, random_state=11)
    return f"SST-2, {rows} rows", labels, cross_val_predict(
        model, [text for text, _ in chosen], labels, cv=folds, method="predict_proba")


def refuse_ties(name, labels, probabilities, prune_counts):
    classes = probabilities.shape[1]
    for given in range(classes):
        members = probabilities[labels == given]
        for truth in range(classes):
            count = prune_counts[truth][given]
            if truth == given or not 0 < count < len(members):
                continue
            margin = np.sort(members[:, given] - members[:, truth])
            if margin[count] - margin[count - 1] < 1e-9:
                sys.exit(f"{name}: two rows tie at a cut. Choose another seed.")


def solve(name, labels, probabilities):
    probabilities = np.round(probabilities, DECIMALS)
    joint = compute_confident_joint(labels, probabilities)
    prune_counts = _keep_at_least_n_per_class(joint.T, n=1, frac_noise=1.0)
    refuse_ties(name, labels, probabilities, prune_counts)
    flagged = find_label_issues(labels, probabilities, filter_by="prune_by_noise_rate", n_jobs=1)
    ranked = find_label_issues(labels, probabilities, filter_by="prune_by_noise_rate", n_jobs=1,
                               return_indices_ranked_by="self_confidence")
    return {
        "name": name, "classes": probabilities.shape[1], "labels": labels.tolist(),
        "probabilities": probabilities.ravel().tolist(),
        "thresholds": get_confident_thresholds(labels, probabilities).tolist(), "confident_joint": joint.ravel().tolist(),
        "prune_counts": prune_counts.ravel().tolist(), "flagged": np.flatnonzero(flagged).tolist(),
        "flagged_by_self_confidence": ranked.tolist(),
    }


def main():
    cases = [
        random_case("two classes, no signal", 1, 150, 2, 0.0),
        random_case("two classes, weak signal", 2, 200, 2, 1.0),
        random_case("three classes", 3, 200, 3, 1.5),
        random_case("five classes", 4, 250, 5, 1.0),
        random_case("three classes of which one is absent", 5, 120, 3, 1.0, 2),
        rare_class_case(),
        real_case(sys.argv[1], 500),
    ]
    json.dump({"made_with": f"cleanlab {cleanlab.__version__}, scikit-learn {sklearn.__version__}",
               "cases": [solve(*case) for case in cases]}, sys.stdout)
    print()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
