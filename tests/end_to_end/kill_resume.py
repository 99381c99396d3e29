"""kill -9 of mpirun and all ranks at ten random moments; the same command then completes, bit-identical."""

import pathlib
import random
import time

import program

KILLS = 10
RANKS = 3
# More work than the small grid has, so that most moments fall into it.
SIZE = ("--set", "data.n_train=280", "--set", "classifier.epochs=10")


def wait_for(result, process, deadline_s=60):
    """Seconds until the result file exists (or the program has ended)."""
    began = time.monotonic()
    while not result.exists() and process.poll() is None and time.monotonic() - began < deadline_s:
        time.sleep(0.002)
    return time.monotonic() - began


def progress_of(result):
    if not result.exists():
        return "no result file yet"
    status = program.run("status", result)
    assert status.returncode in (0, 75), f"the file does not open after the kill: {status.stderr}"
    return next(line for line in status.stdout.splitlines() if "runs done" in line).split("  ")[-1].strip()


with program.scratch("kill") as folder:
    folder = pathlib.Path(folder)

    def arguments(name):
        return ("run", program.SMALL, "-o", folder / f"{name}.h5", "--cache", folder / f"cache-{name}", *SIZE)

    with open(folder / "log", "w") as log:
        process = program.start(*arguments("undisturbed"), ranks=RANKS, output=log)
    start_s = wait_for(folder / "undisturbed.h5", process)
    began = time.monotonic()
    assert process.wait() == 0, (folder / "log").read_text()
    work_s = time.monotonic() - began
    print(f"undisturbed: {start_s:.2f} s to start, {work_s:.2f} s of work")

    moments = random.Random(20240607)
    for kill in range(KILLS):
        result = folder / f"{kill}.h5"
        process = program.start(*arguments(kill), ranks=RANKS)
        # One in five moments falls into the start, the others into the work.
        if kill % 5 == 0:
            time.sleep(start_s * moments.random())
        else:
            wait_for(result, process)
            time.sleep(work_s * moments.random())
        program.kill_session(process)
        progress = progress_of(result)
        program.run_well(*arguments(kill), ranks=RANKS)
        program.run_well("diff", folder / "undisturbed.h5", result)
        print(f"kill {kill}: {progress}; resumed, no differences", flush=True)
