"""The clock jumps by a day while a grid runs, back and forth, and between two starts: results and resuming do not care."""

import pathlib
import shutil
import subprocess
import time

from tiny_grid import RANKS, expect, expect_complete, program, run, words

LIBRARIES = [*pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), *pathlib.Path("/usr/lib").glob("faketime/libfaketime.so.1")]
if not LIBRARIES:
    program.skip("the package faketime is not installed")


def start(folder, result, offset):
    """Offsets are read anew at every look at the clock; the monotonic clock of a machine does not jump."""
    env = program.environment()
    env.update(LD_PRELOAD=str(LIBRARIES[0]), FAKETIME_TIMESTAMP_FILE=str(folder / "offset"), FAKETIME_NO_CACHE="1",
               FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1")
    (folder / "offset").write_text(offset)
    with open(folder / "log", "w") as log:
        return subprocess.Popen(program.command(words(result, folder / "cache"), RANKS), env=env, stdin=subprocess.DEVNULL,
                                stdout=log, stderr=log, start_new_session=True)


def artifacts(folder):
    return sum(1 for _ in (folder / "cache").rglob("*.bundle"))


def wait_for_artifacts(folder, process, count):
    deadline = time.monotonic() + 60
    while artifacts(folder) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)


with program.scratch("clock") as scratch:
    folder = pathlib.Path(scratch)
    good = folder / "good.h5"
    expect(run(good, folder / "cache-good").returncode == 0, "the undisturbed run failed")

    result = folder / "result.h5"
    process = start(folder, result, "+1d")
    wait_for_artifacts(folder, process, 8)
    (folder / "offset").write_text("-1d")
    wait_for_artifacts(folder, process, 20)
    (folder / "offset").write_text("+2d")
    code = process.wait(timeout=100)
    expect(code == 0, code, (folder / "log").read_text())
    program.run_well("diff", good, result)
    print("the clock jumped during a run: no differences")

    # A start in the future is killed, the next one is in the past.
    result.unlink()
    shutil.rmtree(f"{result}.journal")
    shutil.rmtree(folder / "cache")
    process = start(folder, result, "+400d")
    wait_for_artifacts(folder, process, 20)
    program.kill_session(process)
    expect_complete(result, folder / "cache", good)
    print("a start in the future was killed: completed in the present, no differences")
