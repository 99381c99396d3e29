"""Stages in a process of their own: a crash, a stage that takes too long and the death of the program itself."""

import os
import pathlib
import re
import resource
import signal
import sys
import time

import program

# Long enough for a signal to meet a stage.
SIZE = ("--set", "data.n_train=280", "--set", "classifier.epochs=30", "--set", "seed=[1, 2]", "--set", "noise.type=uniform")
ISOLATED = ("--set", "execution.isolation=process")
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def children(parent):
    """Processes that run stages for `parent`."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = pathlib.Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()
            words = pathlib.Path("/proc", entry, "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # gone meanwhile
        if int(fields[1]) == parent and b"stage-child" in words:
            found.append(int(entry))
    return found


def wait_until(condition, what, process=None, deadline_s=60):
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end or (process is not None and process.poll() is not None):
            sys.exit(f"in vain: {what}")
        time.sleep(0.002)


with program.scratch("isolation") as folder:
    folder = pathlib.Path(folder)

    def arguments(name, *more):
        return ("run", program.SMALL, "-o", folder / f"{name}.h5", "--cache", folder / f"cache-{name}", *SIZE, *more)

    def artifacts(name):
        return sum(1 for _ in (folder / f"cache-{name}").rglob("*.bundle"))

    def start(name, *more):
        with open(folder / f"{name}.log", "w") as log:
            process = program.start(*arguments(name, *ISOLATED, *more), output=log)
        wait_until(lambda: artifacts(name) > 5 and children(process.pid), "stages in a child", process)
        return process

    def log_of(name):
        return (folder / f"{name}.log").read_text()

    program.run_well(*arguments("undisturbed", "--set", "execution.isolation=none"))

    # One crash: the runs that need the stage fail, the others are done, and the next start makes up for them.
    process = start("crash", "--set", "execution.crash_limit=1")
    while "crashed on rank 0" not in log_of("crash"):
        for child in children(process.pid):
            os.kill(child, signal.SIGSEGV)
        time.sleep(0.1)
        if process.poll() is not None:
            sys.exit(f"no stage was met\n{log_of('crash')}")
    assert process.wait(timeout=120) == 2, log_of("crash")
    status = program.run("status", folder / "crash.h5")
    assert "killed by signal 11 (SIGSEGV)" in " ".join(status.stdout.split()), status.stdout  # its column may be narrow
    done = int(re.search(r"(\d+) of 6 runs done", status.stdout)[1])
    assert 0 < done < 6, status.stdout
    program.run_well(*arguments("crash"))
    program.run_well("diff", folder / "undisturbed.h5", folder / "crash.h5")
    print("a crash failed its runs, exit code 2; afterwards no differences")

    # Too long.
    late = program.run(*arguments("late", "--set", "classifier.epochs=3000", "--only", "seed=1", "--set",
                                  "execution.timeouts={ecg.train: 0.01}"))
    assert late.returncode == 2, late
    assert "took longer than 10 ms and was stopped (execution.timeout)" in late.stderr, late.stderr
    unknown = program.run(*arguments("late", "--set", "execution.timeouts={ecg.trian: 1}"))
    assert unknown.returncode == 1 and "Did you mean 'ecg.train'?" in unknown.stderr, unknown.stderr
    print("a stage was stopped in time")

    # Nobody survives the program.
    process = start("orphan")
    process.kill()
    process.wait()
    wait_until(lambda: not program.session_members(process.pid), "the end of the child")
    print("the child died with its program")

    # By hand it is of no use, and says so.
    alone = program.run("stage-child", "ecg")
    assert alone.returncode == 1 and "for workers" in alone.stderr, alone
