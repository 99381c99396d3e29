#!/usr/bin/env bash
# Dispatch benchmark: ours and mpi4py.futures in turn (A B A B ...), then minimum and median of the repeats.
#
#     bench/run_dispatch.sh [BUILD_FOLDER] [OUTPUT.json]
#
# Environment: REPEATS (5), RANKS ("2 3"), TASKS (100000), PEER_TASKS (5000), PYTHON (/usr/bin/python3).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../build/release}
output=${2:-}
python=${PYTHON:-/usr/bin/python3}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_base_warn_component_unused=0
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

load_before=$(cut -d' ' -f1-3 /proc/loadavg)
for _ in $(seq "${REPEATS:-5}"); do
    for ranks in ${RANKS:-2 3}; do
        mpirun --oversubscribe -n "$ranks" "$build/bench/dispatch_bench" --tasks "${TASKS:-100000}" >>"$lines"
        mpirun --oversubscribe -n "$ranks" "$python" -m mpi4py.futures "$here/mpi4py_futures.py" \
            --tasks "${PEER_TASKS:-5000}" >>"$lines"
    done
done
load_after=$(cut -d' ' -f1-3 /proc/loadavg)

"$python" - "$lines" "$output" "$load_before" "$load_after" <<'PYTHON'
import collections
import json
import os
import platform
import statistics
import sys

lines, output, load_before, load_after = sys.argv[1:]
values = collections.defaultdict(list)
versions = {}
for line in open(lines, encoding="utf-8"):
    result = json.loads(line)
    versions.update({key: result[key] for key in ("mpi", "mpi4py") if key in result})
    for system in ("ablatrix", "bare_mpi", "mpi4py_futures"):
        for name, value in result.get(system, {}).items():
            values[result["ranks"], system, name].append(value)

rows = [{"ranks": ranks, "system": system, "figure": name, "min": min(found), "median": statistics.median(found),
         "max": max(found), "repeats": len(found)} for (ranks, system, name), found in sorted(values.items())]
report = {"cores": os.cpu_count(), "system": platform.platform(), "load_before": load_before,
          "load_after": load_after, "versions": versions, "rows": rows}
print(f"{report['cores']} cores, load average {load_before} before and {load_after} after, {versions}", file=sys.stderr)
for row in rows:
    print(f"{row['ranks']} ranks  {row['system']:<15} {row['figure']:<12} min {row['min']:>12,.2f}   "
          f"median {row['median']:>12,.2f}", file=sys.stderr)
text = json.dumps(report, indent=1)
if output:
    with open(output, "w", encoding="utf-8") as file:
        file.write(text + "\n")
else:
    print(text)
PYTHON
