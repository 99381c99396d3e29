#!/usr/bin/env bash
# Pack the program with the libraries that it needs into one relocatable archive. See --help.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/bundle.sh [--program build/release/ablatrix] [--output ablatrix-bundle.tar.gz]

Writes an archive that runs anywhere below any folder, without root: the program, Open MPI with its launcher, parallel
HDF5, Faiss with its BLAS, and all else that is linked, except glibc and libtorch. libtorch (with its CUDA and BLAS) is
the cluster's: it must have the version that the program was built with. Build against the wheel that the cluster has:

    cmake --preset release -DABLATRIX_TORCH=$(python3 -c 'import torch; print(*torch.__path__)')
    ninja -C build/release ablatrix && scripts/bundle.sh

On the cluster: tar xf ablatrix-bundle.tar.gz && ablatrix-bundle/bin/ablatrix doctor
libtorch is taken from ${ABLATRIX_TORCH} (site-packages/torch, or any folder with lib/libtorch.so), else from the Python
that ${PYTHON:-python3} starts. docs/cluster.md tells more.

Needs patchelf, binutils and ldd. Exit codes: 0 written, 1 something is missing.
TEXT
}

fail() {
    echo "bundle.sh: $*" >&2
    exit 1
}

program=build/release/ablatrix
output=ablatrix-bundle.tar.gz
while (($#)); do
    case $1 in
        --program) program=${2:?--program needs a file} && shift 2 ;;
        --output) output=${2:?--output needs a file} && shift 2 ;;
        -h | --help) usage && exit 0 ;;
        *) fail "unknown argument '$1'. See --help" ;;
    esac
done
for tool in patchelf objdump ldd tar; do
    command -v "$tool" >/dev/null || fail "$tool is missing. On Debian: apt-get install patchelf binutils"
done
[[ -x $program ]] || fail "$program is not there. Build it, or name it with --program"

# Open MPI says where it was installed; its parts keep their places relative to one another.
mpi_path() { ompi_info --path "$1" --parsable | sed -n "s/^path:$1://p" | head -1; }
command -v ompi_info >/dev/null || fail "ompi_info is missing: only Open MPI can be packed. On Debian: apt-get install openmpi-bin"
mpi_prefix=$(mpi_path prefix)
mpi_plugins=$(mpi_path pkglibdir)
mpi_texts=$(mpi_path pkgdatadir)
mpi_config=$(mpi_path sysconfdir)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/ablatrix-bundle
mkdir -p "$root"/{bin,lib,libexec,etc}

# What is never packed: glibc, which belongs to the kernel's side, and libtorch with what it brings along.
is_system() { [[ $1 =~ ^(ld-linux.*|libc|libm|libdl|librt|libpthread|libresolv|libutil|libnsl|libanl|libmvec|libBrokenLocale)\.so(\..*)?$ ]]; }
is_torch() { [[ $1 =~ ^(libtorch.*|libc10.*|libcaffe2.*|libshm|libcu(da|dnn|blas|fft|file|pti|rand|solver|sparse|tensor).*|libnv.*|libnccl.*|libkineto.*)\.so(\..*)?$ ]]; }

needed() { patchelf --print-needed "$1"; }

# Where the dynamic loader finds each library: of the program, and of the plugins that it opens.
declare -A place=()
learn_places() {
    local name path
    while read -r name path; do
        [[ -n ${place[$name]:-} ]] || place[$name]=$path
    done < <(ldd "$1" 2>/dev/null | sed -n 's/^\s*\(\S*\) => \(\/\S*\) .*/\1 \2/p')
}

# Copies what a file needs, and what that needs, into lib/.
pack_needs() {
    local name
    while read -r name; do
        { is_system "$name" || is_torch "$name" || [[ -e $root/lib/$name ]]; } && continue
        [[ -n ${place[$name]:-} ]] || fail "$name, which $1 needs, was not found"
        cp -L "${place[$name]}" "$root/lib/$name"
        pack_needs "$root/lib/$name"
    done < <(needed "$1")
}

pack_file() {  # FILE TARGET
    learn_places "$1"
    mkdir -p "$(dirname "$2")"
    cp -L "$1" "$2"
    pack_needs "$2"
}

pack_file "$program" "$root/libexec/ablatrix"

# Open MPI: launcher, daemon, and the plugins that need nothing exotic. Those for fast networks use the cluster's drivers;
# without their libraries they are skipped when they are opened.
pack_file "$(readlink -f "$(command -v orterun)")" "$root/libexec/mpi/bin/orterun"
pack_file "$(command -v orted)" "$root/libexec/mpi/bin/orted"
ln -s orterun "$root/libexec/mpi/bin/mpirun"
relative_plugins=${mpi_plugins#"$mpi_prefix"/}
for plugin in "$mpi_plugins"/mca_*.so; do
    case $(basename "$plugin") in
        *_ofi.so | *_ucx.so | *_psm*.so | *_openib.so | *_usnic.so | *_verbs*.so | *_monitoring.so | *_java*.so) continue ;;
    esac
    pack_file "$plugin" "$root/libexec/mpi/$relative_plugins/$(basename "$plugin")"
done
mkdir -p "$root/libexec/mpi/${mpi_texts#"$mpi_prefix"/}"
cp "$mpi_texts"/help-*.txt "$root/libexec/mpi/${mpi_texts#"$mpi_prefix"/}"
cp -L "$mpi_config"/openmpi-mca-params.conf "$mpi_config"/openmpi-default-hostfile "$root/etc" 2>/dev/null || true

# Plugins of PMIx, where Open MPI uses one that is installed by itself.
if [[ -n ${place[libpmix.so.2]:-} ]]; then
    pmix_plugins=$(dirname "$(readlink -f "${place[libpmix.so.2]}")")/pmix
    for plugin in "$pmix_plugins"/*.so; do
        [[ -e $plugin ]] && pack_file "$plugin" "$root/libexec/pmix/lib/pmix/$(basename "$plugin")"
    done
fi

# Every file looks into the bundle first. RPATH, not RUNPATH: on clusters LD_LIBRARY_PATH is full of other MPIs and HDF5s.
# libtorch alone comes from the folder that the launcher appends.
while IFS= read -r file; do
    [[ -L $file ]] && continue
    patchelf --force-rpath --set-rpath "\$ORIGIN/$(realpath --relative-to="$(dirname "$file")" "$root/lib")" "$file"
done < <(find "$root/lib" "$root/libexec" -type f \( -name '*.so*' -o -perm -100 \))

# Which libtorch: its version and the names of its libraries that the program asks for.
torch_library=$(needed "$program" | grep '^libtorch' | head -1)
[[ -n $torch_library ]] || fail "$program needs no libtorch"
learn_places "$program"
[[ -n ${place[$torch_library]:-} ]] || fail "$program does not find its $torch_library"
torch_folder=$(dirname "$(readlink -f "${place[$torch_library]}")")
version=unknown
if [[ -f $torch_folder/../version.py ]]; then
    version=$(sed -n "s/^__version__ = ['\"]\([0-9.]*\).*/\1/p" "$torch_folder/../version.py" | head -1)
elif [[ -f /usr/include/torch/csrc/api/include/torch/version.h ]]; then
    version=$(sed -n 's/^#define TORCH_VERSION_\(MAJOR\|MINOR\|PATCH\) \([0-9]*\).*/\2/p' \
        /usr/include/torch/csrc/api/include/torch/version.h | paste -sd.)
fi
glibc=$({ find "$root/lib" "$root/libexec" -type f -exec objdump -T {} + 2>/dev/null || true; } | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -1)
cat >"$root/needs" <<TEXT
torch_version=$version
torch_library=$torch_library
glibc=${glibc#GLIBC_}
mpi_prefix=libexec/mpi
TEXT

cat >"$root/bin/ablatrix" <<'TEXT'
#!/bin/sh
# Start the program beside this file with the libtorch of this machine. ABLATRIX_TORCH names its folder, site-packages/torch.
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd) || exit 1
. "$root/bin/environment"
exec "$root/libexec/ablatrix" "$@"
TEXT
cat >"$root/bin/mpirun" <<'TEXT'
#!/bin/sh
# Open MPI's mpirun out of this bundle. Ranks are started with bin/ablatrix: mpirun -n 4 ablatrix run E.yaml -o R.h5
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd) || exit 1
. "$root/bin/environment"
exec "$root/libexec/mpi/bin/orterun" --prefix "$root/libexec/mpi" "$@"
TEXT
cat >"$root/bin/environment" <<'TEXT'
# Read by the launchers: finds libtorch, tells Open MPI where it lies now. Expects $root.
. "$root/needs"
stop() { echo "ablatrix: $*" >&2; exit 1; }
if [ -z "${ABLATRIX_TORCH:-}" ]; then
    ABLATRIX_TORCH=$("${PYTHON:-python3}" -c 'import os, importlib.util as u; print(os.path.dirname(u.find_spec("torch").origin))' \
        2>/dev/null) || stop "no libtorch: ${PYTHON:-python3} has no torch. Load the module or environment that has it, or set ABLATRIX_TORCH to its site-packages/torch"
fi
torch_lib=$ABLATRIX_TORCH/lib
[ -e "$torch_lib/$torch_library" ] || torch_lib=$ABLATRIX_TORCH
[ -e "$torch_lib/$torch_library" ] || stop "ABLATRIX_TORCH is $ABLATRIX_TORCH, which holds no $torch_library. Name the folder of libtorch $torch_version"
if [ -f "$ABLATRIX_TORCH/version.py" ]; then
    found=$(sed -n "s/^__version__ = ['\"]\([0-9.]*\).*/\1/p" "$ABLATRIX_TORCH/version.py" | head -1)
    case $torch_version in
        unknown | "$found") ;;
        *) stop "$ABLATRIX_TORCH is version $found, but this bundle was built with $torch_version, and C++ programs need the same one. Use that, or build a bundle with $found" ;;
    esac
fi
for folder in "$ABLATRIX_TORCH"/../nvidia/*/lib; do
    [ -d "$folder" ] && torch_lib=$torch_lib:$folder
done
export ABLATRIX_TORCH
PATH=$root/bin:$PATH
LD_LIBRARY_PATH=$torch_lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
OPAL_PREFIX=$root/$mpi_prefix
PMIX_INSTALL_PREFIX=$root/libexec/pmix
OPAL_SYSCONFDIR=$root/etc
export PATH LD_LIBRARY_PATH OPAL_PREFIX PMIX_INSTALL_PREFIX OPAL_SYSCONFDIR
TEXT
chmod +x "$root/bin/ablatrix" "$root/bin/mpirun"

case $output in
    *.zst) tar -C "$work" --owner=0 --group=0 -I 'zstd -19 -T0' -cf "$output" ablatrix-bundle ;;
    *) tar -C "$work" --owner=0 --group=0 -cf - ablatrix-bundle | gzip -6 >"$output" ;;
esac
size=$(stat -c %s "$output")
echo "$output: $((size / 1048576)) MiB; needs libtorch $version and glibc ${glibc#GLIBC_} or newer"
((size < 64 * 1048576)) || fail "$output is larger than 64 MiB"
