"""The Python blocks of docs/result-file.md run, as printed, on a real result file."""

import importlib.util
import pathlib
import re
import subprocess
import sys

import program

DOCUMENT = program.HERE.parent.parent / "docs" / "result-file.md"

for module in ("h5py", "pandas"):
    if importlib.util.find_spec(module) is None:
        program.skip(f"python3-{module} is not installed")

blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
assert blocks, f"no Python block in {DOCUMENT}"

# Blocks build on each other. Checking a checksum needs a package that Debian's example dependencies do not include.
if importlib.util.find_spec("xxhash") is None:
    blocks = [block for block in blocks if "import xxhash" not in block]

with program.scratch("example") as folder:
    result = pathlib.Path(folder) / "result.h5"
    program.run_well("run", program.SMALL, "-o", result)
    # Whatever the example calls its file, it is the one that was just made.
    script, count = re.subn(r"""(['"])[^'"\n]*\.h5\1""", repr(str(result)), "\n".join(blocks))
    assert count >= 1, f"the example opens no .h5 file:\n{script}"
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    assert "self_confidence" in done.stdout, done.stdout
    print(done.stdout)
