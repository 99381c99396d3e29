#!/usr/bin/env bash
# Install packages, build everything, run every test. Arguments go to ctest: scripts/test.sh -L unit
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
    cat <<'TEXT'
usage: scripts/test.sh [CTEST ARGUMENTS]

Installs missing packages, builds everything in build/release and runs the tests; examples:
  scripts/test.sh                 all tests
  scripts/test.sh -L end_to_end   only those that run the program
  scripts/test.sh -R Ranking      only tests with that name
TEXT
    exit 0
fi

scripts/install-dependencies.sh

cores=$(nproc)
cmake --preset release
ninja -C build/release -j "$cores"
if [[ $(id -u) -eq 0 ]]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
ctest --test-dir build/release --output-on-failure --no-tests=error -j "$cores" "$@"
