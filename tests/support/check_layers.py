#!/usr/bin/env python3
"""Check that modules include only lower layers, and that public headers stay light.

Usage: check_layers.py [repository]      exit 0 when all is well, 1 with one line per offence

Two modules of one layer do not include each other, unless SAME_LAYER says so.
"""
import re
import sys
from pathlib import Path

# The layers of docs/design: lowest first. src/app and the jobs come last.
LAYERS = [
    {"base"},
    {"config", "cluster", "mpi", "h5"},
    {"grid", "store", "stats", "data", "text", "search"},
    {"nn", "plan"},
    {"sched"},
    {"report"},
    {"jobs"},
    {"app"},
]
LEVEL = {module: level for level, modules in enumerate(LAYERS) for module in modules}
# Neighbours within a layer that CMake links as well: (who, whom).
SAME_LAYER = {("h5", "mpi")}
# Headers that only sources may include: they cost seconds in every file that sees them.
HEAVY = re.compile(
    r"(torch/|ATen/|c10/|faiss/|hdf5|H5|mpi\.h$|yaml-cpp/|boost/|Eigen/|nlohmann/|spdlog/|fmt/|Random123/|xxhash|unicode/|sndfile)"
)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def module_of_file(path):
    """Module that the file at this repository path belongs to, or None when it is free to include anything."""
    parts = path.parts
    if parts[:2] == ("include", "ablatrix"):
        return parts[2]
    return {"src": parts[1], "jobs": "jobs"}.get(parts[0])


def module_of_include(name):
    parts = name.split("/")
    if parts[0] == "ablatrix" and len(parts) > 2:
        return parts[1]
    return "jobs" if parts[0] == "jobs" else None


def offences(root):
    files = [f for top in ("include", "src", "jobs") for f in sorted((root / top).rglob("*")) if f.suffix in (".hpp", ".cpp")]
    if not files:
        yield f"{root}: no sources found"
    for file in files:
        path = file.relative_to(root)
        module = module_of_file(path)
        if module not in LEVEL:
            yield f"{path}: module '{module}' has no layer. Add it to {Path(__file__).name}"
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            bracket, name = found.groups()
            problem = check(path, module, bracket, name)
            if problem:
                yield f"{path}:{number}: {problem}"


def check(path, module, bracket, name):
    """What is wrong with this include, or None."""
    if path.parts[0] == "include" and HEAVY.match(name):
        return f"a public header includes the heavy <{name}>. Move it to the source"
    other = module_of_include(name)
    if bracket == '"' and other is None and ".." in name.split("/"):
        return f'"{name}" climbs out of its folder. Include the public header of that module'
    if other is None or other == module or (module, other) in SAME_LAYER:
        return None
    if other not in LEVEL:
        return f"<{name}> belongs to no known module"
    if LEVEL[other] > LEVEL[module]:
        return f"{module} includes the higher layer {other} (<{name}>)"
    if LEVEL[other] == LEVEL[module]:
        return f"{module} includes {other} of its own layer (<{name}>)"
    return None


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(offences(root))
    print("\n".join(found) if found else "layers hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
