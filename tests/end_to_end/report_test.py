"""The report page: figures hold the file's numbers, text is escaped, a browser shows it without an error.

The browser's part needs chromium and is skipped without it; everything needs gnuplot."""

import csv
import filecmp
import html.parser
import os
import pathlib
import shutil
import subprocess
import sys

import program

try:
    import h5py
    import numpy as np
except ImportError:
    program.skip("needs h5py and numpy")
if shutil.which("gnuplot") is None:
    program.skip("needs gnuplot (Debian package gnuplot-nox)")

BAD_TEXT = "<script>alert(1)</script> 'quoted' & `date` 50%"


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def rows_of(report, name):
    with open(report / "figures" / f"{name}.csv", newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


class Page(html.parser.HTMLParser):
    """Tags that are still open, ids, and what the page would load."""

    VOID = {"meta", "br", "link", "img"}

    def __init__(self, text):
        super().__init__()
        self.scripts, self.ids, self.loads, self.figures = 0, [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.scripts += tag == "script"
        self.figures += tag == "figure"
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag in ("link", "img", "iframe") or "src" in attributes:
            self.loads.append(tag)


def make_report(result, report, *options):
    program.run_well("report", result, "-o", report, *options)
    text = (report / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    check(page.scripts == 1, f"{report.name}: one script, not {page.scripts}")
    check(page.loads == [], f"{report.name} loads {page.loads}")
    check(len(set(page.ids)) == len(page.ids), f"{report.name} repeats ids")
    check(BAD_TEXT not in text, f"{report.name} holds unescaped text")
    names = {path.stem for path in (report / "figures").glob("*.svg")}
    check(page.figures == len(names) > 0, f"{report.name}: {page.figures} figures, {len(names)} drawings")
    for name in names:
        for extension in ("svg", "pdf", "csv"):
            check((report / "figures" / f"{name}.{extension}").stat().st_size > 100, f"{name}.{extension} is empty")
    return names, text


def column(f, run, method):
    return f["columns/detection/index"][run, method]


def check_numbers(result, report):
    with h5py.File(result) as f:
        axes = {name: f[f"axes/{name}"].asstr()[:] for name in f["axes"].attrs["names"].astype(str)}
        arm_axis = f["axes"].attrs["arm_axis"]
        arm_axis = arm_axis.decode() if isinstance(arm_axis, bytes) else str(arm_axis)
        methods = list(f["metrics/detection/methods"].asstr()[:])
        metrics = list(f["metrics/detection/metrics"].asstr()[:])
        values = f["metrics/detection/values"][:]
        # The first condition is that of run 0, at the baseline arm.
        first = axes["noise.type"] == axes["noise.type"][0]

        forest = rows_of(report, "forest-detection-1")
        check(len(forest) > 5, "methods in the forest plot")
        runs = np.flatnonzero(first & (axes[arm_axis] == forest[0]["arm"]))
        for row in forest:
            mean = values[runs, methods.index(row["method"]), metrics.index(row["metric"])].mean()
            check(np.isclose(float(row["value"]), mean, rtol=1e-12), f"forest {row} is not {mean}")

        for kind, name in (("roc", "false positive rate"), ("pr", "recall")):
            for row in rows_of(report, f"{kind}-detection-1"):
                point = round(float(row[name]) * 100)
                curves = [f[f"curves/detection/{kind}"][column(f, run, methods.index(row["method"])), point] for run in runs]
                for key, value in (("mean", np.mean(curves)), ("low", np.min(curves)), ("high", np.max(curves))):
                    check(np.isclose(float(row[key]), value, rtol=1e-12, atol=1e-15), f"{kind} {row} {key} is not {value}")

        histogram = rows_of(report, "scores-detection-1")
        edges = [float(row["bin_low"]) for row in histogram] + [float(histogram[-1]["bin_high"])]
        counts = {0: np.zeros(len(histogram), int), 1: np.zeros(len(histogram), int)}
        for run in runs:
            c = column(f, run, methods.index(histogram[0]["method"]))
            n = f["columns/detection/length"][c]
            scores = f["items/detection/values"][c, :n]
            noisy = f["items/detection/is_noisy"][f["columns/detection/truth"][c], :n]
            for kind in (0, 1):
                counts[kind] += np.histogram(scores[noisy == kind], edges)[0]
        check([int(row["n_clean"]) for row in histogram] == list(counts[0]), "clean counts")
        check([int(row["n_noisy"]) for row in histogram] == list(counts[1]), "noisy counts")

        differences = [name.stem for name in (report / "figures").glob("differences-detection-*.csv")]
        check(differences, "figures of differences")
        for name in differences:
            for row in rows_of(report, name):
                place = np.array([f"noise.type {t}" in row["condition"] for t in axes["noise.type"]])
                m, k = methods.index(row["method"]), metrics.index(row["metric"])
                side = [values[np.flatnonzero(place & (axes[arm_axis] == arm)), m, k] for arm in (row["arm"], row["baseline"])]
                check(np.isclose(float(row["value"]), (side[0] - side[1]).mean(), atol=1e-12), f"{name} {row}")

        seconds = f["stages/seconds"][:]
        kinds, made = f["stages/kind"].asstr()[:], f["stages/status"][:] == 1
        for row in rows_of(report, "costs"):
            check(np.isclose(float(row["seconds"]), seconds[made & (kinds == row["kind"])].sum()), f"costs {row}")


def check_browser(report, scratch):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return False
    for width in (400, 1400):
        done = subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
             f"--user-data-dir={scratch}/profile", f"--window-size={width},1000", "--dump-dom",
             (report / "index.html").as_uri()],
            capture_output=True, text=True, timeout=120, check=False)
        check(done.returncode == 0, f"chromium ended with {done.returncode}: {done.stderr[-500:]}")
        check("</html>" in done.stdout and "<figure" in done.stdout, "chromium shows the page")
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        check(not console, f"console: {console}")
    return True


def fail_runs(result):
    """Mark two runs as failed with a text that would break a page or a plot."""
    with h5py.File(result, "r+") as f:
        for run in (1, 4):
            f["runs/status"][run] = 2
            f["runs/error"][run] = BAD_TEXT.encode()


def main():
    with program.scratch("report") as name:
        scratch = pathlib.Path(name)
        result, report = scratch / "small.h5", scratch / "report"
        cache = scratch / "cache"
        program.run_well("run", program.SMALL, "-o", result, "--cache", cache)
        make_report(result, report)
        check_numbers(result, report)

        make_report(result, scratch / "again")
        again = filecmp.dircmp(report / "figures", scratch / "again" / "figures")
        _, differing, errors = filecmp.cmpfiles(report / "figures", scratch / "again" / "figures", again.common, False)
        check(not differing and not errors, f"two reports differ: {differing}")
        check((report / "index.html").read_bytes() == (scratch / "again" / "index.html").read_bytes(), "pages differ")

        make_report(result, report)  # replaces
        (report / "mine.txt").write_text("keep")
        refused = program.run("report", result, "-o", report)
        check(refused.returncode == 1 and "--force" in refused.stderr, f"refuses foreign files: {refused.stderr}")
        make_report(result, report, "--force")
        check((report / "mine.txt").read_text() == "keep", "--force keeps other files")

        empty = scratch / "empty"
        empty.mkdir()
        missing = subprocess.run(program.command(["report", result, "-o", scratch / "none"]), capture_output=True,
                                 text=True, env={**program.environment(), "PATH": str(empty)}, check=False)
        check(missing.returncode == 1 and "gnuplot-nox" in missing.stderr, f"names the package: {missing.stderr}")
        check(not list(scratch.glob("none*")), "writes nothing without gnuplot")

        one = scratch / "one.h5"
        program.run_well("run", program.SMALL, "-o", one, "--cache", cache, "--only", "seed=1", "--only",
                         "noise.type=uniform", "--only", "ablate=full")
        names, text = make_report(one, scratch / "one")
        check(not any(name.startswith(("differences", "heat")) for name in names), "no differences without arms")
        check("one seed" in text, "says that there is one seed")

        failed = scratch / "failed.h5"
        shutil.copy(result, failed)
        fail_runs(failed)
        _, text = make_report(failed, scratch / "failed")
        check("&lt;script&gt;alert(1)" in text, "shows the message of failed runs")

        has_browser = all(check_browser(scratch / name, scratch) for name in ("report", "one", "failed"))
    if not has_browser:
        program.skip("all but the browser's part passed; that needs chromium")


main()
