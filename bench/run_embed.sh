#!/usr/bin/env bash
# embed_bench and sentence-transformers in turn (A B A B ...) over the first COUNT lines, then medians, the ratio and how
# far the vectors are apart.
#
#     bench/run_embed.sh BUILD_FOLDER MODEL_FOLDER TABLE PYTHON
#
# TABLE: texts in the first column, a heading on the first line. PYTHON is an interpreter that can import
# sentence_transformers. Environment: COUNT (25000), REPEATS (3), THREADS (2), BATCHES ("32 128") of the reference.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
usage="usage: bench/run_embed.sh BUILD_FOLDER MODEL_FOLDER TABLE PYTHON"
build=${1:?$usage} model=${2:?$usage} table=${3:?$usage} python=${4:?$usage}
threads=${THREADS:-2}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk -F'\t' -v count="${COUNT:-25000}" 'NR > 1 && NR <= count + 1 { print $1 }' "$table" >"$work/texts"
for _ in $(seq "${REPEATS:-3}"); do
    "$build/bench/embed_bench" --model "$model" --texts "$work/texts" --threads "$threads" --repeats 1 \
        --out "$work/vectors" >>"$work/ours"
    # shellcheck disable=SC2086
    HF_HUB_OFFLINE=1 "$python" "$here/embed_reference.py" --model "$model" --texts "$work/texts" --threads "$threads" \
        --repeats 1 --batch ${BATCHES:-32 128} --vectors "$work/vectors" >>"$work/reference" 2>"$work/log" ||
        { cat "$work/log" >&2; exit 1; }
done

echo "load average $(cut -d' ' -f1-3 /proc/loadavg)"
"$python" - "$work" <<'END'
import json, statistics, sys

read = lambda name: [json.loads(line) for line in open(f"{sys.argv[1]}/{name}")]
ours, reference = read("ours"), read("reference")
mine, my_processor = (statistics.median(run[key] for run in ours) for key in ("median_s", "processor_s"))
last = reference[-1]
print(f"{ours[0]['rows']} texts, {ours[0]['tokens']} tokens, {ours[0]['threads']} threads; sentence-transformers "
      f"{last['sentence_transformers']}, torch {last['torch']}")
print("| Program | seconds | ratio | processor time, s | ratio |")
print(f"| ablatrix | {mine:.2f} | | {my_processor:.2f} | |")
for batch in last["batches"]:
    seconds = statistics.median(run["batches"][batch]["median_s"] for run in reference)
    processor = statistics.median(run["batches"][batch]["processor_s"] for run in reference)
    print(f"| sentence-transformers, batch {batch} | {seconds:.2f} | {seconds / mine:.2f} | {processor:.2f} | "
          f"{processor / my_processor:.2f} |")
print(f"largest difference {last['max_abs_difference']:.1e}, least cosine 1 - {1 - last['min_cosine']:.1e}")
END
