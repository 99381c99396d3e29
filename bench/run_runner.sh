#!/usr/bin/env bash
# All benchmarks of the runner: every program in turn (A B C ... A B C ...), then minimum and median of the repeats as the
# tables of README.md, and every figure as JSON. About three minutes on an idle machine.
#
#     bench/run_runner.sh BUILD_FOLDER OUTPUT.json [DASK_VENV]
#
# DASK_VENV is a virtual environment with Dask ("python3 -m venv V && V/bin/pip install distributed"); without it Dask is
# skipped. Environment: REPEATS (5), TASKS (50000), PEER_TASKS (5000), DASK_TASKS (1000), SLEEPERS (64), SLEEPS (50 tasks
# each), SKEWED_TASKS (400), RUNS (100000), PYTHON (/usr/bin/python3).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
usage="usage: bench/run_runner.sh BUILD_FOLDER OUTPUT.json [DASK_VENV]"
build=${1:?$usage}/bench
output=${2:?$usage}
dask=${3:-}
python=${PYTHON:-/usr/bin/python3}
futures=$("$python" -c 'import mpi4py.futures; print("yes")' 2>/dev/null || true)
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_base_warn_component_unused=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# measure NAME COMMAND...: keep the JSON object that the command prints, under that name.
measure() {
    local name=$1 line
    shift
    line=$("$@" 2>"$folder/stderr") || { cat "$folder/stderr" >&2; echo "failed: $*" >&2; exit 1; }
    printf '%s\t%s\n' "$name" "$line" >>"$folder/lines"
}

ranks() { mpirun --oversubscribe -n "$@"; }

load_before=$(cut -d' ' -f1-3 /proc/loadavg)
"$build/resume_bench" "$folder/resume.h5" "${RUNS:-100000}"
for _ in $(seq "${REPEATS:-5}"); do
    for count in 2 3; do
        measure dispatch ranks "$count" "$build/dispatch_bench" --tasks "${TASKS:-50000}" --folder "$folder"
        [ -z "$futures" ] || measure dispatch ranks "$count" "$python" -m mpi4py.futures "$here/mpi4py_futures.py" \
            --tasks "${PEER_TASKS:-5000}"
    done
    [ -z "$dask" ] || measure dispatch "$dask/bin/python" "$here/dask_futures.py" --tasks "${DASK_TASKS:-1000}"
    measure efficiency mpirun -n 2 --bind-to none "$build/dispatch_bench" --tasks 200 --sleep-ms 10
    measure efficiency ranks "$((${SLEEPERS:-64} + 1))" "$build/dispatch_bench" \
        --tasks "$((${SLEEPERS:-64} * ${SLEEPS:-50}))" --sleep-ms 50
    measure makespan ranks 17 "$build/makespan_bench" --tasks "${SKEWED_TASKS:-400}"
    measure resume "$build/resume_bench" "$folder/resume.h5" "${RUNS:-100000}"
done
"$python" "$here/runner_tables.py" "$folder/lines" "$output" "$load_before" "$(cut -d' ' -f1-3 /proc/loadavg)"
[ -n "$futures" ] || echo "mpi4py.futures was skipped: $python cannot import it." >&2
[ -n "$dask" ] || echo "Dask was skipped: no virtual environment was given." >&2
