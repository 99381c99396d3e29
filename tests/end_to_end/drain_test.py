"""SIGUSR1 to mpirun (what a batch script sends before its time limit) drains: exit code 75, then the same command
continues, and the result is that of an undisturbed run."""

import pathlib
import signal
import time

import program

RANKS = 3
SIZE = ("--set", "data.n_train=280", "--set", "classifier.epochs=30")

with program.scratch("drain") as folder:
    folder = pathlib.Path(folder)

    def arguments(name):
        return ("run", program.SMALL, "-o", folder / f"{name}.h5", "--cache", folder / f"cache-{name}", *SIZE)

    program.run_well(*arguments("undisturbed"), ranks=RANKS)
    with open(folder / "log", "w") as log:
        process = program.start(*arguments("drained"), ranks=RANKS, output=log)
    # The grid is running as soon as the first artifact is there.
    deadline = time.monotonic() + 60
    while not any((folder / "cache-drained").rglob("*.bundle")) and time.monotonic() < deadline:
        assert process.poll() is None, (folder / "log").read_text()
        time.sleep(0.005)
    process.send_signal(signal.SIGUSR1)
    status = process.wait(timeout=60)
    text = (folder / "log").read_text()
    assert status == 75, f"exit code {status}\n{text}"
    assert "the same command continues" in text, text

    program.run_well(*arguments("drained"), ranks=RANKS)
    program.run_well("diff", folder / "undisturbed.h5", folder / "drained.h5")
    print("stopped early with exit code 75, continued, no differences")
