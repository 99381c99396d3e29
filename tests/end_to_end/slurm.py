"""A Slurm of two nodes on this machine, with a munge of its own, for tests: daemons, commands, jobs."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

TOOLS = {name: shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
         for name in ("slurmctld", "slurmd", "munged", "sbatch", "scontrol", "scancel", "srun", "squeue")}
NODES = ("n1", "n2")
ENDED = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL")


def is_available():
    return os.geteuid() == 0 and all(TOOLS.values())


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def configuration(folder):
    host = socket.gethostname().split(".")[0]
    controller, *ports = free_ports(1 + len(NODES))
    nodes = "".join(
        f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=32 Boards=1 SocketsPerBoard=1 "
        "CoresPerSocket=32 ThreadsPerCore=1 RealMemory=1000\n" for node, port in zip(NODES, ports))
    return f"""ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
TmpFS={folder}/tmp-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmctldPort={controller}
SlurmdTimeout=6
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
MpiDefault=none
SlurmdParameters=config_overrides
{nodes}PartitionName=main Nodes={",".join(NODES)} Default=YES State=UP
"""


def start_daemons(folder):
    """munged, slurmctld and one slurmd a node in the foreground, by name, so that stop() knows them all."""
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    for name in ("state", *(f"{kind}-{node}" for kind in ("spool", "tmp") for node in NODES)):
        (folder / name).mkdir()
    config = folder / "slurm.conf"
    config.write_text(configuration(folder))
    os.environ["SLURM_CONF"] = str(config)
    commands = {
        "munged": ["--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
                   f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log", f"--seed-file={folder}/munge.seed"],
        "slurmctld": ["-D", "-c", "-f", config],
    } | {f"slurmd {node}": ["-D", "-N", node, "-f", config] for node in NODES}
    daemons = {}
    for name, words in commands.items():
        with open(folder / "daemons.log", "a") as log:
            daemons[name] = subprocess.Popen([TOOLS[name.split()[0]], *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if name in ("munged", "slurmctld"):
            time.sleep(0.5)
    return daemons


def stop(daemons):
    for daemon in reversed(daemons.values()):
        daemon.terminate()
        try:
            daemon.wait(timeout=15)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def lose_node(daemons, node):
    """As if the node had lost its power: its slurmd and everything that runs on it are gone without a word."""
    daemons[f"slurmd {node}"].kill()
    marks = (f"SLURMD_NODENAME={node}".encode(), f"SLURM_CONF={os.environ['SLURM_CONF']}".encode())
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # gone meanwhile
        if all(mark in variables for mark in marks):
            os.kill(int(entry.name), signal.SIGKILL)


def command(tool, *arguments, **options):
    return subprocess.run([TOOLS[tool], *map(str, arguments)], text=True, capture_output=True, timeout=60, check=False,
                          **options)


def job(number):
    """What scontrol knows of a job, such as JobState and Restarts."""
    return dict(re.findall(r"(\S+?)=(\S*)", command("scontrol", "show", "job", number).stdout))


def wait_until(what, condition, deadline_s=90):
    deadline = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.1)


def are_nodes_up():
    return command("scontrol", "show", "node").stdout.count("State=IDLE") == len(NODES)


def hurry(numbers, since):
    """Slurm lets a requeued job rest for two minutes, because for some seconds the node takes it for the one that was
    killed. Less than two minutes will do. `since` remembers when each was first seen waiting. The second start gets half an
    hour more, so that no limit comes near again."""
    for number in numbers:
        facts = job(number)
        if facts.get("JobState") != "PENDING" or facts.get("Restarts", "0") == "0":
            since.pop(number, None)
        elif time.monotonic() - since.setdefault(number, time.monotonic()) > 8:
            command("scontrol", "update", f"JobId={number}", "StartTime=now", "TimeLimit=+30")
            since.pop(number)


def wait_for_end(numbers, deadline_s=150):
    """Wait for jobs and array members, and let requeued ones start again. Gives what is known of each at the end."""
    waiting = {}

    def have_ended():
        hurry(numbers, waiting)
        return all(job(number).get("JobState") in ENDED for number in numbers)

    wait_until(f"the end of jobs {numbers}", have_ended, deadline_s)
    return {number: job(number) for number in numbers}
