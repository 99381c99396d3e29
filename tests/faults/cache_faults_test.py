"""Artifacts that cannot be read, are damaged or vanish are made again; two experiments share one cache at the same time."""

import pathlib
import random
import shutil
import time

from tiny_grid import RANKS, expect, expect_complete, program, run, words


def artifacts(cache):
    return sorted((cache / "artifacts").rglob("*.bundle"))


def flip_bit(path, numbers):
    data = bytearray(path.read_bytes())
    data[numbers.randrange(len(data))] ^= 1 << numbers.randrange(8)
    path.write_bytes(data)


with program.scratch("cache-faults") as scratch:
    folder = pathlib.Path(scratch)
    good, cache = folder / "good.h5", folder / "cache"
    expect(run(good, cache).returncode == 0, "the undisturbed run failed")

    # Every third artifact has a flipped bit somewhere, another third is a folder, as unreadable as can be even for root.
    numbers = random.Random(20261123)
    for i, path in enumerate(artifacts(cache)):
        if i % 3 == 0:
            flip_bit(path, numbers)
        if i % 3 == 1:
            path.unlink()
            path.mkdir()
            (path / "file").touch()
    expect_complete(folder / "damaged.h5", cache, good)
    expect(any((cache / "damaged").iterdir()), "nothing was set aside")
    print("flipped bits and unreadable artifacts: made again")

    # The whole cache goes while stages run.
    cache = folder / "cache-removed"
    result = folder / "removed.h5"
    with open(folder / "log", "w") as log:
        process = program.start(*words(result, cache), ranks=RANKS, output=log)
    deadline = time.monotonic() + 60
    while len(artifacts(cache)) < 10 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    shutil.rmtree(cache, ignore_errors=True)
    code = process.wait(timeout=100)
    text = (folder / "log").read_text()
    expect(code in (0, 2) and (code == 0 or str(cache) in text), code, text)
    expect_complete(result, cache, good)
    print(f"the cache was removed during a run (exit code {code}): completed")

    # At once, into one new cache: half of the work is the same.
    other = ("--set", "classifier.epochs=2")
    expect(run(folder / "good-other.h5", folder / "cache-other", *other).returncode == 0, "the other undisturbed run failed")
    cache = folder / "cache-shared"
    both = [program.start(*words(folder / "one.h5", cache), ranks=RANKS),
            program.start(*words(folder / "two.h5", cache, *other), ranks=RANKS)]
    codes = [process.wait(timeout=100) for process in both]
    expect(codes == [0, 0], codes)
    program.run_well("diff", good, folder / "one.h5")
    program.run_well("diff", folder / "good-other.h5", folder / "two.h5")
    expect(not list((cache / "tmp").iterdir()) and not list((cache / "damaged").iterdir()), "left behind in the cache")
    print("two experiments at once in one cache: no differences")
