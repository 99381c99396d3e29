"""The disk under the result, the cache or the journals is full: path and reason are said, nothing half-written is read, and with
more space the same command completes."""

import contextlib
import pathlib
import subprocess

from tiny_grid import expect, expect_complete, program, run


@contextlib.contextmanager
def small_disk(place, size):
    place.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True, check=False)
    if mounted.returncode != 0:
        program.skip("mounting needs root")
    try:
        yield lambda larger: subprocess.run(["mount", "-o", f"remount,size={larger}", place], check=True)
    finally:
        subprocess.run(["umount", "-l", place], check=False)


with program.scratch("full-disk") as scratch:
    folder = pathlib.Path(scratch)
    good = folder / "good.h5"
    expect(run(good, folder / "cache").returncode == 0, "the undisturbed run failed")

    with small_disk(folder / "results", "64k") as grow:
        result = folder / "results" / "result.h5"
        refused = run(result, folder / "cache-results")
        expect(refused.returncode == 1 and f"cannot create result file '{result}'" in refused.stderr and
               "free" in refused.stderr, refused.returncode, refused.stderr)
        expect(not list(result.parent.iterdir()), "left behind:", *result.parent.iterdir())
        grow("64m")
        expect_complete(result, folder / "cache-results", good)
        print("result: refused with path and space, completed with more")

    with small_disk(folder / "cache-small", "300k") as grow:
        result, cache = folder / "result.h5", folder / "cache-small"
        stopped = run(result, cache)
        expect(stopped.returncode == 2 and f"cannot write to '{cache}/tmp' (No space left on device" in stopped.stderr,
               stopped.returncode, stopped.stderr)
        expect(not list((cache / "tmp").iterdir()), "left behind:", *(cache / "tmp").iterdir())
        program.run_well("cache", "verify", cache)
        grow("64m")
        expect_complete(result, cache, good)
        print("cache: failed with path and reason, completed with more")

    with small_disk(folder / "journaled.h5.journal", "40k") as grow:
        result, cache = folder / "journaled.h5", folder / "cache-journaled"
        stopped = run(result, cache)
        expect(stopped.returncode in (1, 2) and f"journal '{result}.journal/" in stopped.stderr and
               "No space left on device" in stopped.stderr, stopped.returncode, stopped.stderr)
        grow("64m")
        expect_complete(result, cache, good)
        result.unlink()
        program.run_well("rebuild", result)
        program.run_well("diff", good, result)
        print("journals: failed with path and reason, completed with more, and give back every row")
