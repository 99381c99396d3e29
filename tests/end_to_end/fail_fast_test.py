"""A grid whose first failures are all alike stops early with the message and its configuration; afterwards nothing is lost."""

import pathlib
import re

import program

RANKS = 3
SEEDS = 12
SIZE = ("--set", "data.n_train=60", "--set", "data.test_rows=40", "--set", "data.synthetic.rows=200", "--set",
        f"seed={list(range(1, SEEDS + 1))}", "--set", "noise.type=uniform", "--only", "ablate=full")
# Each seed trains its own classifier, which never ends in time.
SLOW = ("--set", "classifier.epochs=3000", "--set", "execution.timeouts={ecg.train: 0.02}", "--set", "execution.max_attempts=1")

with program.scratch("fail-fast") as folder:
    folder = pathlib.Path(folder)

    def arguments(name, *more):
        return ("run", program.SMALL, "-o", folder / f"{name}.h5", "--cache", folder / "cache", *SIZE, *more)

    with open(folder / "log", "w") as log:
        process = program.start(*arguments("alike", *SLOW), ranks=RANKS, output=log)
    code = process.wait(timeout=120)
    text = (folder / "log").read_text()
    assert code == 2, f"exit code {code}\n{text}"
    first = re.search(r"error: stage 'ecg.train' of run \d+ \(seed=\d+ noise.type=uniform noise.rate=0.2 ablate=full\) failed on rank "
                      r"\d \(attempt 1 of 1\): took longer than 20 ms", text)
    assert first, text
    stopped = re.search(r"the first 3 failures are alike: stopping early. The last one: stage 'ecg.train' of run \d+ \(seed=", text)
    assert stopped and first.start() < stopped.start(), text
    assert "Stopped early: the first runs failed alike" in text, text
    status = program.run("status", folder / "alike.h5")
    failed = int(re.search(r"(\d+) failed", status.stdout)[1])
    assert 3 <= failed < SEEDS, status.stdout  # those that were under way when the third failed may fail, too
    print(f"stopped after {failed} of {SEEDS} runs, exit code 2")

    regardless = program.run(*arguments("alike", *SLOW, "--set", "execution.fail_fast=0"), ranks=RANKS)
    assert regardless.returncode == 2 and "stopping early" not in regardless.stderr, regardless
    assert f"{SEEDS} failed" in regardless.stderr, regardless.stderr
    print("with fail_fast=0 all were tried")
