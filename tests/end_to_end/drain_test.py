"""SIGUSR1 to mpirun (what a batch script sends before its time limit) drains, and so does a time limit that is near: exit code
75, then the same command continues, and the result is that of an undisturbed run."""

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

    # What would outlast the time limit is not started: one kind of task is made to look as if it took days.
    late = folder / "cache-late" / "costs.tsv"
    late.parent.mkdir()
    late.write_text("ecg.detection_metrics\t1e6\t200\n")
    result = program.run(*arguments("late"), "--walltime", "1h", ranks=RANKS)
    assert result.returncode == 75, f"exit code {result.returncode}\n{result.stderr}"
    assert "The time limit is in 1 h 00 min (--walltime)" in result.stderr, result.stderr
    assert "Stopped early for lack of time" in result.stderr, result.stderr
    late.unlink()
    program.run_well(*arguments("late"), ranks=RANKS)
    program.run_well("diff", folder / "undisturbed.h5", folder / "late.h5")
    print("started nothing that would outlast the time limit, continued, no differences")
