"""What run_runner.sh measured, as JSON and as the tables of README.md: runner_tables.py LINES OUTPUT LOAD_BEFORE LOAD_AFTER.

A line of LINES is the name of a benchmark, a tab and the JSON object that its program printed.
"""

import collections
import datetime
import json
import os
import platform
import statistics
import sys

SYSTEMS = (("ablatrix_recorded", "ablatrix, with leases, result file and journals"), ("ablatrix", "ablatrix, in memory"),
           ("bare_mpi", "bare MPI"), ("mpi4py_futures", "mpi4py.futures"), ("dask", "Dask"))
VERSIONS = {"mpi": "Open MPI", "mpi4py": "mpi4py", "distributed": "Dask"}


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def collect(lines):
    """Values by (benchmark, ranks, system, figure), in order of appearance, and versions of what took part."""
    values, versions = collections.defaultdict(list), {}
    for line in lines:
        benchmark, text = line.rstrip("\n").split("\t", 1)
        result = json.loads(text)
        versions.update({name: result[key].split(",")[0].removeprefix("Open MPI ")
                         for key, name in VERSIONS.items() if key in result})
        for system, figures in result.items():
            if not isinstance(figures, dict):
                figures = {"": figures}
            for figure, value in figures.items():
                if isinstance(value, (int, float)):
                    values[benchmark, result.get("ranks", 1), system, figure].append(value)
    return values, versions


class Tables:
    def __init__(self, values):
        self.values = values

    def cell(self, *key, show=number):
        """Minimum / median, or a dash where nothing was measured."""
        found = self.values.get(key)
        return f"{show(min(found))} / {show(statistics.median(found))}" if found else "-"

    def counts(self, benchmark):
        return sorted({key[1] for key in self.values if key[0] == benchmark})

    def dispatch(self):
        yield "| Ranks | System | tasks/s | p50, us | p99, us |"
        yield "|---|---|---|---|---|"
        for ranks in self.counts("dispatch"):
            for system, name in SYSTEMS:
                cells = [self.cell("dispatch", ranks, system, figure) for figure in ("tasks_per_s", "p50_us", "p99_us")]
                if cells[0] != "-":
                    yield f"| {ranks} | {name} | {' | '.join(cells)} |"

    def efficiency(self):
        yield "| Workers | Task | Time spent in tasks |"
        yield "|---|---|---|"
        for ranks in self.counts("efficiency"):
            sleep_ms = self.values["efficiency", ranks, "sleep_ms", ""][0]
            share = self.cell("efficiency", ranks, "efficiency", "", show=lambda value: f"{100 * value:.1f}")
            yield f"| {ranks - 1} | {sleep_ms} ms | {share} % |"

    def makespan(self):
        yield "| Workers | Tasks | Real / shortest possible | Real / simulated |"
        yield "|---|---|---|---|"
        for ranks in self.counts("makespan"):
            for system, name in (("skewed", "independent"), ("pipelines", "pipelines")):
                over = [self.cell("makespan", ranks, system, figure, show=lambda value: f"{value:.3f}")
                        for figure in ("over_bound", "over_simulated")]
                yield f"| {ranks - 1} | {name} | {' | '.join(over)} |"

    def resume(self):
        yield "| Step | Processor time, s | Wall clock, s |"
        yield "|---|---|---|"
        for step in ("expand_and_plan", "open_result", "what_remains", "sum"):
            cells = [self.cell("resume", 1, step, figure, show=lambda value: f"{value:.3f}")
                     for figure in ("processor_s", "wall_s")]
            yield f"| {step.replace('_', ' ')} | {' | '.join(cells)} |"
        queue, plan = (self.values["resume", 1, f"{what}_bytes_per_run", ""][0] for what in ("queue", "plan"))
        yield ""
        yield f"Memory a run: {queue} bytes in the scheduler's queue, {plan} in the plan."


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown processor")


def main():
    lines, output, load_before, load_after = sys.argv[1:]
    with open(lines, encoding="utf-8") as file:
        values, versions = collect(file)
    rows = [{"benchmark": benchmark, "ranks": ranks, "system": system, "figure": figure, "min": min(found),
             "median": statistics.median(found), "max": max(found), "values": found}
            for (benchmark, ranks, system, figure), found in values.items()]
    report = {"date": datetime.date.today().isoformat(), "processor": processor(), "cores": os.cpu_count(),
              "system": platform.platform(), "load_before": load_before, "load_after": load_after,
              "versions": versions, "rows": rows}
    with open(output, "w", encoding="utf-8") as file:
        file.write(json.dumps(report, indent=1) + "\n")

    repeats = len(values["resume", 1, "runs", ""])
    kernel = ".".join(platform.release().split(".")[:2])
    made_of = ", ".join([f"{platform.system()} {kernel}"] + [f"{name} {version}" for name, version in versions.items()])
    print(f"Result of {report['date']}, {report['cores']} cores of {report['processor']}, {made_of}; {repeats} repeats in "
          f"turn, minimum / median; load average {load_before} before, {load_after} after.")
    tables = Tables(values)
    for table in (tables.dispatch, tables.efficiency, tables.makespan, tables.resume):
        print()
        print("\n".join(table()))


if __name__ == "__main__":
    main()
