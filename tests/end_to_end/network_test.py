"""One grid over three hosts: network namespaces on a bridge, entered by the launch agent that mpirun is given.

The result is that of one process. When a host is cut off and its ranks are killed, nothing that was finished is made again.
Needs root, iproute2 and the right to make namespaces; skipped otherwise.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time

import program

try:
    import h5py
except ImportError:
    program.skip("needs h5py")

HOSTS = ("ablx-a", "ablx-b", "ablx-c")
BRIDGE = "ablx-bridge"
SUBNET = "10.213.77"
SIZE = ("--set", "seed=[1,2,3,4,5,6,7,8]", "--set", "classifier.epochs=20")
RUNS = 48
IP = shutil.which("ip", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def ip(*words, check=True):
    return subprocess.run([IP, *words], text=True, capture_output=True, check=check, timeout=30)


def build_network():
    """A namespace a host, each with a cable to one bridge. The bridge itself has no address: hosts see each other only."""
    ip("link", "add", BRIDGE, "type", "bridge")
    ip("link", "set", BRIDGE, "up")
    for number, host in enumerate(HOSTS, 1):
        ip("netns", "add", host)
        ip("link", "add", f"{host}0", "type", "veth", "peer", "name", "eth0", "netns", host)
        ip("link", "set", f"{host}0", "master", BRIDGE, "up")
        for words in (("addr", "add", f"{SUBNET}.{number}/24", "dev", "eth0"), ("link", "set", "eth0", "up"),
                      ("link", "set", "lo", "up")):
            ip("-n", host, *words)


def kill_all_on(host):
    pids = ip("netns", "pids", host, check=False).stdout.split()
    if pids:
        subprocess.run(["kill", "-9", *pids], check=False, capture_output=True)
    return len(pids)


def remove_network():
    for host in HOSTS:
        kill_all_on(host)
        ip("netns", "del", host, check=False)
        ip("link", "del", f"{host}0", check=False)
    ip("link", "del", BRIDGE, check=False)


class Hosts:
    def __init__(self, folder):
        self.folder = folder
        names = "".join(f"{SUBNET}.{number} {host}\n" for number, host in enumerate(HOSTS, 1))
        (folder / "hosts").write_text("127.0.0.1 localhost\n" + names)
        # What ssh would do: go to the host and run the words there. A namespace keeps the host's name and names its
        # neighbours in files of its own, so both are put in place.
        (folder / "enter").write_text(f"""#!/bin/bash
host=$1
shift
exec {IP} netns exec "$host" unshare --mount --uts bash -c '
    hostname "$1"; mount --bind {folder}/hosts /etc/hosts; shift; eval "$*"' enter "$host" "$@"
""")
        (folder / "enter").chmod(0o755)

    def mpirun(self, *arguments):
        """Words that start a rank on the first host for the coordinator, and one a host for the work."""
        slots = ",".join(f"{host}:{2 if host == HOSTS[0] else 1}" for host in HOSTS)
        words = [program.MPIRUN, "--host", slots, "-n", str(len(HOSTS) + 1), "--bind-to", "none", "--oversubscribe",
                 "--mca", "plm", "rsh", "--mca", "plm_rsh_agent", self.folder / "enter", "--mca", "plm_rsh_no_tree_spawn", "1",
                 "--mca", "btl", "self,tcp", "--mca", "btl_tcp_if_include", "eth0", "--mca", "oob_tcp_if_include", "eth0",
                 "-x", "OMP_NUM_THREADS", program.BINARY, *arguments]
        return [self.folder / "enter", HOSTS[0], *words]

    def start(self, *arguments, output):
        return subprocess.Popen(list(map(str, self.mpirun(*arguments))), env=program.environment(), stdin=subprocess.DEVNULL,
                                stdout=output, stderr=subprocess.STDOUT, start_new_session=True)

    def run(self, *arguments):
        with open(self.folder / "log", "w") as log:
            process = self.start(*arguments, output=log)
            try:
                status = process.wait(timeout=150)
            except subprocess.TimeoutExpired:
                program.kill_session(process)
                raise
        return status, (self.folder / "log").read_text()


def cut_off(host):
    """The cable is pulled and the host's processes are gone."""
    ip("-n", host, "link", "set", "eth0", "down")
    assert kill_all_on(host) > 0, f"nothing ran on {host}"


def plug_in(host):
    ip("-n", host, "link", "set", "eth0", "up")


def artifacts(cache):
    """The file of each artifact: one that is made again is another file that takes the name over."""
    return {path.name: path.stat().st_ino for path in cache.rglob("*.bundle")}


def finished_runs(result):
    """When each finished run started; none while there is no file."""
    try:
        with h5py.File(result, locking=False) as file:
            runs = file["runs"]
            return {int(run): float(runs["start_s"][run]) for run in (runs["status"][:] == 1).nonzero()[0]}
    except (OSError, KeyError):  # not there, or being made
        return {}


def check_grid_across_hosts(hosts, folder):
    program.run_well("run", program.SMALL, "-o", folder / "one.h5", "--cache", folder / "cache-one", *SIZE)
    status, log = hosts.run("run", program.SMALL, "-o", folder / "many.h5", "--cache", folder / "cache-many", *SIZE)
    assert status == 0, f"exit code {status}\n{log}"
    table = [line.split() for line in log.splitlines() if len(line.split()) > 3 and line.split()[1] in HOSTS]
    assert [row[1] for row in table] == [HOSTS[0], *HOSTS], log
    program.run_well("diff", folder / "one.h5", folder / "many.h5")
    print("a grid over three hosts: no differences from one process")


def check_lost_host(hosts, folder, name):
    """Whether the host was cut off before the grid was done."""
    result, cache = folder / f"{name}.h5", folder / f"cache-{name}"
    arguments = ("run", program.SMALL, "-o", result, "--cache", cache, *SIZE)
    with open(folder / "log", "w") as log:
        process = hosts.start(*arguments, output=log)
        deadline = time.monotonic() + 90
        while not finished_runs(result) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if process.poll() == 0:
            return False
        cut_off(HOSTS[2])
        try:
            status = process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            status = None  # mpirun cannot tell a silent host from a slow one
            program.kill_session(process)
    for host in HOSTS:
        kill_all_on(host)
    plug_in(HOSTS[2])
    before, runs_before = artifacts(cache), finished_runs(result)
    assert runs_before, (folder / "log").read_text()
    if len(runs_before) == RUNS:
        return False
    assert status != 0, (folder / "log").read_text()

    status, log = hosts.run(*arguments)
    assert status == 0, f"exit code {status}\n{log}"
    after, runs_after = artifacts(cache), finished_runs(result)
    made_again = [name for name, file in before.items() if after.get(name) != file]
    assert not made_again, f"made again: {made_again}"
    assert runs_before.items() <= runs_after.items(), (runs_before, runs_after)
    program.run_well("diff", folder / "one.h5", result)
    print(f"a host was cut off after {len(runs_before)} runs; continued, nothing was made twice, no differences")
    return True


if os.geteuid() != 0 or IP is None or shutil.which("unshare") is None:
    program.skip("needs root, iproute2 and unshare")
remove_network()  # what a killed test left behind
try:
    build_network()
except subprocess.CalledProcessError as refused:
    remove_network()
    program.skip(f"network namespaces cannot be made here: {refused.stderr.strip()}")
try:
    with program.scratch("network") as scratch:
        scratch = pathlib.Path(scratch)
        cluster = Hosts(scratch)
        check_grid_across_hosts(cluster, scratch)
        # Runs end close together: on a busy machine the cut may come too late.
        if not any(check_lost_host(cluster, scratch, f"lost{attempt}") for attempt in range(4)):
            sys.exit("failed: the grid was always done before the host was cut off")
finally:
    remove_network()
