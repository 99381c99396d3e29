"""`ablatrix submit` where there is no Slurm: what it plans, prints, writes and refuses. slurm_test.py has the rest."""

import pathlib
import subprocess
import unittest

import program


class Submit(unittest.TestCase):
    def setUp(self):
        self.scratch = program.scratch("submit")
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)
        self.result = self.folder / "out" / "small.h5"

    def submit(self, *arguments):
        # Only what is in the scratch folder is found in PATH: no Slurm of this machine.
        return subprocess.run([program.BINARY, "submit", program.SMALL, "-o", self.result, *arguments], text=True, check=False,
                              capture_output=True, timeout=60, cwd=self.folder, env=program.environment() | {"PATH": str(self.folder)})

    def refuse(self, *arguments, says):
        ended = self.submit(*arguments)
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertRegex(ended.stderr, says)

    def sbatch(self, text):
        (self.folder / "sbatch").write_text("#!/bin/sh\n" + text)
        (self.folder / "sbatch").chmod(0o755)

    def test_dry_run_prints_the_script_and_writes_nothing(self):
        ended = self.submit("--dry-run", "--nodes", "2", "--gpus", "4", "--time", "1h30m", "--partition", "gpu", "--set",
                            "noise.rate=[0.1, 0.2]")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("36 runs", ended.stderr)
        self.assertIn("8 workers on 2 nodes", ended.stderr)
        for option in ("--nodes=2", "--ntasks-per-node=5", "--gpus-per-node=4", "--time=01:30:00", "--partition=gpu"):
            self.assertIn(f"#SBATCH {option}\n", ended.stdout)
        self.assertIn(f"run {program.SMALL} -o {self.result} --set 'noise.rate=[0.1, 0.2]'\n", ended.stdout)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_the_script_is_one_that_bash_reads(self):
        script = self.submit("--dry-run").stdout
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)

    def test_sbatch_gets_the_script_beside_the_result(self):
        self.sbatch('[ "$1" = --parsable ] && [ -r "$2" ] && echo "42;cluster"\n')
        ended = self.submit()
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("Submitted job 42", ended.stdout)
        self.assertIn("squeue --job 42", ended.stdout)
        self.assertIn(f"{self.folder}/out/small-42.log", ended.stdout)
        self.assertEqual((self.folder / "out" / "small.sbatch").read_text(), self.submit("--dry-run").stdout)

    def test_what_sbatch_says_is_passed_on(self):
        self.refuse(says="sbatch is not there .*small.sbatch")
        self.sbatch('echo "sbatch: error: invalid account" >&2; exit 1\n')
        self.refuse("--account", "nobody", says="sbatch refused the job: sbatch: error: invalid account")

    def test_a_plan_that_does_not_fit_is_refused_unless_it_may_come_in_parts(self):
        # Costs of an earlier session: every metric of the 18 runs takes minutes.
        costs = self.folder / "cache" / "costs.tsv"
        costs.parent.mkdir()
        program.run_well("run", program.SMALL, "-o", self.folder / "earlier.h5", "--cache", costs.parent, "--only", "seed=1")
        kinds = [line.split("\t")[0] for line in costs.read_text().splitlines() if not line.startswith("#")]
        costs.write_text("".join(f"{kind}\t{0.2 if kind == 'ecg.detection_metrics' else 1e-6}\t200\n" for kind in kinds))
        arguments = ("--cache", costs.parent, "--workers", "1", "--time", "20m")
        self.refuse(*arguments, says="the plan does not fit into 00:20:00: with 1 worker it takes about .*--in-parts")
        ended = self.submit(*arguments, "--in-parts", "--dry-run")
        self.assertRegex(ended.stderr, r"which takes about \d+ starts")

    def test_wrong_values(self):
        self.refuse("--time", "90", says="--time: '90' is not a duration")
        self.refuse("--time", "3m", says="leaves no room for the notice")
        self.refuse("--nodes", "0", says="--nodes")
        self.refuse("--gpus", "2", "--workers", "3", says="3 workers a node would share 2 GPUs")
        self.refuse("--set", "execution.device=cuda", says=r"needs GPUs .*Add --gpus N")


if __name__ == "__main__":
    unittest.main()
