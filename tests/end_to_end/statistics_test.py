"""Records, gates and figure data against a second implementation: everything is computed again from the items in the
result file, with nothing but numpy and formulas written down here."""

import collections
import csv
import json
import math
import pathlib
import shutil
import unittest

import program

try:
    import h5py
    import numpy as np
except ImportError:
    program.skip("needs h5py and numpy")

ALPHA = 0.05
LEVEL = 0.95
SEED = 42  # statistics.seed of small.yaml
RESAMPLES = 1000


# ---- distributions -------------------------------------------------------------------------------------------------


def bisect(rising, target, low, high):
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return (low + high) / 2


def incomplete_beta(a, b, x):
    """Regularised, by the continued fraction (modified Lentz)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 1000):
        for top in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                    -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / (1 + top * d)
            c = 1 + top / c
            value *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return front * value


def t_p(t, df):
    return incomplete_beta(df / 2, 0.5, df / (df + t * t))


def t_quantile(df):
    return bisect(lambda t: 1 - t_p(t, df), LEVEL, 0, 1e6)


def f_p(f, df1, df2):
    return incomplete_beta(df2 / 2, df1 / 2, df2 / (df2 + df1 * f))


def beta_quantile(p, a, b):
    return bisect(lambda x: incomplete_beta(a, b, x), p, 0, 1)


def binomial_cdf(k, n, p):
    return 0.0 if k < 0 else 1.0 if k >= n else incomplete_beta(n - k, k + 1, 1 - p)


def chi_square_quantile(p, df):
    def cdf(x):  # series of the incomplete gamma function
        term = total = 1 / (df / 2)
        k = 0
        while term > 1e-17 * total:
            k += 1
            term *= x / 2 / (df / 2 + k)
            total += term
        return total * math.exp(-x / 2 + df / 2 * math.log(x / 2) - math.lgamma(df / 2))

    return bisect(cdf, p, 1e-12, 200)


NORMAL = bisect(lambda z: math.erf(z / math.sqrt(2)), LEVEL, 0, 10)


def range_quantile(k):
    """Studentized range with infinite degrees of freedom."""
    x = np.linspace(-9, 29, 40001)
    phi = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    cdf = np.array([(1 + math.erf(v / math.sqrt(2))) / 2 for v in x])

    def inside(w):
        return k * np.sum(phi * (cdf - np.interp(x - w, x, cdf, left=0)) ** (k - 1)) * (x[1] - x[0])

    return bisect(inside, 1 - ALPHA, 0, 20)


# ---- random stream and resamples -----------------------------------------------------------------------------------


def draws(frame, purpose, n, replicates, level=0, seed=SEED):
    """Philox4x32-10: 64-bit numbers [replicate, draw]."""
    key = seed
    hashed = 0xCBF29CE484222325
    for byte in frame.encode():
        hashed = (hashed ^ byte) * 0x100000001B3 & (2**64 - 1)
    key ^= hashed
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    pairs = (n + 1) // 2
    mask = np.uint64(0xFFFFFFFF)
    x = [np.broadcast_to(np.arange(pairs, dtype=np.uint64), (replicates, pairs)),
         np.broadcast_to(np.arange(replicates, dtype=np.uint64)[:, None], (replicates, pairs)),
         np.full((replicates, pairs), level, np.uint64), np.full((replicates, pairs), purpose, np.uint64)]
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * x[0], np.uint64(0xCD9E8D57) * x[2]
        x = [(b >> np.uint64(32)) ^ x[1] ^ np.uint64(k0), b & mask, (a >> np.uint64(32)) ^ x[3] ^ np.uint64(k1), a & mask]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    both = np.stack([x[0] | x[1] << np.uint64(32), x[2] | x[3] << np.uint64(32)], axis=-1)
    return both.reshape(replicates, -1)[:, :n]


def weights(frame, n, replicates, level=0):
    """How often each of n items is drawn in each resample."""
    bits = draws(frame, 1, n, replicates, level)
    low = (bits & np.uint64(0xFFFFFFFF)) * np.uint64(n)
    index = ((bits >> np.uint64(32)) * np.uint64(n) + (low >> np.uint64(32))) >> np.uint64(32)
    return np.stack([np.bincount(row, minlength=n) for row in index.astype(np.int64)])


def endpoint_range(values):
    """Order statistics around the ends of a percentile interval."""
    B = len(values)
    tail = (1 - LEVEL) / 2
    first = next(k for k in range(B) if binomial_cdf(k, B, tail) >= 0.025)
    values = np.sort(values)
    return values[first - 1], values[B - first]


# ---- metrics and tests ---------------------------------------------------------------------------------------------


def kernel(scores, noisy):
    """1 where a noisy item scores above a clean one, half for a tie."""
    pairs = scores[noisy][:, None] - scores[~noisy][None, :]
    return (pairs > 0) + 0.5 * (pairs == 0)


def average_precision(scores, noisy):
    total = 0
    for value in np.unique(scores[noisy]):
        flagged = scores >= value
        total += np.sum(noisy & (scores == value)) * np.sum(noisy & flagged) / np.sum(flagged)
    return total / noisy.sum()


def t_interval(values):
    mean, sd = np.mean(values), np.std(values, ddof=1)
    se = sd / math.sqrt(len(values))
    half = t_quantile(len(values) - 1) * se
    return mean, mean - half, mean + half, t_p(mean / se, len(values) - 1)


def two_level(cells):
    """cells[seed, item]: value, interval and p over new seeds and new items."""
    S, n = cells.shape
    by_seed, by_item, mean = cells.mean(1), cells.mean(0), cells.mean()
    rest = cells - by_seed[:, None] - by_item[None, :] + mean
    items, seeds = by_item.var(ddof=1) / n, by_seed.var(ddof=1) / S
    cell = (rest**2).sum() / ((n - 1) * (S - 1) * n * S)
    square = max(items + seeds - cell, items, seeds)
    if square < 1e-28:
        return mean, None, None, 1.0 if mean == 0 else None
    df = max(1, square**2 / (items**2 / (n - 1) + seeds**2 / (S - 1) + cell**2 / ((n - 1) * (S - 1))))
    half = t_quantile(df) * math.sqrt(square)
    return mean, mean - half, mean + half, t_p(mean / math.sqrt(square), df)


def wilson(k, n):
    z2 = NORMAL**2
    middle, half = k / n + z2 / (2 * n), NORMAL * math.sqrt(k * (n - k) / n**3 + z2 / (4 * n * n))
    return (middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)


def newcombe(a, b, c, d):
    n = a + b + c + d
    p1, p2 = (a + b) / n, (a + c) / n
    (l1, u1), (l2, u2) = wilson(a + b, n), wilson(a + c, n)
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    x = a * d - b * c
    phi = (max(x - n / 2, 0) if x > 0 else x) / math.sqrt(margins) if margins else 0
    low = math.sqrt((p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2)
    high = math.sqrt((u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) ** 2)
    return (b - c) / n, (b - c) / n - low, (b - c) / n + high


def mcnemar(b, c):
    return min(1.0, 2 * sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c))


def sign_flip(d):
    """Exact p of |sum| under all signs of the integers d."""
    chances = np.ones(1)
    for size in np.abs(d[d != 0]):
        step = np.zeros(2 * size + 1)
        step[0] = step[-1] = 0.5
        chances = np.convolve(chances, step)
    total = np.arange(len(chances)) - len(chances) // 2
    return chances[np.abs(total) >= abs(d.sum())].sum()


def holm(p):
    values = np.array([1.0 if v is None else v for v in p])
    adjusted = np.empty(len(values))
    running = 0
    for rank, i in enumerate(np.argsort(values, kind="stable")):
        running = max(running, min(1.0, (len(values) - rank) * values[i]))
        adjusted[i] = running
    return [None if v is None else a for v, a in zip(p, adjusted)]


def fleiss(answers, weight):
    """answers[rater, item]; one kappa for each row of weight[resample, item]."""
    S = len(answers)
    share = np.stack([(answers == value).sum(0) / S for value in np.unique(answers)])
    agreement = ((share**2).sum(0) * S - 1) / (S - 1)
    n = weight.sum(1)
    chance = ((weight @ share.T / n[:, None]) ** 2).sum(1)
    return (weight @ agreement / n - chance) / (1 - chance)


def always_wrong(errors, n):
    """Chances of the number of items that all seeds get wrong, in integers."""
    chances = {errors[0]: 1.0}
    for e in errors[1:]:
        meet = collections.Counter()
        for x, p in chances.items():
            for y in range(max(0, x + e - n), min(x, e) + 1):
                meet[y] += p * math.comb(x, y) * math.comb(n - x, e - y) / math.comb(n, e)
        chances = meet
    return chances


def calibration_error(confidence, right, bins=10):
    place = np.searchsorted(np.arange(1, bins) / bins, confidence, side="left")
    gaps = [abs(right[..., place == b].sum(-1) - confidence[place == b].sum()) for b in range(bins)]
    return sum(gaps) / len(confidence)


# ---- the result file -----------------------------------------------------------------------------------------------


class Result:
    def __init__(self, path):
        with h5py.File(path) as f:
            self.axes = {name: f[f"axes/{name}"].asstr()[()] for name in f["axes"]}
            self.name = f["experiment/name"].asstr()[()]
            self.sets = {}
            for name in f["items"]:
                self.sets[name] = {
                    "methods": list(f[f"metrics/{name}/methods"].asstr()[()]),
                    "metrics": list(f[f"metrics/{name}/metrics"].asstr()[()]),
                    "stored": f[f"metrics/{name}/values"][()], "index": f[f"columns/{name}/index"][()],
                    **{key: f[f"items/{name}/{key}"][()]
                       for key in f[f"items/{name}"] if key not in ("checksum", "fingerprint", "status")}}

    def runs(self, record, arm):
        """Runs of a record's condition, one a seed."""
        place = np.ones(len(self.axes["seed"]), bool)
        for axis in self.axes:
            if axis == "seed":
                continue
            wanted = arm if axis == "ablate" else record[axis]
            place &= self.axes[axis] == wanted
        seeds = [s.strip() for s in record["seed_set"].split(",")]
        return [int(np.flatnonzero(place & (self.axes["seed"] == seed))[0]) for seed in seeds]

    def items(self, name, run, method):
        """Columns of one run: truth and what the method said, by ascending item."""
        data = self.sets[name]
        truth, column = data["truth_of_run"][run], data["index"][run, data["methods"].index(method)]
        n = data["length"][truth]
        order = np.argsort(data["item"][truth, :n], kind="stable")
        said = {"noisy": data["is_noisy"][truth, :n][order] == 1, "clean": data["clean"][truth, :n][order],
                "item": data["item"][truth, :n][order], "value": data["values"][column, :n][order]}
        if "confidence" in data:
            said["confidence"] = data["confidence"][column, :n][order]
        return said

    def right(self, name, run, method):
        said = self.items(name, run, method)
        if name == "test":
            return said["value"] == said["clean"]
        flagged = np.zeros(len(said["item"]), bool)
        flagged[np.argsort(-said["value"], kind="stable")[: said["noisy"].sum()]] = True
        return flagged == said["noisy"]

    def metric(self, name, run, method, metric):
        """Computed from the items where this file knows the formula, else as stored."""
        said = self.items(name, run, method)
        if metric == "auroc":
            return kernel(said["value"], said["noisy"]).mean()
        if metric == "auprc":
            return average_precision(said["value"], said["noisy"])
        if metric == "accuracy":
            return self.right(name, run, method).mean()
        if metric == "balanced_accuracy":
            right = self.right(name, run, method)
            return np.mean([right[said["clean"] == c].mean() for c in np.unique(said["clean"])])
        data = self.sets[name]
        return data["stored"][run, data["methods"].index(method), data["metrics"].index(metric)]


def json_lines(*arguments, codes=(0,)):
    done = program.run(*arguments, "--format", "json")
    if done.returncode not in codes:
        raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


class Statistics(unittest.TestCase):
    path = None  # a finished result; made by a small grid when not given

    @classmethod
    def setUpClass(cls):
        cls.scratch = program.scratch("statistics")
        cls.folder = pathlib.Path(cls.scratch.name)
        if cls.path is None:
            cls.path = cls.folder / "small.h5"
            program.run_well("run", program.SMALL, "-o", cls.path, cwd=cls.folder)
        cls.result = Result(cls.path)
        cls.summary = json_lines("summarize", cls.path)
        detectors = cls.result.sets["detection"]["methods"]
        classifiers = cls.result.sets["test"]["methods"]
        cls.compared = json_lines("compare", cls.path, "--resamples", RESAMPLES, "--methods", "self_confidence",
                                  *[m for m in ("ecg_fixed", "random") if m in detectors])
        cls.arms = json_lines("compare", cls.path, "--resamples", RESAMPLES, "--metrics", "accuracy", "--arms", "full",
                              *[a for a in np.unique(cls.result.axes["ablate"]) if a != "full"][:2])
        assert "none" in classifiers

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def near(self, found, wanted, message, digits=1e-9):
        if wanted is None or found is None:
            self.assertEqual(found, wanted, message)
        else:
            self.assertLessEqual(abs(found - wanted), digits * max(1, abs(wanted)), f"{message}: {found}, not {wanted}")

    def check_interval(self, record, value, low, high, lowest=-math.inf, highest=math.inf):
        self.near(record["value"], value, record["record_id"])
        for field, end in (("ci_low", low), ("ci_high", high)):
            self.near(record[field], None if end is None else min(max(end, lowest), highest),
                      f"{record['record_id']} {field}")

    def all_records(self):
        return self.summary + self.compared + self.arms

    def test_means_have_the_metrics_of_the_items_and_their_intervals(self):
        seen = collections.Counter()
        for record in self.summary:
            if record["kind"] != "metric" or record["item_set"] is None or record["value"] is None:
                continue
            name, method = record["item_set"], record["method_a"]
            runs = self.result.runs(record, record["arm_a"])
            values = [self.result.metric(name, run, method, record["metric"]) for run in runs]
            self.near(record["sd"], np.std(values, ddof=1), record["record_id"])
            self.assertEqual(record["ddof"], 1)
            seen[record["method"]] += 1
            if record["method"] == "two_level":
                cells = np.stack([self.result.right(name, run, method) for run in runs]).astype(float)
                self.check_interval(record, *two_level(cells)[:3], 0, 1)
            elif np.ptp(values) < 1e-12:
                self.assertEqual((record["status"], record["ci_low"]), ("degenerate", None), record["record_id"])
            else:
                lowest, highest = (0, 1) if record["metric"] not in ("log_loss", "brier") else (0, math.inf)
                self.check_interval(record, *t_interval(values)[:3], lowest, highest)
        self.assertGreater(seen["seed_t"], 50)
        self.assertGreater(seen["two_level"], 5)

    def test_differences_are_paired(self):
        seen = collections.Counter()
        for record in self.all_records():
            if record["kind"] != "difference" or record["value"] is None:
                continue
            name = record["item_set"]
            pairs = list(zip(self.result.runs(record, record["arm_a"]), self.result.runs(record, record["arm_b"])))
            right = np.stack([self.result.right(name, a, record["method_a"]).astype(float) -
                              self.result.right(name, b, record["method_b"]) for a, b in pairs])
            seen[record["test"]] += 1
            if record["test"] == "two_level":
                value, low, high, p = two_level(right)
            else:
                d = right.mean(1)
                if not record["metric"].startswith("right_"):
                    d = np.array([self.result.metric(name, a, record["method_a"], record["metric"]) -
                                  self.result.metric(name, b, record["method_b"], record["metric"]) for a, b in pairs])
                if np.ptp(d) < 1e-12:
                    value, low, high, p = d.mean(), None, None, 1.0 if abs(d[0]) < 1e-12 else None
                else:
                    value, low, high, p = t_interval(d)
            self.check_interval(record, value, low, high, -1, 1)
            self.near(record["p"], p, record["record_id"])
        self.assertGreater(seen["paired_t"], 10)
        self.assertGreater(seen["two_level"], 10)

    def test_mcnemar_of_a_seed_and_of_all_seeds(self):
        seeds = combined = 0
        for record in self.compared + self.arms:
            if record["kind"] != "test":
                continue
            name = record["item_set"]
            d, table = collections.Counter(), np.zeros(4, int)
            for a, b in zip(self.result.runs(record, record["arm_a"]), self.result.runs(record, record["arm_b"])):
                left = self.result.right(name, a, record["method_a"])
                right = self.result.right(name, b, record["method_b"])
                table += [np.sum(left & right), np.sum(left & ~right), np.sum(~left & right), np.sum(~left & ~right)]
                for item, change in zip(self.result.items(name, a, record["method_a"])["item"],
                                        left.astype(int) - right):
                    d[item] += int(change)
            b, c = int(table[1]), int(table[2])
            self.assertEqual((record["b"], record["c"]), (b, c), record["record_id"])
            if record["params"] is None:
                combined += 1
                self.near(record["p"], sign_flip(np.array(list(d.values()))), record["record_id"])
                clusters = sum(value != 0 for value in d.values())
                self.near(record["p_min"], min(1.0, 2.0 ** (1 - clusters)), record["record_id"])
                continue
            seeds += 1
            self.near(record["p"], mcnemar(b, c), record["record_id"])
            self.near(record["p_min"], min(1.0, 2.0 ** (1 - b - c)), record["record_id"])
            self.check_interval(record, *newcombe(*map(int, table)))
            if b > 0 and c > 0:
                low, high = beta_quantile(0.025, b, c + 1), beta_quantile(0.975, b + 1, c)
                self.near(record["effect"], b / c, record["record_id"])
                self.near(record["effect_low"], low / (1 - low), record["record_id"])
                self.near(record["effect_high"], high / (1 - high), record["record_id"])
        self.assertGreater(seeds, 10)
        self.assertGreater(combined, 5)

    def test_families_are_whole_and_corrected_by_holm(self):
        families = 0
        for records in (self.summary, self.compared, self.arms):
            self.assertEqual(len({r["record_id"] for r in records}), len(records))
            members = collections.defaultdict(list)
            for record in records:
                if record["family"] is not None:
                    members[record["family"]].append(record)
            for family, of_family in members.items():
                families += 1
                p = [record["p"] for record in of_family]
                for i, (record, adjusted) in enumerate(zip(of_family, holm(p))):
                    self.assertEqual(record["family_size"], len(of_family), family)
                    self.near(record["p_adjusted"], adjusted, record["record_id"])
                    if record["p_min_adjusted"] is None:
                        continue
                    best = holm(p[:i] + [record["p_min"]] + p[i + 1:])[i]
                    self.near(record["p_min_adjusted"], best, record["record_id"])
                    self.assertEqual(record["cannot_reach"], best >= ALPHA, record["record_id"])
        self.assertGreater(families, 5)

    def test_bootstrap_of_the_difference_of_a_seed(self):
        checked = 0
        drawn = {}
        for record in self.compared:
            if record["kind"] != "seed_difference" or record["metric"] != "auroc":
                continue
            checked += 1
            run = self.result.runs(record, record["arm_a"])[0]
            said = self.result.items("detection", run, record["method_a"])
            other = self.result.items("detection", run, record["method_b"])
            noisy = said["noisy"]
            difference = kernel(said["value"], noisy) - kernel(other["value"], noisy)
            P, N = difference.shape
            frame = f"{self.result.name}/detection"
            self.assertEqual((record["frame"], record["seed"], record["resamples"]), (frame, SEED, RESAMPLES))
            if (P, N) not in drawn:
                drawn[P, N] = weights(frame, P, RESAMPLES, level=1), weights(frame, N, RESAMPLES, level=0)
            positive, negative = drawn[P, N]
            values = np.einsum("bi,bi->b", positive @ difference, negative) / (P * N)
            self.check_interval(record, difference.mean(), *np.quantile(values, [0.025, 0.975]))
            low, high = endpoint_range(values)
            self.near(record["mc_low"], low, record["record_id"])
            self.near(record["mc_high"], high, record["record_id"])
            tail = min((values <= 1e-12).sum(), (values >= -1e-12).sum())
            self.near(record["p"], min(1.0, 2 * (1 + tail) / (RESAMPLES + 1)), record["record_id"])
        self.assertGreater(checked, 5)

    def test_errors_over_seeds(self):
        records = json_lines("errors", self.path, "--method", "none")
        place = {r["record_id"].split("|", 3)[2]: r for r in records if r["metric"] == "always_wrong"}
        self.assertGreater(len(place), 1)
        for record in place.values():
            runs = self.result.runs(record, record["arm_a"])
            right = np.stack([self.result.right("test", run, "none") for run in runs])
            clean = self.result.items("test", runs[0], "none")["clean"]
            observed, expected, chances = int((~right).all(0).sum()), 0, {0: 1.0}
            for c in np.unique(clean):
                errors, n = [int(e) for e in (~right[:, clean == c]).sum(1)], int((clean == c).sum())
                expected += n * math.prod(e / n for e in errors)
                both = collections.Counter()
                for x, p in chances.items():
                    for y, q in always_wrong(errors, n).items():
                        both[x + y] += p * q
                chances = both
            self.assertEqual(record["value"], observed)
            self.near(record["stat"], observed / expected, record["record_id"])
            self.near(record["p"], sum(p for x, p in chances.items() if x >= observed), record["record_id"])
            same = [r for r in records if r["metric"] == "fleiss_kappa.right"
                    and all(r[axis] == record[axis] for axis in self.result.axes if axis not in ("seed", "ablate"))]
            n = right.shape[1]
            value = fleiss(right, np.ones((1, n)))[0]
            resampled = fleiss(right, weights(f"{self.result.name}/test", n, self.kappa_resamples))
            self.check_interval(same[0], value, *np.quantile(resampled, [0.025, 0.975]))

    kappa_resamples = 1000  # statistics.resamples of small.yaml

    def test_gates(self):
        rules = self.folder / "rules.yaml"
        rules.write_text("""
- {id: spread, quantity: seed_sd(auroc), where: {method: self_confidence, noise.type: uniform, noise.rate: 0.2}, op: "<", threshold: 0.03}
- {id: mean, quantity: auroc, where: {method: self_confidence, noise.type: uniform, noise.rate: 0.2}, op: ">=", threshold: 0.5}
""")
        records = {r["gate_id"]: r for r in json_lines("gates", self.path, "--rules", rules, codes=(0, 1, 3))
                   if r["kind"] == "gate"}
        where = {"noise.type": "uniform", "noise.rate": "0.2", "seed_set": ",".join(dict.fromkeys(self.result.axes["seed"]))}
        values = [self.result.metric("detection", run, "self_confidence", "auroc")
                  for run in self.result.runs(where, "full")]
        df, sd = len(values) - 1, np.std(values, ddof=1)
        low, high = (sd * math.sqrt(df / chi_square_quantile(p, df)) for p in (0.975, 0.025))
        self.check_interval(records["spread"], sd, low, high)
        self.assertEqual(records["spread"]["outcome"], "pass" if high < 0.03 else "fail" if low >= 0.03 else "undecidable")
        self.assertEqual(records["spread"]["outcome_point"], "pass" if sd < 0.03 else "fail")
        mean, low, high, _ = t_interval(values)
        self.check_interval(records["mean"], mean, low, high, 0, 1)
        self.assertEqual(records["mean"]["outcome"], "pass" if low >= 0.5 else "fail" if high < 0.5 else "undecidable")

    def test_figure_data(self):
        if shutil.which("gnuplot") is None:
            self.skipTest("needs gnuplot")
        program.run_well("report", self.path, "-o", self.folder / "page", timeout=500)
        figures = self.folder / "page/figures"

        def rows(name):
            with open(figures / name, encoding="utf-8") as f:
                return list(csv.DictReader(f))

        calibrated = [row for path in sorted(figures.glob("reliability-*-ece.csv")) for row in rows(path.name)]
        self.assertGreater(len(calibrated), 1)
        seeds = ",".join(dict.fromkeys(self.result.axes["seed"]))
        p = []
        for row in calibrated:
            # "noise.type uniform, noise.rate 0.2"; an axis with one value is not named.
            where = {axis: values[0] for axis, values in self.result.axes.items()} | {"seed_set": seeds}
            where.update(part.split(" ", 1) for part in row["condition"].split(", "))
            ece, null = [], 0
            runs = self.result.runs(where, row["arm"])
            for run in runs:
                said = self.result.items("test", run, row["method"])
                confidence = said["confidence"]
                ece.append(calibration_error(confidence, said["value"] == said["clean"]))
                bits = draws("", 7, len(confidence), 1000)
                luck = (bits >> np.uint64(11)).astype(float) * 2.0**-53 < confidence
                null = null + calibration_error(confidence, luck) / len(runs)
            self.near(float(row["ece"]), np.mean(ece), str(row))
            self.near(float(row["ece_null"]), null.mean(), str(row))
            p.append((1 + (null >= np.mean(ece) - 1e-12).sum()) / 1001)
            self.near(float(row["p"]), p[-1], str(row))
        for row, adjusted in zip(calibrated, holm(p)):
            self.near(float(row["p_adjusted"]), adjusted, str(row))

        ranked = rows("cd-detection.csv")
        means = {}
        for record in self.summary:
            if record["kind"] == "metric" and record["metric"] == "auroc" and record["arm_a"] == "full":
                condition = tuple(record[axis] for axis in self.result.axes if axis not in ("seed", "ablate"))
                means.setdefault(condition, {})[record["method_a"]] = record["value"]
        table = np.array([[of[row["method"]] for row in ranked] for of in means.values()])
        N, k = table.shape
        ranks = 1 + (table[:, :, None] < table[:, None, :]).sum(2) + ((table[:, :, None] == table[:, None, :]).sum(2) - 1) / 2
        ties = sum((np.unique(row, return_counts=True)[1] ** 3).sum() - k for row in ranks)
        chi = (12 * (ranks.sum(0) ** 2).sum() / (N * k * (k + 1)) - 3 * N * (k + 1)) / (1 - ties / (N * k * (k * k - 1)))
        f = (N - 1) * chi / (N * (k - 1) - chi)
        critical = range_quantile(k) / math.sqrt(2) * math.sqrt(k * (k + 1) / (6 * N))
        for row, rank in zip(ranked, ranks.mean(0)):
            self.near(float(row["mean_rank"]), rank, str(row))
            self.near(float(row["p"]), f_p(f, k - 1, (k - 1) * (N - 1)), str(row))
            self.near(float(row["critical_difference"]), critical, str(row), 1e-5)


if __name__ == "__main__":
    unittest.main()
