#!/usr/bin/env bash
# Fine-tuning side by side: finetune_bench and transformers' Trainer in turn, on the same rows in the same batches from the
# same classifier. Prints examples/s (minimum / median / maximum of the repeats) and how far the losses of the steps are
# apart without dropout; keeps every figure as JSON.
#
#     bench/run_finetune.sh BUILD_FOLDER MODEL_FOLDER SST2_TRAIN_TSV PYTHON OUTPUT.json
#
# PYTHON has transformers and accelerate. Environment: COUNT (2048 rows), REPEATS (3), THREADS (2), SAME (512 rows of the
# comparison of losses).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
usage="usage: bench/run_finetune.sh BUILD_FOLDER MODEL_FOLDER SST2_TRAIN_TSV PYTHON OUTPUT.json"
bench=${1:?$usage}/bench/finetune_bench
model=${2:?$usage}
rows=${3:?$usage}
python=${4:?$usage}
output=${5:?$usage}
threads=${THREADS:-2}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false

ours() {  # NAME COUNT DROPOUT
    "$bench" --model "$model" --rows "$rows" --folder "$folder/run" --count "$2" --dropout "$3" --threads "$threads" \
        >>"$folder/$1.ours"
}

theirs() {  # NAME DROPOUT
    "$python" "$here/finetune_reference.py" "$folder/run" --dropout "$2" --threads "$threads" \
        >>"$folder/$1.theirs" 2>"$folder/stderr" || { cat "$folder/stderr" >&2; exit 1; }
}

ours same "${SAME:-512}" 0
theirs same 0
for _ in $(seq "${REPEATS:-3}"); do
    ours timed "${COUNT:-2048}" 1
    theirs timed 1
done

"$python" - "$folder" "$output" <<'END'
import json
import pathlib
import statistics
import sys

folder, output = pathlib.Path(sys.argv[1]), sys.argv[2]
runs = {name: [json.loads(line) for line in (folder / name).read_text().splitlines()]
        for name in ("same.ours", "same.theirs", "timed.ours", "timed.theirs")}
ours, theirs = (runs[f"same.{who}"][0]["losses"] for who in ("ours", "theirs"))
away = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
print(f"Without dropout, {len(ours)} steps: losses at most {away:.2g} apart (first {ours[0]:.6f}, last {ours[-1]:.6f})")
medians = {}
for who in ("ours", "theirs"):
    speeds = [run["examples_per_s"] for run in runs[f"timed.{who}"]]
    medians[who] = statistics.median(speeds)
    processor = statistics.median(run["processor_s"] / run["examples"] * 1000 for run in runs[f"timed.{who}"])
    print(f"{runs[f'timed.{who}'][0]['program']}: {min(speeds):.1f} / {medians[who]:.1f} / {max(speeds):.1f} examples/s, "
          f"{processor:.1f} ms of processor time each (median)")
print(f"Ratio of the medians: {medians['ours'] / medians['theirs']:.2f}")
load = pathlib.Path("/proc/loadavg").read_text().split()[:3]
print(f"Load average at the end: {' '.join(load)}")
pathlib.Path(output).write_text(json.dumps(runs | {"load": load}, indent=1) + "\n")
END
