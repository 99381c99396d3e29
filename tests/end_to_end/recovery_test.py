"""Ranks that die under `mpirun --enable-recovery`: the others go on, and the result is that of an undisturbed run."""

import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import time

import program

version = subprocess.run([program.MPIRUN, "--version"], capture_output=True, text=True, check=False).stdout
if not re.search(r"\((Open MPI|OpenRTE)\) 4\.", version):  # mpiexec calls itself OpenRTE
    program.skip("needs mpirun of Open MPI 4, whose --enable-recovery lets a job go on without a rank")

SIZE = ("--set", "data.n_train=280", "--set", "classifier.epochs=20", "--set", "seed=[1]", "--set", "noise.type=uniform")
MPIRUN = (program.MPIRUN, "--enable-recovery", "--oversubscribe", "--bind-to", "none", "-n", "4")
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def ranks_of(session):
    """Process ids by rank of a job whose launcher leads `session`."""
    ranks = {}
    for pid in program.session_members(session):
        try:
            words = pathlib.Path("/proc", str(pid), "cmdline").read_bytes().split(b"\0")
            variables = pathlib.Path("/proc", str(pid), "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # gone meanwhile
        if b"run" not in words[1:2]:
            continue
        for variable in variables:
            if variable.startswith(b"OMPI_COMM_WORLD_RANK="):
                ranks[int(variable.split(b"=")[1])] = pid
    return ranks


def wait_until(condition, what, job=None, deadline_s=60):
    end = time.monotonic() + deadline_s
    while not condition():
        ended = job is not None and job.process.poll() is not None
        if ended or time.monotonic() > end:
            sys.exit(f"in vain: {what}\n{job.log() if job else ''}")
        time.sleep(0.005)


class Job:
    """A grid on four ranks of which some are to die."""

    def __init__(self, name, *more):
        self.result = folder / f"{name}.h5"
        self.cache = folder / f"cache-{name}"
        self.arguments = ("run", program.SMALL, "-o", self.result, "--cache", self.cache, *SIZE)
        self.log_file = folder / f"{name}.log"
        with open(self.log_file, "w") as log:
            self.process = subprocess.Popen([*MPIRUN, program.BINARY, *map(str, self.arguments), *more],
                                            env=program.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        wait_until(lambda: self.artifacts() > 5 and len(ranks_of(self.process.pid)) == 4, "stages that run", self)
        self.ranks = ranks_of(self.process.pid)

    def log(self):
        return self.log_file.read_text()

    def artifacts(self):
        return sum(1 for _ in self.cache.rglob("*.bundle"))

    def signal(self, rank, what=signal.SIGKILL):
        os.kill(self.ranks[rank], what)

    def end(self):
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            program.kill_session(self.process)
            sys.exit(f"the job does not end\n{self.log()}")
        left = program.session_members(self.process.pid)
        assert not left, f"processes {left} outlive their job\n{self.log()}"

    def compare(self):
        """All runs are there, and every one of them is as it should be."""
        program.run_well("status", self.result)
        program.run_well("verify", self.result)
        program.run_well("diff", undisturbed, self.result)

    def complete(self):
        program.run_well(*self.arguments)
        self.compare()


with program.scratch("recovery") as folder:
    folder = pathlib.Path(folder)
    undisturbed = folder / "undisturbed.h5"
    program.run_well("run", program.SMALL, "-o", undisturbed, "--cache", folder / "cache", *SIZE)

    # Nobody dies.
    job = Job("calm")
    job.end()
    assert "lost" not in job.log() and "3 of 3 runs done" in job.log(), job.log()
    job.compare()
    print("nobody was lost, and all left in order")

    # One worker, then another; stages in children and in the workers themselves.
    for isolation in ("process", "none"):
        job = Job(isolation, "--set", f"execution.isolation={isolation}")
        job.signal(2)
        wait_until(lambda: "2 workers go on" in job.log(), "the loss to be noticed", job)
        if isolation == "process":
            job.signal(1)
        job.end()
        text = job.log()
        assert re.search(rf"lost: rank 2 \(host \S+, process {job.ranks[2]}\) has died", text), text
        expected = "2 workers were lost" if isolation == "process" else "1 worker was lost"
        assert "3 of 3 runs done" in text and expected in text, text
        job.compare()
        print(f"isolation {isolation}: the others took over, no differences")

    # A worker that stops answering is given up, and leaves when it hears of it.
    # Whatever it was at: there is enough to do for the others to outlast its lease.
    job = Job("silent", "--set", "execution.lease=1", "--set", "classifier.epochs=100", "--set", "seed=[1, 2, 3]")
    job.signal(3, signal.SIGSTOP)
    wait_until(lambda: "has given no sign of life for 1.0 s" in job.log(), "the silence to be noticed", job)
    job.signal(3, signal.SIGCONT)
    wait_until(lambda: job.ranks[3] not in ranks_of(job.process.pid).values(), "the end of who was given up")
    job.end()
    assert re.search(r"ablatrix: the coordinator .*\(on rank 3\)", job.log()), job.log()
    assert "9 of 9 runs done" in job.log(), job.log()
    program.run_well("verify", job.result)
    print("a silent worker was given up and left")

    # A stage that kills worker after worker fails its own run only.
    poisoned = subprocess.run([*MPIRUN, os.environ["ABLATRIX_POISONED_GRID"], folder], env=program.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    assert "2 done, 1 failed, 2 workers lost, complete" in poisoned.stdout, poisoned
    assert "run 1: stage 'fake_scores' failed: its worker was lost 2 times" in poisoned.stdout, poisoned
    print("a poisoned stage cost two workers and one run")

    # No worker is left.
    job = Job("alone")
    for rank in (1, 2, 3):
        job.signal(rank)
    job.end()
    assert "no worker is left" in job.log() and "The same command continues." in job.log(), job.log()
    assert program.run("status", job.result).returncode == 75
    program.run_well("verify", job.result)
    job.complete()
    print("without workers the coordinator stopped; the next start completed the grid")

    # The coordinator dies.
    job = Job("headless")
    job.signal(0)
    start = time.monotonic()
    job.end()
    assert time.monotonic() - start < 20, job.log()
    for rank in (1, 2, 3):
        assert re.search(rf"the coordinator, rank 0 .* has died.*\(on rank {rank}\)", job.log()), job.log()
    job.complete()
    print("without coordinator the workers left; the next start completed the grid")
