#!/usr/bin/env python3
"""Write logistic.json: the optimum of multinomial logistic regression without a penalty.

usage: make_logistic_fixture.py > tests/parity/logistic.json      (needs scikit-learn; the fixture names its version)

Classes overlap, so the optimum is finite. Probabilities are compared, since logits are defined up to a shift per row.
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression


def main():
    draw = np.random.default_rng(5)
    rows, classes, dim = 150, 3, 4
    labels = np.arange(rows) % classes
    centres = draw.normal(0, 0.7, (classes, dim))
    features = np.round(centres[labels] + draw.normal(0, 1, (rows, dim)), 4).astype(np.float32)
    weights = np.round(draw.uniform(0.2, 2, rows), 3).astype(np.float32)

    def optimum(sample_weight):
        model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10000)
        model.fit(features.astype(float), labels, sample_weight=sample_weight)
        return np.round(model.predict_proba(features.astype(float)), 6).ravel().tolist()

    json.dump({
        "made_with": f"scikit-learn {sklearn.__version__}", "dim": dim, "classes": classes,
        "features": [float(f"{x:.4f}") for x in features.ravel()], "labels": labels.tolist(),
        "weights": [float(f"{x:.3f}") for x in weights],
        "probabilities": optimum(None), "weighted_probabilities": optimum(weights.astype(float)),
    }, sys.stdout)
    print()


if __name__ == "__main__":
    main()
