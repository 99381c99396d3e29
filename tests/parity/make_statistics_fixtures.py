#!/usr/bin/env python3
"""Write statistics.json: what scikit-learn, SciPy and statsmodels make of small random inputs.

usage: make_statistics_fixtures.py > tests/parity/statistics.json      (needs scikit-learn, scipy and statsmodels)

Inputs are stored next to the answers, so the test does not depend on numpy's generators. Where a library differs from
the documented definition (docs/methods-statistics.md) the case is left out.
"""

import itertools
import json
import math
import sys

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import optimize, special, stats
from sklearn import metrics
from sklearn.calibration import calibration_curve
from statsmodels.stats.contingency_tables import cochrans_q, mcnemar
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint

RESAMPLES = 10000


def ranking_case(draw, rows, levels, share):
    """Scores on `levels` steps (ties), a signal for the positives, integer weights."""
    positive = (draw.random(rows) < share).astype(int)
    positive[:2] = [1, 0]
    scores = np.round((draw.random(rows) + 0.3 * positive) * levels) / levels
    weights = draw.integers(0, 4, rows)
    weights[:2] = 1
    return scores, positive, weights


def tnr_at_95(positive, scores, weights=None):
    fpr, tpr, _ = metrics.roc_curve(positive, scores, sample_weight=weights, drop_intermediate=False)
    return float(1 - fpr[np.argmax(tpr >= 0.95 - 1e-12)])


def precision_over_tie_orders(scores, positive, k):
    """Mean precision among the k highest over every order of the rows that tie at rank k."""
    order = np.argsort(-scores, kind="stable")
    cut = scores[order[k - 1]]
    above = positive[scores > cut]
    tied = positive[scores == cut]
    orders = itertools.permutations(tied) if len(tied) <= 7 else [tied]
    hits = [sum(rows[: k - len(above)]) for rows in orders]
    return float((sum(above) + np.mean(hits)) / k)


def ranking(draw):
    cases = []
    for rows, levels, share in [(12, 4, 0.4), (20, 6, 0.3), (60, 1000, 0.2), (150, 25, 0.1), (150, 7, 0.5)]:
        scores, positive, weights = ranking_case(draw, rows, levels, share)
        case = {
            "scores": scores.tolist(),
            "positive": positive.tolist(),
            "weights": weights.tolist(),
            "auroc": metrics.roc_auc_score(positive, scores),
            "average_precision": metrics.average_precision_score(positive, scores),
            "tnr_at_95_tpr": tnr_at_95(positive, scores),
            "weighted_auroc": metrics.roc_auc_score(positive, scores, sample_weight=weights),
            "weighted_average_precision": metrics.average_precision_score(positive, scores, sample_weight=weights),
            "weighted_tnr_at_95_tpr": tnr_at_95(positive, scores, weights),
            "ranks": stats.rankdata(scores).tolist(),
            "quantile_10": float(np.quantile(scores, 0.1)),
            "precision_at": {},
        }
        for k in range(1, rows + 1, 3):
            ties = np.sum(scores == np.sort(scores)[-k])
            if ties <= 7:
                case["precision_at"][str(k)] = precision_over_tie_orders(scores, positive, k)
        # Abscissae at which the polyline is not vertical, so that interpolation has one answer.
        fpr, tpr, _ = metrics.roc_curve(positive, scores, drop_intermediate=False)
        grid = np.linspace(0, 1, 101)
        case["roc"] = [None if np.any(np.abs(fpr - x) < 1e-9) else float(np.interp(x, fpr, tpr)) for x in grid]
        precision, recall, _ = metrics.precision_recall_curve(positive, scores)
        case["pr"] = [float(max(precision[:-1][recall[:-1] >= x - 1e-9])) for x in grid]
        cases.append(case)
    return cases


def classification(draw):
    truth = draw.integers(0, 3, 80)
    predicted = np.where(draw.random(80) < 0.6, truth, draw.integers(0, 3, 80))
    probability = np.round(draw.dirichlet([1, 1, 1], 80), 6)
    probability[:, 2] = 1 - probability[:, 0] - probability[:, 1]
    binary = (truth == 1).astype(int)
    return {
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "probability": probability.ravel().tolist(),
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "macro_f1": metrics.f1_score(truth, predicted, average="macro"),
        "log_loss": metrics.log_loss(truth, probability),
        "binary_brier": metrics.brier_score_loss(binary, probability[:, 1]),
        "binary_log_loss": metrics.log_loss(binary, probability[:, 1]),
    }


def proportions():
    rows = []
    for k, n in [(0, 8), (4, 8), (16, 16), (146, 200), (3, 1000)]:
        wilson = proportion_confint(k, n, method="wilson")
        strict = proportion_confint(k, n, method="beta")
        rows.append({"k": k, "n": n, "wilson": [float(v) for v in wilson], "clopper_pearson": [float(v) for v in strict]})
    return rows


def mcnemar_tables(draw):
    rows = []
    for b, c in [(0, 5), (0, 6), (1, 7), (9, 3), (10, 25), (120, 90), (3001, 2890)] + draw.integers(0, 40, (6, 2)).tolist():
        if b == c:  # there statsmodels' corrected variant lacks the max(0, .)
            continue
        table = [[11, b], [c, 13]]
        rows.append(
            {
                "b": b,
                "c": c,
                "exact": float(mcnemar(table, exact=True).pvalue),
                "asymptotic": float(mcnemar(table, exact=False, correction=False).pvalue),
                "corrected": float(mcnemar(table, exact=False, correction=True).pvalue),
            }
        )
    return rows


def seed_comparisons(draw):
    rows = []
    for seeds in [3, 5, 8, 12]:
        a = np.round(draw.normal(0.8, 0.02, seeds), 6)
        b = np.round(draw.normal(0.78, 0.03, seeds), 6)
        d = a - b
        flips = stats.permutation_test(
            (d,), np.mean, permutation_type="samples", n_resamples=2**seeds, alternative="two-sided"
        )
        t = stats.ttest_rel(a, b)
        interval = t.confidence_interval()
        rows.append(
            {
                "a": a.tolist(),
                "b": b.tolist(),
                "t": float(t.statistic),
                "t_p": float(t.pvalue),
                "t_interval": [float(interval.low), float(interval.high)],
                "wilcoxon_p": float(stats.wilcoxon(d, method="exact").pvalue),  # no zeros, no ties
                "sign_flip_p": float(flips.pvalue),
            }
        )
    return rows


def families(draw):
    rows = []
    for size in [1, 4, 11]:
        p = np.round(draw.random(size) ** 3, 6)
        rows.append(
            {
                "p": p.tolist(),
                "holm": multipletests(p, method="holm")[1].tolist(),
                "hochberg": multipletests(p, method="simes-hochberg")[1].tolist(),
                "benjamini_hochberg": multipletests(p, method="fdr_bh")[1].tolist(),
            }
        )
    return rows


def auroc_of(pos, neg, axis=-1):
    wins = (pos[..., :, None] > neg[..., None, :]) + 0.5 * (pos[..., :, None] == neg[..., None, :])
    return wins.mean(axis=(-1, -2))


def bootstraps(draw):
    """Endpoints by SciPy's generator: they agree with ours within Monte Carlo error, a few hundredths of `se`."""
    pos = np.round(draw.normal(1.0, 1.0, 30), 1)
    neg = np.round(draw.normal(0.0, 1.0, 80), 1)
    result = {"pos": pos.tolist(), "neg": neg.tolist(), "intervals": {}}
    for method in ["percentile", "basic", "BCa"]:
        boot = stats.bootstrap(
            (pos, neg), auroc_of, vectorized=True, n_resamples=RESAMPLES, batch=500, method=method, rng=draw
        )
        result["intervals"][method.lower()] = [float(v) for v in boot.confidence_interval]
        result["se"] = float(boot.standard_error)
    a = (draw.random(120) < 0.8).astype(float)
    b = np.where(draw.random(120) < 0.7, a, 1 - a)
    boot = stats.bootstrap(
        (a, b),
        lambda x, y, axis=-1: np.mean(x - y, axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=draw,
    )
    result["paired"] = {
        "a": a.tolist(),
        "b": b.tolist(),
        "interval": [float(v) for v in boot.confidence_interval],
        "se": float(boot.standard_error),
    }
    return result


def calibration(draw):
    """Bins by calibration_curve (equal width, empty ones dropped), whose uniform bins are [lo, hi): no value on an edge."""
    probability = np.round(draw.beta(2, 2, 200), 4) + 0.00003
    outcome = (draw.random(200) < probability**1.3).astype(int)
    accuracy, confidence = calibration_curve(outcome, probability, n_bins=10)
    counts = np.histogram(probability, bins=np.linspace(0, 1, 11))[0]
    gaps = np.abs(accuracy - confidence)
    return {
        "probability": probability.tolist(),
        "outcome": outcome.tolist(),
        "accuracy": accuracy.tolist(),
        "confidence": confidence.tolist(),
        "ece": float(np.sum(counts[counts > 0] / 200 * gaps)),
        "mce": float(gaps.max()),
    }


def cochran(draw):
    rows = []
    for items, arms in [(30, 3), (80, 5)]:
        table = (draw.random((items, arms)) < np.linspace(0.5, 0.75, arms)).astype(int)
        result = cochrans_q(table)
        rows.append({"correct": table.T.tolist(), "q": float(result.statistic), "p": float(result.pvalue)})
    return rows


def ranks(draw):
    rows = []
    for methods, datasets in [(3, 6), (5, 9), (8, 20)]:
        values = np.round(draw.normal(0.7, 0.05, (methods, datasets)) + np.linspace(0, 0.05, methods)[:, None], 2)
        result = stats.friedmanchisquare(*values)
        rows.append(
            {
                "methods": methods,
                "values": values.ravel().tolist(),
                "chi_square": float(result.statistic),
                "p": float(result.pvalue),
                "q05": float(stats.studentized_range.ppf(0.95, methods, np.inf) / math.sqrt(2)),
            }
        )
    return rows


def temperatures(draw):
    rows = []
    for classes, scale in [(2, 2.0), (4, 0.6)]:
        truth = draw.integers(0, classes, 60)
        logits = np.round((draw.normal(0, 1, (60, classes)) + 1.2 * np.eye(classes)[truth]) * scale, 4)

        def nll(beta):
            scaled = beta * logits
            return float(np.mean(special.logsumexp(scaled, axis=1) - scaled[np.arange(60), truth]))

        best = optimize.minimize_scalar(nll, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-10})
        rows.append(
            {
                "classes": classes,
                "truth": truth.tolist(),
                "logits": logits.ravel().tolist(),
                "temperature": float(1 / best.x),
                "nll": float(best.fun),
                "nll_before": nll(1.0),
            }
        )
    return rows


def resampled(statistic, rows):
    """Percentile interval and standard error of a statistic over 1000 draws of the rows."""
    draw = np.random.default_rng(7)
    values = [statistic(rows[draw.integers(0, len(rows), len(rows))]) for _ in range(1000)]
    return np.quantile(values, [0.025, 0.975]).tolist(), float(np.std(values, ddof=1))


def agreement(draw):
    truth = draw.integers(0, 3, 50)
    raters = [np.where(draw.random(50) < 0.7, truth, draw.integers(0, 3, 50)) for _ in range(4)]
    rows = np.array(raters).T
    cohen, cohen_se = resampled(lambda r: metrics.cohen_kappa_score(r[:, 0], r[:, 1]), rows)
    fleiss, fleiss_se = resampled(lambda r: fleiss_kappa(aggregate_raters(r)[0]), rows)
    return {
        "intervals": {"cohen": cohen, "cohen_se": cohen_se, "fleiss": fleiss, "fleiss_se": fleiss_se},
        "raters": [r.tolist() for r in raters],
        "cohen": metrics.cohen_kappa_score(raters[0], raters[1]),
        "fleiss": float(fleiss_kappa(aggregate_raters(np.array(raters).T)[0])),
    }


def regression(draw):
    truth = np.round(draw.normal(3, 2, 40), 4)
    predicted = np.round(truth + draw.normal(0.5, 1, 40), 4)
    return {
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "mae": metrics.mean_absolute_error(truth, predicted),
        "median": metrics.median_absolute_error(truth, predicted),
        "rmse": math.sqrt(metrics.mean_squared_error(truth, predicted)),
        "r2": metrics.r2_score(truth, predicted),
        "explained": metrics.explained_variance_score(truth, predicted),
        "correlation": float(np.corrcoef(truth, predicted)[0, 1]),
    }


def planning():
    rows = []
    for effect in [0.3, 0.5, 0.8, 1.0, 1.5, 2.0]:
        rows.append(
            {
                "effect": effect,
                "power_of_6": float(TTestPower().power(effect, 6, 0.05)),
                "seeds": math.ceil(TTestPower().solve_power(effect, power=0.8, alpha=0.05)),
            }
        )
    return rows


def label_permutation(a, b):
    """Two-sided p of the difference of means over every split of the pooled values."""
    pool = np.concatenate([a, b])
    observed = abs(a.mean() - b.mean())
    reaching = total = 0
    for chosen in itertools.combinations(range(len(pool)), len(a)):
        mask = np.zeros(len(pool), bool)
        mask[list(chosen)] = True
        reaching += abs(pool[mask].mean() - pool[~mask].mean()) >= observed - 1e-13
        total += 1
    return reaching / total


def unpaired(draw):
    a = np.round(draw.normal(0.8, 0.01, 5), 6)
    b = np.round(draw.normal(0.79, 0.03, 7), 6)
    result = stats.ttest_ind(a, b, equal_var=False)
    equal = stats.permutation_test(
        (a, b[:5]), lambda x, y: x.mean() - y.mean(), permutation_type="independent", n_resamples=np.inf
    )
    return {
        "a": a.tolist(),
        "b": b.tolist(),
        "t": float(result.statistic),
        "p": float(result.pvalue),
        "permutation_p": float(label_permutation(a, b)),
        "permutation_p_of_five": float(equal.pvalue),
    }


def delong(draw):
    """Covariance of two AUROCs from the kernel of every pair of a positive and a negative (DeLong et al. 1988)."""
    cases = []
    for rows, levels in [(30, 1000), (60, 8), (90, 4)]:
        positive = (np.arange(rows) % 3 == 0).astype(int)
        columns = [np.round(draw.integers(0, levels, rows) / levels + shift * positive, 6) for shift in (0.2, 0.4)]
        v10, v01 = [], []
        for column in columns:
            higher = column[positive == 1][:, None] - column[positive == 0][None, :]
            kernel = (higher > 0) + 0.5 * (higher == 0)
            v10.append(kernel.mean(1))
            v01.append(kernel.mean(0))
        covariance = np.cov(v10) / positive.sum() + np.cov(v01) / (rows - positive.sum())
        theta = [metrics.roc_auc_score(positive, column) for column in columns]
        z = (theta[0] - theta[1]) / math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
        cases.append(
            {
                "positive": positive.tolist(),
                "columns": [column.tolist() for column in columns],
                "theta": theta,
                "covariance": covariance.ravel().tolist(),
                "p": float(2 * stats.norm.sf(abs(z))),
            }
        )
    return cases


def sign_flips(draw):
    """Sums of whole items under every vector of signs."""
    cases = []
    for clusters, seeds in [(8, 3), (12, 5)]:
        d = draw.integers(-1, seeds + 1, clusters)
        result = stats.permutation_test(
            (d,), lambda x, axis: x.sum(axis), permutation_type="samples", n_resamples=np.inf, vectorized=True
        )
        cases.append({"d": d.tolist(), "p": float(result.pvalue)})
    return cases


def tango(b, c, n, z):
    """Score interval of (b - c) / n; the nuisance share of c maximises the likelihood numerically."""

    def score(delta):
        low, high = max(0.0, -delta), (1 - delta) / 2
        loss = lambda q: -(b * np.log(q + delta) + c * np.log(q) + (n - b - c) * np.log(1 - 2 * q - delta))
        q = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-13}).x
        return (b - c - n * delta) / math.sqrt(n * (2 * q + delta * (1 - delta)))

    at = (b - c) / n
    return [
        optimize.brentq(lambda delta: score(delta) - z, -0.999, at, xtol=1e-12),
        optimize.brentq(lambda delta: score(delta) + z, at, 0.999, xtol=1e-12),
    ]


def newcombe(a, b, c, d):
    n = a + b + c + d
    p1, p2 = (a + b) / n, (a + c) / n
    l1, u1 = proportion_confint(a + b, n, method="wilson")
    l2, u2 = proportion_confint(a + c, n, method="wilson")
    excess = a * d - b * c
    excess = max(excess - n / 2, 0) if excess > 0 else excess
    phi = excess / math.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    down = math.sqrt((p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2)
    up = math.sqrt((u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) ** 2)
    return [float(p1 - p2 - down), float(p1 - p2 + up)]


def paired_differences():
    z = stats.norm.ppf(0.975)
    tables = [(60, 9, 3, 28), (20, 11, 4, 5), (300, 25, 60, 115)]
    return [
        {"table": t, "newcombe": newcombe(*t), "tango": tango(t[1], t[2], sum(t), z)} for t in tables
    ]


def two_levels(draw):
    """Seeds in rows, items in columns; moments by NumPy, t by SciPy."""
    cases = []
    for S, n in [(3, 20), (5, 60)]:
        x = np.round(draw.normal(0.2, 0.5, n) + draw.normal(0, 0.2, (S, 1)) + draw.normal(0, 0.4, (S, n)), 4)
        items, seeds, t = x.mean(0), x.mean(1), x.mean()
        rest = x - items - seeds[:, None] + t
        v = [items.var(ddof=1) / n, seeds.var(ddof=1) / S, (rest**2).sum() / ((n - 1) * (S - 1) * n * S)]
        square = max(v[0] + v[1] - v[2], v[0], v[1])
        df = max(1, square**2 / (v[0] ** 2 / (n - 1) + v[1] ** 2 / (S - 1) + v[2] ** 2 / ((n - 1) * (S - 1))))
        reach = stats.t.ppf(0.975, df) * math.sqrt(square)
        p = 2 * stats.t.sf(abs(t) / math.sqrt(square), df)
        cases.append({"x": x.ravel().tolist(), "seeds": S, "interval": [t - reach, t + reach], "df": df, "p": float(p)})
    return cases


def main():
    draw = np.random.default_rng(20240501)
    fixture = {
        "made_with": {
            "python": sys.version.split()[0],
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
            "statsmodels": statsmodels.__version__,
        },
        "ranking": ranking(draw),
        "classification": classification(draw),
        "proportions": proportions(),
        "mcnemar": mcnemar_tables(draw),
        "seeds": seed_comparisons(draw),
        "families": families(draw),
        "bootstrap": bootstraps(draw),
        "calibration": calibration(draw),
        "cochran": cochran(draw),
        "friedman": ranks(draw),
        "temperature": temperatures(draw),
        "agreement": agreement(draw),
        "regression": regression(draw),
        "planning": planning(),
        "unpaired": unpaired(draw),
        "delong": delong(draw),
        "sign_flips": sign_flips(draw),
        "paired_differences": paired_differences(),
        "two_level": two_levels(draw),
    }
    json.dump(fixture, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
