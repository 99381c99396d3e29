"""The archive of scripts/bundle.sh runs from another folder, with the system's copies of what it packs hidden.

Hiding needs root and the right to make mount namespaces; skipped otherwise.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tarfile

import program

ROOT = program.HERE.parent.parent
# What the shell and Python that start the program need themselves.
GLIBC = re.compile(r"(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|nsl|anl|mvec))\.so")
EVERYBODYS = re.compile(r"lib(stdc\+\+|gcc_s|z|crypto|udev|cap|lzma|zstd)\.so")


def torch_folder():
    """Where the program's own libtorch is: what a cluster names with ABLATRIX_TORCH."""
    listing = subprocess.run(["ldd", program.BINARY], text=True, capture_output=True, check=True).stdout
    folder = pathlib.Path(re.search(r"libtorch_cpu\S* => (\S+)", listing).group(1)).parent
    return folder.parent if folder.name == "lib" and (folder.parent / "version.py").exists() else folder


def system_copies(bundle):
    """Files of the system that the bundle has copies of, beside the folder of Open MPI's plugins."""
    names = {file.name for file in (bundle / "lib").iterdir() if not EVERYBODYS.match(file.name)}
    listing = subprocess.run(["ldconfig", "-p"], text=True, capture_output=True, check=True).stdout
    paths = {os.path.realpath(path) for name, path in re.findall(r"^\s*(\S+) .* => (\S+)$", listing, re.M) if name in names}
    return sorted(paths | {os.path.realpath(shutil.which(name)) for name in ("orterun", "orted")})


def hidden(bundle):
    """A shell command that hides them from the commands after it."""
    plugins = subprocess.run(["ompi_info", "--path", "pkglibdir", "--parsable"], text=True, capture_output=True,
                             check=True).stdout.strip().rsplit(":", 1)[1]
    mounts = [f"mount --bind /dev/null {path}" for path in system_copies(bundle)]
    return " && ".join([*mounts, f"mount -t tmpfs none {plugins}", 'exec "$@"'])


def run_hidden(bundle, *words, **extra):
    env = {**program.environment(), "ABLATRIX_TORCH": str(torch_folder()), **extra}
    return subprocess.run(["unshare", "--mount", "sh", "-c", hidden(bundle), "sh", *map(str, words)], env=env, text=True,
                          cwd=bundle.parent, capture_output=True, timeout=300, check=False)


def run_hidden_well(bundle, *words):
    result = run_hidden(bundle, *words)
    assert result.returncode == 0, (words, result.returncode, result.stdout, result.stderr)
    return result.stdout


for tool in ("patchelf", "objdump", "ompi_info", "unshare", "ldconfig"):
    if shutil.which(tool) is None:
        program.skip(f"needs {tool}")
tried = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], text=True, capture_output=True, check=False)
if os.geteuid() != 0 or tried.returncode != 0:
    program.skip(f"needs root and mount namespaces: {tried.stderr.strip()}")

with program.scratch("bundle") as folder:
    folder = pathlib.Path(folder)
    archive = folder / "bundle.tar.gz"
    packed = subprocess.run([ROOT / "scripts" / "bundle.sh", "--program", program.BINARY, "--output", archive], text=True,
                            capture_output=True, check=False)
    assert packed.returncode == 0, packed.stdout + packed.stderr
    assert archive.stat().st_size < 64 << 20, archive.stat().st_size
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    bundle = (folder / "ablatrix-bundle").rename(folder / "moved here")

    # Not one library that is packed comes from elsewhere, and what is not packed is libtorch's or glibc's.
    names = {file.name for file in (bundle / "lib").iterdir()}
    assert not [name for name in names if re.match(r"lib(torch|c10|c|m|pthread)[._]", name)], names
    for file in filter(pathlib.Path.is_file, (bundle / "lib").iterdir()):
        wanted = subprocess.run(["patchelf", "--print-needed", file], text=True, capture_output=True, check=True).stdout
        missing = [name for name in wanted.split() if name not in names and not GLIBC.match(name)]
        assert not missing, f"{file.name} needs {missing}, which nobody brings"
    env = {**os.environ, "LD_LIBRARY_PATH": str(torch_folder() / "lib") + ":" + str(torch_folder())}
    listing = subprocess.run(["ldd", bundle / "libexec" / "ablatrix"], env=env, text=True, capture_output=True,
                             check=True).stdout
    assert "not found" not in listing, listing
    needed = subprocess.run(["patchelf", "--print-needed", bundle / "libexec" / "ablatrix"], text=True,
                            capture_output=True, check=True).stdout.split()
    for name in needed:
        path = re.search(rf"^\s*{re.escape(name)} => (.*) \(", listing, re.M).group(1)
        assert (name in names) == path.startswith(str(bundle)), (name, path)

    # Doctor, and ranks that talk to each other, give what the program in its build folder gives.
    report = run_hidden_well(bundle, bundle / "bin" / "ablatrix", "doctor")
    assert "FAIL" not in report and str(bundle / "bin" / "mpirun") in report, report
    run_hidden_well(bundle, bundle / "bin" / "mpirun", "--oversubscribe", "--bind-to", "none", "-n", 3, "ablatrix", "run",
                    program.SMALL, "-o", folder / "bundle.h5")
    program.run_well("run", program.SMALL, "-o", folder / "here.h5")
    program.run_well("diff", folder / "bundle.h5", folder / "here.h5")

    # A libtorch that is missing or another version is named, before the loader says something obscure.
    start = bundle / "bin" / "ablatrix"
    other = folder / "torch"
    other.mkdir()
    refused = run_hidden(bundle, start, "doctor", ABLATRIX_TORCH=str(other))
    assert refused.returncode == 1 and "which holds no libtorch" in refused.stderr, refused.stderr
    (other / "lib").mkdir()
    library = next(name for name in needed if name.startswith("libtorch"))
    (other / "lib" / library).touch()
    (other / "version.py").write_text("__version__ = '9.8.7+cu999'\n")
    refused = run_hidden(bundle, start, "doctor", ABLATRIX_TORCH=str(other))
    assert refused.returncode == 1 and "is version 9.8.7, but this bundle was built with" in refused.stderr, refused.stderr
    refused = run_hidden(bundle, start, "doctor", ABLATRIX_TORCH="", PYTHON="false")
    assert refused.returncode == 1 and "no libtorch: false has no torch" in refused.stderr, refused.stderr
