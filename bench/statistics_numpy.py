#!/usr/bin/env python3
"""Time AUROC and average-precision intervals: statistics_bench beside scikit-learn and numpy, in one run.

usage: statistics_numpy.py BUILD/bench/statistics_bench [--items N] [--methods M] [--resamples B] [--timed R]

Both get the same scores and draw the same kind of resamples (within classes). The Python programs time R resamples and
are scaled to B, which is printed. "scikit-learn" calls roc_auc_score and average_precision_score on every resample, as
scripts usually do; "numpy" sorts every column once and evaluates a resample from repetition counts, without ties.
"""

import argparse
import json
import subprocess
import tempfile
import time

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score


def load(path, items, methods):
    with open(path, "rb") as file:
        label = np.frombuffer(file.read(items), dtype=np.uint8)
        scores = np.frombuffer(file.read(), dtype=np.float64).reshape(methods, items)
    return label, scores


def resample(draw, positive, negative):
    return np.concatenate([draw.choice(positive, len(positive)), draw.choice(negative, len(negative))])


def with_sklearn(label, scores, draw, resamples):
    positive, negative = np.flatnonzero(label == 1), np.flatnonzero(label == 0)
    values = np.empty((len(scores), 2, resamples))
    for b in range(resamples):
        rows = resample(draw, positive, negative)
        for m, column in enumerate(scores):
            values[m, 0, b] = roc_auc_score(label[rows], column[rows])
            values[m, 1, b] = average_precision_score(label[rows], column[rows])
    return values


def with_numpy(label, scores, draw, resamples):
    positive, negative = np.flatnonzero(label == 1), np.flatnonzero(label == 0)
    orders = [np.argsort(-column, kind="stable") for column in scores]
    values = np.empty((len(scores), 2, resamples))
    for b in range(resamples):
        weight = np.bincount(resample(draw, positive, negative), minlength=len(label))
        for m, order in enumerate(orders):
            w = weight[order]
            p = w * label[order]
            tp, fp = np.cumsum(p), np.cumsum(w - p)
            values[m, 0, b] = np.sum((w - p) * tp) / (tp[-1] * fp[-1])
            hit = p > 0
            values[m, 1, b] = np.sum(p[hit] * tp[hit] / (tp[hit] + fp[hit])) / tp[-1]
    return values


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--items", type=int, default=25000)
    parser.add_argument("--methods", type=int, default=12)
    parser.add_argument("--resamples", type=int, default=10000)
    parser.add_argument("--timed", type=int, default=20, help="resamples that the Python programs really do")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    with tempfile.NamedTemporaryFile() as file:
        command = [args.program, "--write-scores", file.name, "--threads", str(args.threads)]
        for name in ("items", "methods", "resamples"):
            command += [f"--{name}", str(getattr(args, name))]
        ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        label, scores = load(file.name, args.items, args.methods)

    expected = [[roc_auc_score(label, s), average_precision_score(label, s)] for s in scores]
    values = np.array([i[0] for i in ours["intervals"]]).reshape(args.methods, 2)
    difference = float(np.abs(values - expected).max())
    print(f"{args.items} items, {args.methods} methods, {args.resamples} resamples, AUROC and average precision")
    print(f"largest difference of a value from scikit-learn: {difference:.1e}")
    print(
        f"ablatrix      {ours['seconds']:10.2f} s  ({ours['threads']} threads, {ours['cpu_seconds']:.2f} s of processor "
        f"time, peak {ours['peak_mb']:.0f} MB)"
    )
    for name, program in (("scikit-learn", with_sklearn), ("numpy", with_numpy)):
        start = time.perf_counter()
        program(label, scores, np.random.default_rng(1), args.timed)
        seconds = (time.perf_counter() - start) * args.resamples / args.timed
        ratio = seconds / ours["seconds"]
        print(f"{name:13s} {seconds:10.2f} s  ({args.timed} resamples timed, scaled)   {ratio:.0f} x ablatrix")
    if difference > 1e-12:
        raise SystemExit("values differ")


if __name__ == "__main__":
    main()
