"""The scripts of slurm/ and `ablatrix submit` with a Slurm of two nodes that runs in a scratch folder.

Needs root and Debian's slurmctld, slurmd, slurm-client and munge; skipped otherwise.
"""

import pathlib
import subprocess
import sys

import program
import slurm

SCRIPTS = program.HERE.parent.parent / "slurm"
SIZE = ("--set", "data.n_train=280", "--set", "classifier.epochs=60")
QUICK = ("--only", "seed=1", "--only", "seed=2")

# In place of the program: the first start waits for the signal that Slurm sends and stops; the second is the real one.
WAITS_FOR_SIGNAL = """#!/bin/bash
if [[ ${SLURM_RESTART_COUNT:-0} == 0 ]]; then
    trap 'echo "rank got the signal"; exit 75' USR1
    echo "rank waits"
    for _ in {1..600}; do sleep 0.1; done
    exit 9
fi
exec "$REAL_ABLATRIX" "$@"
"""
# The second member of an array stops early in its first start.
STOPS_ONCE = """#!/bin/bash
[[ ${SLURM_RESTART_COUNT:-0} == 0 && $SLURM_ARRAY_TASK_ID == 1 ]] && exit 75
exec "$REAL_ABLATRIX" "$@"
"""


class Cluster:
    def __init__(self, folder):
        self.folder = folder

    def program_in_place(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def environment(self, binary=program.BINARY, **variables):
        return program.environment() | {"ABLATRIX": str(binary), "REAL_ABLATRIX": program.BINARY,
                                        "ABLATRIX_SLURM": str(SCRIPTS)} | variables

    def submit(self, name, options, script, *arguments, **environment):
        """Job id; its output goes to NAME.log."""
        submitted = slurm.command("sbatch", "--parsable", "--cpus-per-task=1", f"--output={name}.log", *options,
                                  SCRIPTS / script, *arguments, cwd=self.folder, env=self.environment(**environment))
        assert submitted.returncode == 0, submitted.stderr
        return submitted.stdout.strip().split(";")[0]

    def log(self, name):
        path = self.folder / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def result(self, name):
        return (self.folder / f"{name}.h5", "--cache", self.folder / f"cache-{name}")

    def same(self, a, b):
        program.run_well("diff", self.folder / f"{a}.h5", self.folder / f"{b}.h5")


def submit_single(cluster):
    return cluster.submit("single", ("--nodelist=n1", "--ntasks=3"), "single_node.sbatch", program.SMALL,
                          *cluster.result("single"), *SIZE)


def stop_single(cluster, number):
    slurm.wait_until("the first artifact", lambda: any((cluster.folder / "cache-single").rglob("*.bundle")))
    assert slurm.command("scancel", "--signal=USR1", "--batch", number).returncode == 0


def check_single(cluster, facts):
    log = cluster.log("single")
    assert facts["JobState"] == "COMPLETED" and facts["Restarts"] == "1", facts
    assert "requeueing" in log and "Continuing 'small'" in log, log
    assert "The time limit is in 3 h 59 min" in log or "The time limit is in 4 h 00 min" in log, log
    cluster.same("single", "direct")
    print("one node: stopped by a signal, requeued, continued, no differences")


def submit_preemptible(cluster):
    binary = cluster.program_in_place("waits", WAITS_FOR_SIGNAL)
    # Slurm looks for what is to be signalled every 30 s, and half a minute ahead.
    return cluster.submit("preemptible", ("--nodelist=n1", "--ntasks=3", "--time=2", "--signal=B:USR1@100"),
                          "preemptible.sbatch", program.SMALL, *cluster.result("preemptible"), *QUICK, binary=binary)


def check_preemptible(cluster, facts):
    log = cluster.log("preemptible")
    assert facts["JobState"] == "COMPLETED" and facts["Restarts"] == "1", facts
    assert log.count("rank got the signal") == 3, log
    assert "start 1 on n1" in log and "start 2 on n1" in log and "8 runs done" not in log, log
    print("preemptible: signalled by Slurm before its limit, requeued, completed by the second start")


def submit_array(cluster):
    binary = cluster.program_in_place("stops", STOPS_ONCE)
    other = cluster.folder / "other.yaml"
    other.write_text(program.SMALL.read_text().replace("seed: [1, 2, 3]", "seed: [1, 2]"))
    return cluster.submit("array-%a", ("--nodelist=n1", "--ntasks=3", "--array=0-2"), "array.sbatch", cluster.folder / "array",
                          program.SMALL, other, binary=binary)


def check_array(cluster, number, facts):
    assert facts[f"{number}_0"]["JobState"] == "COMPLETED", facts
    assert facts[f"{number}_1"]["JobState"] == "COMPLETED" and facts[f"{number}_1"]["Restarts"] == "1", facts
    assert facts[f"{number}_2"]["JobState"] == "FAILED", facts
    assert f"requeueing job {number}_1" in cluster.log("array-1"), cluster.log("array-1")
    assert "array member 2 has no experiment" in cluster.log("array-2"), cluster.log("array-2")
    assert "18 of 18 runs done" in program.run_well("status", cluster.folder / "array" / "small.h5").stdout
    assert "12 of 12 runs done" in program.run_well("status", cluster.folder / "array" / "other.h5").stdout
    print("array: a member was requeued by its own id, one without an experiment failed")


def submit_by_plan(cluster):
    """`ablatrix submit`, its ranks started by srun instead of mpirun on both nodes."""
    arguments = ("submit", program.SMALL, "-o", *cluster.result("by-plan"), *QUICK, "--nodes", "2", "--workers", "1")
    refused = slurm_run(cluster, *arguments, "--partition", "nowhere")
    assert refused.returncode == 1 and "sbatch refused the job" in refused.stderr, refused.stderr
    assert "invalid partition" in refused.stderr, refused.stderr
    submitted = slurm_run(cluster, *arguments, "--cpus", "1")
    assert submitted.returncode == 0, submitted.stderr
    assert "ablatrix status" in submitted.stdout, submitted.stdout
    return submitted.stdout.split()[2]


def slurm_run(cluster, *arguments):
    return subprocess.run(program.command(arguments), cwd=cluster.folder, text=True, capture_output=True, check=False,
                          timeout=60, env=cluster.environment(LAUNCHER="srun --mpi=pmix"))


def check_by_plan(cluster, number, facts):
    log = cluster.log(f"by-plan-{number}")
    assert facts["JobState"] == "COMPLETED" and facts["NumNodes"] == "2", (facts, log)
    # One coordinator and a worker on each of the two nodes.
    assert "2 workers" in log and "12 of 12 runs done" in log, log
    cluster.same("by-plan", "preemptible")
    print("submit: sized from the plan, refused with Slurm's words, run by srun --mpi=pmix on two nodes, no differences")


def check_living_nodes(cluster, daemons):
    number = cluster.submit("living", ("--nodes=2", "--ntasks-per-node=2"), "living_nodes.sbatch", program.SMALL,
                            *cluster.result("living"), *SIZE)
    slurm.wait_until("the first artifact", lambda: any((cluster.folder / "cache-living").rglob("*.bundle")))
    slurm.lose_node(daemons, "n2")
    facts = slurm.wait_for_end([number])[number]
    log = cluster.log("living")
    assert facts["JobState"] == "COMPLETED" and facts["Restarts"] == "0", (facts, log)
    assert "starting on 2 of 2 nodes: n1 n2" in log and "starting on 1 of 2 nodes: n1" in log, log
    cluster.same("living", "direct")
    print("living nodes: one was lost, the job went on with the other, no differences")


def check_no_progress(cluster):
    """Costs learned from tasks of days let nothing start: the loop must end."""
    result, _, cache = cluster.result("stuck")
    cache.mkdir()
    done = cluster.folder / "cache-direct" / "costs.tsv"
    lines = [line.split("\t") for line in done.read_text().splitlines() if not line.startswith("#")]
    (cache / "costs.tsv").write_text("".join(f"{kind}\t1e6\t200\n" for kind, *_ in lines))
    number = cluster.submit("stuck", ("--nodes=1", "--ntasks-per-node=2", "--nodelist=n1"), "living_nodes.sbatch", program.SMALL,
                            result, "--cache", cache, *SIZE)
    facts = slurm.wait_for_end([number])[number]
    log = cluster.log("stuck")
    assert facts["JobState"] == "FAILED" and facts["Restarts"] == "0", (facts, log)
    assert "Nothing could be started before the time limit" in log and "no progress in this start" in log, log
    print("living nodes: a start without progress is the last one")


def check_all(folder, daemons):
    cluster = Cluster(folder)
    single = submit_single(cluster)
    preemptible = submit_preemptible(cluster)
    array = submit_array(cluster)
    by_plan = submit_by_plan(cluster)
    stop_single(cluster, single)
    program.run_well("run", program.SMALL, "-o", *cluster.result("direct"), *SIZE)
    members = [f"{array}_{member}" for member in range(3)]
    facts = slurm.wait_for_end([single, preemptible, by_plan, *members])
    check_single(cluster, facts[single])
    check_preemptible(cluster, facts[preemptible])
    check_array(cluster, array, facts)
    check_by_plan(cluster, by_plan, facts[by_plan])
    check_no_progress(cluster)
    check_living_nodes(cluster, daemons)


if not slurm.is_available():
    program.skip("needs root and slurmctld, slurmd, munged and Slurm's commands")

with program.scratch("slurm") as scratch:
    scratch = pathlib.Path(scratch)
    scratch.chmod(0o755)  # munged refuses a socket in a folder that others cannot enter
    started = slurm.start_daemons(scratch)
    try:
        if any(daemon.poll() is not None for daemon in started.values()):
            program.skip("Slurm does not start here: " + (scratch / "daemons.log").read_text()[-400:])
        slurm.wait_until("idle nodes", slurm.are_nodes_up)
        check_all(scratch, started)
    except (AssertionError, TimeoutError) as problem:
        logs = "\n".join(f"== {path.name}\n" + path.read_text()[-3000:] for path in sorted(scratch.glob("*.log")))
        sys.exit(f"failed: {problem}\n{logs}")
    finally:
        slurm.stop(started)
