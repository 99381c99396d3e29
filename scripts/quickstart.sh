#!/usr/bin/env bash
# From a fresh clone to a table: install packages, build, run a small grid under mpirun, show what it says.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
    cat <<'TEXT'
usage: scripts/quickstart.sh [--build-only]

Installs missing packages (scripts/install-dependencies.sh), builds build/release/ablatrix, runs configs/quickstart.yaml
under mpirun into results/quickstart.h5 and prints the summary. Safe to run again: what is done is not done twice.
TEXT
    exit 0
fi

scripts/install-dependencies.sh

cores=$(nproc)
cmake --preset release
ninja -C build/release -j "$cores" ablatrix
[[ ${1:-} == --build-only ]] && exit 0

# One rank coordinates and sleeps most of the time, the others work.
ranks=$((cores < 8 ? cores + 1 : 9))
if [[ $(id -u) -eq 0 ]]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
mkdir -p results
mpirun --oversubscribe --bind-to none -n "$ranks" build/release/ablatrix run configs/quickstart.yaml -o results/quickstart.h5
