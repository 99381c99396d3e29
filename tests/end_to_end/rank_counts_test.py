"""One process and 1, 2 and 4 ranks give bit-identical results, and so does a second run from a warm cache."""

import pathlib

import program

with program.scratch("ranks") as folder:
    folder = pathlib.Path(folder)
    program.run_well("run", program.SMALL, "-o", folder / "alone.h5", "--cache", folder / "cache-alone")
    for ranks in (1, 2, 4):
        result = folder / f"{ranks}.h5"
        program.run_well("run", program.SMALL, "-o", result, "--cache", folder / f"cache-{ranks}", ranks=ranks)
        program.run_well("diff", folder / "alone.h5", result)
        print(f"{ranks} ranks: no differences")
    program.run_well("run", program.SMALL, "-o", folder / "warm.h5", "--cache", folder / "cache-4", ranks=2)
    program.run_well("diff", folder / "alone.h5", folder / "warm.h5")

    # The comparison itself must be able to see a difference.
    program.run_well("run", program.SMALL, "-o", folder / "other.h5", "--cache", folder / "cache-other", "--set",
                     "classifier.learning_rate=0.04")
    different = program.run("diff", folder / "alone.h5", folder / "other.h5")
    assert different.returncode == 2, different
    assert "/columns/detection" in different.stdout, different.stdout[-2000:]

    # More ranks than runs.
    program.run_well("run", program.SMALL, "-o", folder / "one.h5", "--cache", folder / "cache-one", "--only", "seed=1", "--only",
                     "noise.type=uniform", "--only", "ablate=full", ranks=6)
    status = program.run_well("status", folder / "one.h5")
    assert "1 of 1 runs done" in status.stdout, status.stdout
