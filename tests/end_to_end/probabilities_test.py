"""Probabilities of the test set's classifiers: metrics and reliability diagrams against numpy, from the result file."""

import csv
import pathlib
import shutil
import sys

import program

try:
    import h5py
    import numpy as np
except ImportError:
    program.skip("needs h5py and numpy")

EDGES = np.arange(1, 10) / 10
Z = 1.959963984540054


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def calibration_error(confidence, right):
    bins = np.searchsorted(EDGES, confidence, side="left")  # (lo, hi]
    return sum(abs(right[bins == b].sum() - confidence[bins == b].sum()) for b in range(10)) / len(right)


def answers_of(f, column):
    """Truth, prediction and its probability; every item set of this experiment has one length."""
    truth = f["items/test/clean"][f["columns/test/truth"][column]]
    return truth, f["items/test/values"][column], f["items/test/confidence"][column]


def check_metrics(f):
    names = list(f["metrics/test/metrics"].asstr()[:])
    check(names == ["accuracy", "balanced_accuracy", "log_loss", "brier", "ece", "ece_null"], f"metrics {names}")
    columns = f["columns/test/metrics"][:]
    for column, found in enumerate(columns):
        truth, predicted, confidence = answers_of(f, column)
        right = (predicted == truth).astype(float)
        check(((confidence >= 0.5) & (confidence <= 1)).all(), "probabilities of the likelier of two classes")
        of_one = np.where(predicted == 1, confidence, 1 - confidence)
        is_one = truth == 1
        expected = [right.mean(), (right[is_one].mean() + right[~is_one].mean()) / 2,
                    -np.log(np.where(is_one, of_one, 1 - of_one)).mean(), ((of_one - is_one) ** 2).mean(),
                    calibration_error(confidence, right)]
        check(np.allclose(found[:5], expected, rtol=0, atol=1e-9), f"column {column}: {found}, not {expected}")
        draws = np.random.default_rng(column).random((1000, len(right))) < confidence
        null = [calibration_error(confidence, draw) for draw in draws.astype(float)]
        # Both are means of 1000 draws.
        bound = 5 * np.std(null) * np.sqrt(2 / 1000)
        check(abs(found[5] - np.mean(null)) < bound, f"column {column}: ece_null {found[5]}, not {np.mean(null)}")
    check(len(columns) > 10, "columns")


def wilson(right, n):
    centre, half = (right + Z**2 / 2) / (n + Z**2), Z / (n + Z**2) * np.sqrt(right * (n - right) / n + Z**2 / 4)
    return centre - half, centre + half


def check_figure(f, report):
    axes = {name: f["axes"][name].asstr()[:] for name in f["axes"]}
    methods = list(f["metrics/test/methods"].asstr()[:])

    def rows_of(name):
        with open(report / "figures" / name, newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))

    runs = [run for run, arm in enumerate(axes["ablate"])
            if arm == "full" and axes["noise.type"][run] == axes["noise.type"][0]]
    per_seed = rows_of("reliability-test-1-seeds.csv")
    shown = sorted({row["method"] for row in per_seed})
    check("none" in shown and len(per_seed) == len(shown) * len(runs) * 10, f"rows of {shown}")
    for row in per_seed:
        run, = (run for run in runs if axes["seed"][run] == row["seed"])
        truth, predicted, confidence = answers_of(f, f["columns/test/index"][run, methods.index(row["method"])])
        inside = np.searchsorted(EDGES, confidence, side="left") == int(row["bin"]) - 1
        check(int(row["n"]) == inside.sum(), f"items of {row}")
        if not inside.any():
            check(row["accuracy"] == row["confidence"] == row["accuracy_low"] == "", f"empty bin {row}")
            continue
        right = (predicted == truth)[inside]
        expected = [confidence[inside].mean(), right.mean(), *wilson(right.sum(), len(right))]
        found = [float(row[name]) for name in ("confidence", "accuracy", "accuracy_low", "accuracy_high")]
        check(np.allclose(found, expected, rtol=0, atol=1e-9), f"{row}, not {expected}")
    for row in rows_of("reliability-test-1.csv"):
        counts = [int(seed["n"]) for seed in per_seed if (seed["method"], seed["bin"]) == (row["method"], row["bin"])]
        check(int(row["n"]) == sum(counts), f"pooled items of {row}")
    for row in rows_of("reliability-test-1-ece.csv"):
        stored = f["metrics/test/values"][runs, methods.index(row["method"]), 4:6].mean(0)
        check(np.allclose([float(row["ece"]), float(row["ece_null"])], stored, rtol=0, atol=1e-12), f"{row} {stored}")


with program.scratch("probabilities") as folder:
    folder = pathlib.Path(folder)
    result = folder / "result.h5"
    program.run_well("run", program.SMALL, "-o", result, "--cache", folder / "cache")
    with h5py.File(result) as file:
        check_metrics(file)
        if shutil.which("gnuplot") is None:
            program.skip("the figures need gnuplot (Debian package gnuplot-nox); the metrics agree")
        program.run_well("report", result, "-o", folder / "report")
        check_figure(file, folder / "report")
