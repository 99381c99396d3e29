#!/usr/bin/env bash
# Install the Debian packages that the build, the tests and the examples need. Does nothing when all are there.
set -euo pipefail

packages=(
    g++ cmake ninja-build ccache git pkg-config ca-certificates
    openmpi-bin libopenmpi-dev libhdf5-openmpi-dev
    libtorch-dev libopenblas0-openmp libfaiss-dev libeigen3-dev
    libboost-program-options-dev libboost-math-dev libyaml-cpp-dev libspdlog-dev libfmt-dev nlohmann-json3-dev
    libicu-dev libxxhash-dev librandom123-dev
    libgtest-dev libgmock-dev libbenchmark-dev
    gnuplot-nox iproute2 faketime patchelf
    python3 python3-pip python3-numpy python3-pandas python3-h5py python3-mpi4py
)

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
    echo "usage: scripts/install-dependencies.sh [--list]"
    echo "Installs the packages below with apt-get (with sudo unless you are root); --list only prints them."
    printf '  %s\n' "${packages[@]}"
    exit 0
fi
if [[ ${1:-} == --list ]]; then
    printf '%s\n' "${packages[@]}"
    exit 0
fi
if [[ $# -gt 0 ]]; then
    echo "install-dependencies.sh: unknown argument '$1'. See --help." >&2
    exit 1
fi

if ! command -v dpkg-query >/dev/null; then
    echo "install-dependencies.sh: this is not Debian. Install what corresponds to these packages, then build:" >&2
    printf '  %s\n' "${packages[@]}" >&2
    exit 1
fi

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ $status == installed ]] || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
    echo "All ${#packages[@]} packages are installed."
    exit 0
fi

as_root=()
if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "install-dependencies.sh: neither root nor sudo. Ask your administrator for: ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
