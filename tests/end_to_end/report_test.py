"""The report page: figures hold the file's numbers, text is escaped, a browser shows it without an error.

The browser's part needs chromium and is skipped without it; everything needs gnuplot."""

import csv
import filecmp
import html
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import xml.dom.minidom

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
    outside = re.findall(r"(?:href|src|action)\s*=\s*[\"'](?:https?:)?//[^\"']*|url\((?!#)[^)]*|@import[^;]*", text)
    check(outside == [], f"{report.name} names {outside}")
    for target in re.findall(r"<a href=\"([^\"]+)\"", text):
        is_there = target[1:] in page.ids if target.startswith("#") else (report / target).stat().st_size > 20
        check(is_there, f"{report.name} links to {target}")
    check(len(set(page.ids)) == len(page.ids), f"{report.name} repeats ids")
    check(BAD_TEXT not in text, f"{report.name} holds unescaped text")
    names = {path.stem for path in (report / "figures").glob("*.svg")}
    check(page.figures == len(names) > 0, f"{report.name}: {page.figures} figures, {len(names)} drawings")
    for name in names:
        for extension in ("svg", "pdf", "csv"):
            check((report / "figures" / f"{name}.{extension}").stat().st_size > 100, f"{name}.{extension} is empty")
        xml.dom.minidom.parse(str(report / "figures" / f"{name}.svg"))
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
        first = (axes["noise.type"] == axes["noise.type"][0]) & (axes["noise.rate"] == axes["noise.rate"][0])

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
                place = np.array([row["condition"] == f"noise.type {t}, noise.rate {r}"
                                  for t, r in zip(axes["noise.type"], axes["noise.rate"])])
                m, k = methods.index(row["method"]), metrics.index(row["metric"])
                side = [values[np.flatnonzero(place & (axes[arm_axis] == arm)), m, k] for arm in (row["arm"], row["baseline"])]
                check(np.isclose(float(row["value"]), (side[0] - side[1]).mean(), atol=1e-12), f"{name} {row}")

        for row in rows_of(report, "lines-detection-noise-rate-1"):
            place = (axes["noise.type"] == axes["noise.type"][0]) & (axes["noise.rate"] == row["noise.rate"])
            runs = np.flatnonzero(place & (axes[arm_axis] == row["arm"]))
            mean = values[runs, methods.index(row["method"]), metrics.index(row["metric"])].mean()
            check(np.isclose(float(row["value"]), mean, rtol=1e-12), f"line {row} is not {mean}")

        seconds = f["stages/seconds"][:]
        kinds, made = f["stages/kind"].asstr()[:], f["stages/status"][:] == 1
        for row in rows_of(report, "costs"):
            check(np.isclose(float(row["seconds"]), seconds[made & (kinds == row["kind"])].sum()), f"costs {row}")


def check_ranks(report):
    """Ranks of the means in data/summary.csv, all methods that are no reference, over the conditions."""
    with open(report / "data" / "summary.csv", newline="", encoding="utf-8") as f:
        means = [row for row in csv.DictReader(f)
                 if row["kind"] == "metric" and row["item_set"] == "detection" and row["metric"] == "auroc"
                 and row["arm_a"] == "full" and row["method_a"] not in ("random", "marker_oracle")]
    table = {}
    for row in means:
        table.setdefault((row["noise.type"], row["noise.rate"]), {})[row["method_a"]] = float(row["value"])
    methods = sorted(next(iter(table.values())))
    values = np.array([[condition[m] for m in methods] for condition in table.values()])
    # The rank of a value: one more than the number above it, and half of those equal to it.
    above = (values[:, None, :] > values[:, :, None]).sum(2)
    equal = (values[:, None, :] == values[:, :, None]).sum(2) - 1
    ranks = dict(zip(methods, (1 + above + equal / 2).mean(0)))
    shown = rows_of(report, "cd-detection")
    check(len(shown) == len(methods) > 10, "methods with a rank")
    for row in shown:
        check(np.isclose(float(row["mean_rank"]), ranks[row["method"]]), f"rank of {row} is not {ranks[row['method']]}")
        check(np.isclose(float(row["hi"]) - float(row["lo"]), float(row["critical_difference"])), f"width of {row}")
    place = {row["method"]: float(row["mean_rank"]) for row in shown}
    cliques = {}
    for row in rows_of(report, "cd-detection-cliques"):
        cliques.setdefault(row["clique"], []).append(place[row["method"]])
    for members in cliques.values():
        spread = max(members) - min(members)
        check(shown[0]["significant"] == "no" or spread < float(shown[0]["critical_difference"]), f"clique {members}")


# Runs in a copy of the page: clicks, measures, and leaves what it found where --dump-dom shows it.
MEASURE = """
const corners = text => {
  const box = text.getBBox(), m = text.getScreenCTM();
  // Letters fill the middle of their box.
  const top = box.y + 0.2 * box.height, bottom = box.y + 0.85 * box.height;
  return [[box.x, top], [box.x + box.width, top], [box.x + box.width, bottom], [box.x, bottom]]
    .map(([x, y]) => [m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f]);
};
const isApart = (a, b) => [a, b].some(box => box.some((p, i) => {
  const q = box[(i + 1) % 4], normal = [q[1] - p[1], p[0] - q[0]];
  const side = points => points.map(([x, y]) => x * normal[0] + y * normal[1]);
  return Math.max(...side(a)) <= Math.min(...side(b)) || Math.max(...side(b)) <= Math.min(...side(a));
}));
const found = {width: innerWidth, overlaps: [], clipped: [], empty: [], small: 99};
document.querySelectorAll("details").forEach(part => part.open = true);
found.page = document.documentElement.scrollWidth;
document.querySelectorAll("figure").forEach(figure => {
  const svg = figure.querySelector("svg"), frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter(text => text.textContent.trim());
  const boxes = texts.map(corners);
  const name = i => texts[i].textContent.trim();
  if (texts.length < 2 || svg.querySelectorAll("path, use, polygon").length < 4) found.empty.push(figure.id);
  boxes.forEach((a, i) => {
    found.small = Math.min(found.small, parseFloat(getComputedStyle(texts[i]).fontSize) * frame.width / svg.viewBox.baseVal.width);
    if (a.some(([x, y]) => x < frame.left - 1 || x > frame.right + 1 || y < frame.top - 1 || y > frame.bottom + 1))
      found.clipped.push(figure.id + ": " + name(i));
    boxes.slice(0, i).forEach((b, k) => { if (!isApart(a, b)) found.overlaps.push(figure.id + ": " + name(k) + " | " + name(i)); });
  });
});
const table = [...document.querySelectorAll("table")].find(one => one.tBodies[0].rows.length > 5);
const column = [...table.tHead.rows[0].cells].findIndex(cell => cell.classList.contains("r"));
const cells = () => [...table.tBodies[0].rows].map(row => row.cells[column].textContent);
const button = table.tHead.rows[0].cells[column].querySelector("button");
button.click();
found.down = cells();
button.click();
found.up = cells();
const out = document.createElement("pre");
out.id = "measured";
out.textContent = JSON.stringify(found);
parent.document.body.append(out);
"""


def leading_number(cell):
    return float(re.match(r"[+-]?[\d.]+", cell.replace("\u2212", "-")).group())


def check_browser(report, scratch):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return False
    text = (report / "index.html").read_text(encoding="utf-8").replace("</body>", f"<script>{MEASURE}</script></body>")
    copy = scratch / "measured.html"
    for width in (400, 1400):
        # A frame, because chromium has no windows below 500 pixels.
        copy.write_text(f'<!DOCTYPE html><meta charset="utf-8"><iframe srcdoc="{html.escape(text)}" '
                        f'style="width: {width}px; height: 3000px; border: 0"></iframe>', encoding="utf-8")
        done = subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
             f"--user-data-dir={scratch}/profile", "--window-size=1500,1000", "--dump-dom", copy.as_uri()],
            capture_output=True, text=True, timeout=120, check=False)
        check(done.returncode == 0, f"chromium ended with {done.returncode}: {done.stderr[-500:]}")
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        check(not console, f"console: {console}")
        measured = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout, re.DOTALL)
        check(measured is not None, "chromium shows the page")
        found = json.loads(html.unescape(measured.group(1)))
        place = f"{report.name} at {width} pixels"
        check(found["width"] == width, f"{place}: the window is {found['width']} wide")
        check(found["page"] <= width, f"{place}: the page is {found['page']} wide")
        check(not found["empty"], f"{place}: empty figures {found['empty']}")
        check(not found["overlaps"], f"{place}: overlapping text {found['overlaps'][:20]}")
        check(not found["clipped"], f"{place}: clipped text {found['clipped'][:20]}")
        check(found["small"] >= 8, f"{place}: text of {found['small']} pixels")
        for key, sign in (("down", -1), ("up", 1)):
            numbers = [sign * leading_number(cell) for cell in found[key] if cell not in ("", "-")]
            check(len(numbers) > 3 and numbers == sorted(numbers), f"{place}: sorted {key}: {found[key]}")
    return True


GATES = """
gates:
  - {id: impossible, quantity: auroc, where: {method: random}, op: '>', threshold: 0.99}
  - {id: trivial, quantity: auroc, where: {method: explanation_knn}, op: '>=', threshold: 0}
  - {id: steady, quantity: seed_sd(auroc), where: {method: explanation_knn}, op: '<', threshold: 0.1}
"""


def fail_runs(result):
    """Mark two runs as failed with a text that would break a page or a plot."""
    with h5py.File(result, "r+") as f:
        for run in (1, 4):
            f["runs/status"][run] = 2
            f["runs/error"][run] = BAD_TEXT.encode()


def spoil(result):
    """Undefined metrics of one method everywhere, and a condition of which no run has finished."""
    with h5py.File(result, "r+") as f:
        methods = list(f["metrics/detection/methods"].asstr()[:])
        values = f["metrics/detection/values"][:]
        values[:, methods.index("aum"), :] = np.nan
        values[0, methods.index("nrg"), :] = np.nan
        f["metrics/detection/values"][...] = values
        place = np.flatnonzero((f["axes/noise.type"].asstr()[:] == "artifact") & (f["axes/noise.rate"].asstr()[:] == "0.3"))
        for run in place:
            f["runs/status"][int(run)] = 2
            f["runs/error"][int(run)] = b"out of memory"


def fail_all(result):
    with h5py.File(result, "r+") as f:
        f["runs/status"][...] = 2


def main():
    with program.scratch("report") as name:
        scratch = pathlib.Path(name)
        result, report = scratch / "small.h5", scratch / "report"
        cache, experiment = scratch / "cache", scratch / "experiment.yaml"
        text = program.SMALL.read_text(encoding="utf-8").replace("noise.rate: [0.2]", "noise.rate: [0.1, 0.2, 0.3]")
        experiment.write_text(text + GATES, encoding="utf-8")
        done = program.run("run", experiment, "-o", result, "--cache", cache)
        check(done.returncode == 3, f"a gate fails: {done.returncode} {done.stderr}")
        _, text = make_report(result, report)
        for gate, mark in (("impossible: fail", "✗"), ("trivial: pass", "✓"), ("steady: undecidable", "?")):
            check(f"<li>{mark} {gate}" in text, f"gate {mark} {gate}")
        check_numbers(result, report)
        check_ranks(report)

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
        for reason in ("No rank plot: it ranks methods over conditions", "No differences between arms: the grid has one arm",
                       "No lines over an axis"):
            check(reason in text, f"one run: {reason}")

        failed = scratch / "failed.h5"
        shutil.copy(result, failed)
        fail_runs(failed)
        _, text = make_report(failed, scratch / "failed")
        check("&lt;script&gt;alert(1)" in text, "shows the message of failed runs")

        bad = scratch / "bad.h5"
        shutil.copy(result, bad)
        spoil(bad)
        _, text = make_report(bad, scratch / "bad")
        check("Without a value, so not drawn: aum." in text, "names the method without a value")
        check("No forest plot for noise.type artifact, noise.rate 0.3" in text, "says what is not drawn")
        check("Left out, because a method lacks a value there: noise.type artifact, noise.rate 0.3" in text, "dropped rank")

        nothing = scratch / "nothing.h5"
        shutil.copy(result, nothing)
        fail_all(nothing)
        _, text = make_report(nothing, scratch / "nothing")
        check("nothing to show yet" in text or "no finished run" in text, "says that no run has finished")

        has_browser = all(check_browser(scratch / name, scratch) for name in ("report", "one", "failed", "bad"))
    if not has_browser:
        program.skip("all but the browser's part passed; that needs chromium")


main()
