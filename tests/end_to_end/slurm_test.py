"""A Slurm of one node, started in a scratch folder: slurm/single_node.sbatch stops on its signal, requeues itself, continues.

Needs root and Debian's slurmctld, slurmd, slurm-client and munge; skipped otherwise.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

import program

SCRIPT = program.HERE.parent.parent / "slurm" / "single_node.sbatch"
SIZE = ("--set", "data.n_train=280", "--set", "classifier.epochs=200")
TOOLS = {name: shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
         for name in ("slurmctld", "slurmd", "munged", "sbatch", "scontrol", "scancel")}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configuration(folder):
    host = socket.gethostname().split(".")[0]
    return f"""ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
MpiDefault=none
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 Boards=1 SocketsPerBoard=1 CoresPerSocket=8 ThreadsPerCore=1 RealMemory=1000
PartitionName=main Nodes={host} Default=YES State=UP
"""


def start_daemons(folder):
    """munged, slurmctld and slurmd in the foreground, so that stop() knows them all."""
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    config = folder / "slurm.conf"
    config.write_text(configuration(folder))
    os.environ["SLURM_CONF"] = str(config)
    commands = [
        [TOOLS["munged"], "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
         f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log", f"--seed-file={folder}/munge.seed"],
        [TOOLS["slurmctld"], "-D", "-c", "-f", config],
        [TOOLS["slurmd"], "-D", "-f", config],
    ]
    daemons = []
    for command in commands:
        with open(folder / "daemons.log", "a") as log:
            daemons.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        time.sleep(0.5)
    return daemons


def stop(daemons):
    for daemon in reversed(daemons):
        daemon.terminate()
        try:
            daemon.wait(timeout=15)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def slurm(tool, *arguments, **options):
    return subprocess.run([TOOLS[tool], *map(str, arguments)], text=True, capture_output=True, timeout=60, check=False,
                          **options)


def job(number):
    words = slurm("scontrol", "show", "job", number).stdout.split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def wait_until(what, condition, deadline_s=90):
    deadline = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


def is_idle():
    return "State=IDLE" in slurm("scontrol", "show", "node").stdout


def submit(folder, name):
    environment = program.environment() | {"ABLATRIX": program.BINARY}
    submitted = slurm("sbatch", "--parsable", "--ntasks=3", "--cpus-per-task=1", "--export=ALL", "--output=job.log", SCRIPT,
                      program.SMALL, folder / f"{name}.h5", "--cache", folder / f"cache-{name}", *SIZE,
                      cwd=folder, env=environment)
    assert submitted.returncode == 0, submitted.stderr
    return submitted.stdout.strip().split(";")[0]


def check_requeue(folder):
    program.run_well("run", program.SMALL, "-o", folder / "direct.h5", "--cache", folder / "cache-direct", *SIZE)
    number = submit(folder, "batch")
    wait_until("the first artifact", lambda: any((folder / "cache-batch").rglob("*.bundle")))
    assert slurm("scancel", "--signal=USR1", "--batch", number).returncode == 0
    wait_until("the requeue", lambda: job(number).get("Restarts") == "1" or job(number).get("JobState") == "COMPLETED")
    assert job(number).get("Restarts") == "1", "the job ended before the signal came"
    assert "requeueing to continue" in (folder / "job.log").read_text()

    # Slurm lets a requeued job rest for two minutes, because for some seconds the node takes it for the one that was
    # killed. Less than two minutes will do.
    wait_until("the rest", lambda: job(number).get("JobState") == "PENDING" and is_idle())
    time.sleep(8)
    assert slurm("scontrol", "update", f"JobId={number}", "StartTime=now").returncode == 0
    wait_until("the end", lambda: job(number).get("JobState") in ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT"), 150)
    assert job(number)["JobState"] == "COMPLETED", job(number)
    assert "Continuing 'small'" in (folder / "job.log").read_text()
    program.run_well("diff", folder / "direct.h5", folder / "batch.h5")
    print("stopped by its signal, requeued, continued, no differences")


if os.geteuid() != 0 or not all(TOOLS.values()):
    program.skip("needs root and slurmctld, slurmd, munged and Slurm's commands")

with program.scratch("slurm") as scratch:
    scratch = pathlib.Path(scratch)
    scratch.chmod(0o755)  # munged refuses a socket in a folder that others cannot enter
    started = start_daemons(scratch)
    try:
        if any(daemon.poll() is not None for daemon in started):
            program.skip("Slurm does not start here: " + (scratch / "daemons.log").read_text()[-400:])
        wait_until("an idle node", is_idle)
        check_requeue(scratch)
    except (AssertionError, TimeoutError) as problem:
        logs = "\n".join(f"== {name}\n" + (scratch / name).read_text()[-3000:]
                         for name in ("job.log", "slurmctld.log", "slurmd.log") if (scratch / name).exists())
        sys.exit(f"failed: {problem}\n{logs}")
    finally:
        stop(started)
