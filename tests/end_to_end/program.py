"""Run the real program from tests: with and without mpirun, in a scratch folder."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

SKIPPED = 77  # CTest's SKIP_RETURN_CODE
HERE = pathlib.Path(__file__).resolve().parent
SMALL = HERE / "small.yaml"
BINARY = os.environ["ABLATRIX_BINARY"]
MPIRUN = os.environ.get("ABLATRIX_MPIRUN", "mpirun")


def environment():
    env = dict(os.environ)
    env.update(OMP_NUM_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    return env


def command(arguments, ranks=None):
    words = [BINARY, *map(str, arguments)]
    if ranks is not None:
        words = [MPIRUN, "--oversubscribe", "--bind-to", "none", "-n", str(ranks), *words]
    return words


def run(*arguments, ranks=None, cwd=None, timeout=120, **options):
    """Result with returncode, stdout and stderr as text."""
    return subprocess.run(command(arguments, ranks), cwd=cwd, env=environment(), timeout=timeout, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False, **options)


def run_well(*arguments, **options):
    """Like run(), but anything except exit code 0 ends the test with the program's own words."""
    result = run(*arguments, **options)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))} ended with {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result


def start(*arguments, ranks=None, cwd=None, output=None):
    """Start in a session of its own, so that kill_session() finds every process of it."""
    return subprocess.Popen(command(arguments, ranks), cwd=cwd, env=environment(), stdin=subprocess.DEVNULL,
                            stdout=output or subprocess.DEVNULL, stderr=subprocess.STDOUT if output else subprocess.DEVNULL,
                            start_new_session=True)


def session_members(session):
    members = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = pathlib.Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # gone meanwhile
        if int(fields[3]) == session and fields[0] != "Z":
            members.append(int(entry))
    return members


def kill_session(process):
    """kill -9 for the launcher and all ranks: Open MPI puts each rank into a process group of its own."""
    deadline = time.monotonic() + 30
    while members := session_members(process.pid):
        for pid in members:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if time.monotonic() > deadline:
            sys.exit(f"processes {members} survive SIGKILL")
        time.sleep(0.01)
    process.wait()


def scratch(prefix):
    return tempfile.TemporaryDirectory(prefix=f"ablatrix-{prefix}-")


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(SKIPPED)
