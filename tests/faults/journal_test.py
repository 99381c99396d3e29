"""The HDF5 file is deleted, cut, damaged, its writers killed, its disk full: the journals give back every finished row.

Caches are thrown away in between, so that a row that comes back can only have come from a journal.
"""

import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "end_to_end"))
import program  # noqa: E402

RANKS = 3


def run_grid(result, *more, ranks=RANKS):
    cache = result.parent / f"cache-{random.getrandbits(64):x}"
    outcome = program.run("run", program.SMALL, "-o", result, "--cache", cache, *more, ranks=ranks)
    shutil.rmtree(cache, ignore_errors=True)
    return outcome


def expect(condition, *facts):
    if not condition:
        sys.exit("\n".join(str(fact) for fact in facts))


def expect_equal(good, result):
    program.run_well("diff", good, result)


def expect_nothing_to_do(result):
    again = run_grid(result, ranks=None)
    expect(again.returncode == 0 and "tasks: 0 made" in again.stderr, again.stderr)


def deleted(good, result):
    result.unlink()
    refused = run_grid(result, ranks=None)
    expect(refused.returncode == 1 and f"ablatrix rebuild {result}" in refused.stderr, refused.stderr)
    expect(not result.exists(), "a refused run has left a result file")
    expect(program.run("verify", result).returncode == 2, "verify does not miss the file")

    program.run_well("rebuild", result)

    expect_equal(good, result)
    expect_nothing_to_do(result)


def cut(good, result):
    with open(result, "r+b") as file:
        file.truncate(30_000)
    refused = run_grid(result, ranks=None)
    expect(refused.returncode == 1 and "ablatrix rebuild" in refused.stderr, refused.stderr)

    rebuilt = program.run_well("rebuild", result)

    expect("kept as" in rebuilt.stdout and pathlib.Path(f"{result}.damaged").exists(), rebuilt.stdout)
    expect_equal(good, result)
    pathlib.Path(f"{result}.damaged").unlink()


def flipped_bits(good, result):
    """Of rows: a run repairs them. Of names and settings: the file is refused, and rebuilt."""
    h5py = __import__("h5py")
    random.seed(20261123)
    with h5py.File(result, "r+") as file:
        for name in ("metrics/detection/values", "items/detection/values", "items/test/values", "items/test/clean",
                     "curves/detection/roc", "runs/status", "columns/detection/checksum"):
            place = file[name].id.get_offset()
            size = file[name].id.get_storage_size()
            for _ in range(3):
                at = place + random.randrange(size)
                with open(result, "r+b") as raw:
                    raw.seek(at)
                    byte = raw.read(1)[0]
                    raw.seek(at)
                    raw.write(bytes([byte ^ 1 << random.randrange(8)]))
    verified = program.run("verify", result)
    expect(verified.returncode == 2 and "its checksum does not match" in verified.stdout, verified.stdout)

    repaired = run_grid(result)

    expect(repaired.returncode == 0 and "Taken from the journals" in repaired.stderr, repaired.stderr)
    expect("tasks: 0 made" in repaired.stderr, repaired.stderr)
    expect_equal(good, result)
    program.run_well("verify", result)

    with h5py.File(result, "r") as file:
        place = file["axes/seed"].id.get_offset()
    with open(result, "r+b") as raw:
        raw.seek(place)
        raw.write(b"9")
    refused = program.run("summarize", result)
    expect(refused.returncode == 1 and "do not match their checksum" in refused.stderr, refused.stderr)
    program.run_well("rebuild", result)
    expect_equal(good, result)


def damaged_journal(good, result):
    """Costs the rows that were hit, which the next run makes again."""
    largest = max(pathlib.Path(f"{result}.journal").glob("rank-*.log"), key=lambda path: path.stat().st_size)
    with open(largest, "r+b") as raw:
        raw.seek(largest.stat().st_size // 2)
        raw.write(b"damage")
    result.unlink()

    rebuilt = program.run("rebuild", result)

    expect(rebuilt.returncode == 2 and "Damaged journal" in rebuilt.stdout, rebuilt.stdout)
    completed = run_grid(result)
    expect(completed.returncode == 0, completed.stderr)
    expect_equal(good, result)


def packed(good, result):
    small = result.with_name("packed.h5")
    said = program.run_well("pack", result, "-o", small)
    expect(re.search(r"\(\d+ %\)", said.stdout), said.stdout)
    expect_equal(good, small)
    for command in ("verify", "summarize", "status"):
        program.run_well(command, small)
    refused = run_grid(small, ranks=None)
    expect(refused.returncode == 1 and "it is packed" in refused.stderr, refused.stderr)
    program.run_well("verify", result, "--remove-journals")
    expect(not pathlib.Path(f"{result}.journal").exists(), "journals are still there")
    program.run_well("pack", result, "--replace")
    expect_equal(good, result)


def killed(good, result):
    """status --watch notices that nobody writes any more; what lies in the journals is enough to continue elsewhere."""
    unfinished = result.with_name("killed.h5")
    words = ("run", program.SMALL, "-o", unfinished, "--cache", result.parent / "cache-killed")
    process = program.start(*words, ranks=RANKS)
    journals = pathlib.Path(f"{unfinished}.journal")
    while process.poll() is None and not any(journals.glob("rank-*.log")):
        time.sleep(0.001)
    program.kill_session(process)
    watched = program.run("status", unfinished, "--watch", "--interval", "1")
    if "18 of 18 runs done" not in watched.stdout:
        expect(watched.returncode == 75 and "Nobody is writing" in watched.stdout, watched.stdout)
    expect(program.run("replay", unfinished, "17").returncode in (0, 1), "replay of a run that is not done")

    elsewhere = result.with_name("elsewhere.h5")
    program.run_well("rebuild", unfinished, "-o", elsewhere)
    completed = run_grid(elsewhere)
    expect(completed.returncode == 0, completed.stderr)
    expect_equal(good, elsewhere)


def replayed(good, result):
    equal = program.run_well("replay", good, "4")
    expect("equal: run 4" in equal.stdout, equal.stdout)
    h5py = __import__("h5py")
    changed = result.with_name("changed.h5")
    shutil.copy(good, changed)
    with h5py.File(changed, "r+") as file:
        column = file["columns/detection/index"][4, 0]
        file["items/detection/values"][column, 3] += 1e-9
    different = program.run("replay", changed, "4")
    expect(different.returncode == 2 and "values[3]" in different.stdout, different.stdout)


def full_disk(good, folder):
    mount = folder / "small"
    mount.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", mount], capture_output=True,
                             check=False)
    if mounted.returncode != 0:
        print("full disk: SKIPPED, mounting needs root")
        return
    try:
        result = mount / "result.h5"
        cache = folder / "cache-full"
        words = ("run", program.SMALL, "-o", result, "--cache", cache)
        stopped = program.run(*words, ranks=RANKS)
        expect(stopped.returncode == 2 and "No space left on device" in stopped.stderr, stopped.returncode,
               stopped.stderr)
        subprocess.run(["mount", "-o", "remount,size=64m", mount], check=True)
        completed = program.run(*words, ranks=RANKS)
        expect(completed.returncode == 0, completed.stderr)
        expect("Damaged journal" not in completed.stderr, completed.stderr)
        expect_equal(good, result)
        result.unlink()
        program.run_well("rebuild", result)
        expect_equal(good, result)
    finally:
        subprocess.run(["umount", "-l", mount], check=False)
    print("full disk: resumed, no differences")


with program.scratch("journal") as scratch:
    folder = pathlib.Path(scratch)
    result, good = folder / "result.h5", folder / "good.h5"
    first = run_grid(result)
    expect(first.returncode == 0, first.stderr)
    shutil.copy(result, good)
    program.run_well("verify", result)
    try:
        import h5py  # noqa: F401
        steps = (deleted, cut, flipped_bits, damaged_journal, killed, replayed, packed)
    except ImportError:
        print("flipped bits: SKIPPED, python3 with h5py is needed")
        steps = (deleted, cut, damaged_journal, killed, packed)
    for step in steps:
        step(good, result)
        print(f"{step.__name__}: no differences", flush=True)
    full_disk(good, folder)
