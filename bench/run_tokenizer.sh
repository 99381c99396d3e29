#!/usr/bin/env bash
# tokenizer_bench and Hugging Face's tokenizers in turn (A B A B ...), then medians and ratios as the table of README.md.
#
#     bench/run_tokenizer.sh BUILD_FOLDER MODEL_FOLDER LINES PYTHON
#
# PYTHON is an interpreter that can import tokenizers. Environment: REPEATS (5), THREADS (2).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
usage="usage: bench/run_tokenizer.sh BUILD_FOLDER MODEL_FOLDER LINES PYTHON"
build=${1:?$usage} folder=${2:?$usage} lines=${3:?$usage} python=${4:?$usage}
results=$(mktemp)
trap 'rm -f "$results"' EXIT

for _ in $(seq "${REPEATS:-5}"); do
    for threads in 1 "${THREADS:-2}"; do
        for offsets in "" --offsets; do
            "$build/bench/tokenizer_bench" "$folder" "$lines" --threads "$threads" $offsets >>"$results"
            "$python" "$here/tokenizer_reference.py" "$folder" "$lines" "$threads" $offsets >>"$results"
        done
    done
done

echo "load average $(cut -d' ' -f1-3 /proc/loadavg)"
"$python" - "$results" <<'END'
import collections, json, statistics, sys

calls = collections.defaultdict(list)
for line in open(sys.argv[1]):
    run = json.loads(line)
    key = run["threads"], run["offsets"], run["system"]
    calls[key].append(run["seconds"])
    texts = run["texts"]
print(f"{texts} texts; medians of {len(calls[key])} processes, sentences/s of the first call / of the second")
for threads, offsets in sorted({key[:2] for key in calls}):
    first = {}
    for system in ("ablatrix", "tokenizers"):
        seconds = calls[threads, offsets, system]
        first[system], second = (statistics.median(run[call] for run in seconds) for call in (0, 1))
        print(f"{threads} threads, {'with' if offsets else 'without'} offsets: {system:10} "
              f"{texts / first[system]:9,.0f} / {texts / second:9,.0f}")
    pairs = zip(calls[threads, offsets, "tokenizers"], calls[threads, offsets, "ablatrix"])
    ratios = [theirs[0] / ours[0] for theirs, ours in pairs]
    print(f"    ratio of neighbours: median {statistics.median(ratios):.1f}, lowest {min(ratios):.1f}")
END
