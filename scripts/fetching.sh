# What the fetch scripts share; sourced, not run. Exit codes: 1 usage or damaged files, 3 the download failed.
# shellcheck shell=bash

# shellcheck disable=SC2034  # for those who source this
readonly cannot_download=3

fail() {
    echo "${0##*/}: $1" >&2
    exit "${2:-1}"
}

has_sha256() { # FILE HASH
    [[ -f $1 ]] && echo "$2  $1" | sha256sum --check --status -
}

# The name of a Python that has pip, made in a throw-away environment if the system's has none.
python_with_pip() { # FOLDER
    if python3 -m pip --version >/dev/null 2>&1; then
        echo python3
    elif python3 -m venv "$1/venv" >/dev/null 2>&1; then
        echo "$1/venv/bin/python3"
    else
        fail "python3 has neither pip nor venv. On Debian: apt-get install python3-pip"
    fi
}

# One file of a package into FOLDER, without what the package depends on and without installing anything.
pip_download() { # PYTHON FOLDER REQUIREMENT OPTION...
    "$1" -m pip download --quiet --disable-pip-version-check --retries 2 --timeout 20 --no-deps --no-cache-dir \
        --dest "$2" "${@:4}" "$3"
}

require_python3() {
    command -v python3 >/dev/null || fail "python3 is not installed. On Debian: apt-get install python3 python3-pip"
}

# Reads [--from FILE] WHAT [FOLDER] into the variables from, what and folder; help and mistakes end the script, which
# defines usage.
# shellcheck disable=SC2034  # for those who source this
read_arguments() {
    what="" folder="" from=""
    while (($# > 0)); do
        case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --from)
            (($# >= 2)) || fail "--from needs a file. Try --help"
            from=$2
            shift
            ;;
        -*) fail "unknown option $1. Try --help" ;;
        *)
            if [[ -z $what ]]; then
                what=$1
            elif [[ -z $folder ]]; then
                folder=$1
            else
                fail "too many arguments. Try --help"
            fi
            ;;
        esac
        shift
    done
    if [[ -z $what ]]; then
        usage >&2
        exit 1
    fi
}
