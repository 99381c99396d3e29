"""Gates: what a run says about them, exit codes, rules of a later file, mistakes before anything runs."""

import csv
import io
import json
import pathlib
import unittest

import program

HOLDS = "{id: parsed, quantity: parse_rate, op: '>=', threshold: 0.5, mode: point}"
FAILS = "{id: perfect, quantity: auroc, where: {method: random}, op: '>', threshold: 0.99}"
OPEN = "{id: more_seeds, quantity: auroc, where: {method: aum}, op: '>', threshold: 0, need: {min_seeds: 9}}"


class Gates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = program.scratch("gates")
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.result = cls.folder / "small.h5"
        cls.finished = cls.run_with(HOLDS, cls.result)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def run_with(cls, rules, result, *more, **options):
        return program.run("run", program.SMALL, "-o", result, "--cache", cls.folder / "cache", "--set", f"gates=[{rules}]", *more,
                           **options)

    def later(self, rules):
        file = self.folder / "later.yaml"
        file.write_text(f"gates: [{rules}]\n")
        return program.run("gates", self.result, "--rules", file)

    def test_run_shows_gates_and_ends_well_when_they_hold(self):
        self.assertEqual(self.finished.returncode, 0, self.finished.stdout + self.finished.stderr)
        self.assertIn("The gate holds.", self.finished.stdout)
        self.assertRegex(self.finished.stdout, r"parsed: pass\. parse_rate ≥ 0\.5 \(bare value\)")

    def test_stored_gates_need_only_the_result(self):
        judged = program.run("gates", self.result)
        self.assertEqual(judged.returncode, 0, judged.stdout + judged.stderr)
        self.assertIn("The gate holds.", judged.stdout)

    def test_failed_and_undecidable_gates_end_with_3(self):
        failed = self.later(f"{HOLDS}, {FAILS}")
        self.assertEqual(failed.returncode, 3, failed.stdout + failed.stderr)
        self.assertIn("1 of 2 gates fails: perfect.", failed.stdout)
        undecided = self.later(f"{HOLDS}, {OPEN}")
        self.assertEqual(undecided.returncode, 3, undecided.stdout + undecided.stderr)
        self.assertIn("1 of 2 gates cannot be decided, which is not a pass: more_seeds.", undecided.stdout)
        self.assertIn("needs 9 seeds, has 3 seeds", " ".join(undecided.stdout.split()))

    def test_other_gates_do_not_stop_a_resume_and_decide_its_exit_code(self):
        again = self.run_with(FAILS, self.result, ranks=3)
        self.assertEqual(again.returncode, 3, again.stdout + again.stderr)
        self.assertIn("18 of 18 runs done (18 from before)", again.stderr)
        self.assertIn("1 of 1 gate fails: perfect.", again.stdout)
        self.assertIn("was made with other gates", " ".join(again.stdout.split()))
        self.assertEqual(program.run("gates", self.result).returncode, 0)

    def test_formats_agree(self):
        text = program.run("gates", self.result, "--format", "csv").stdout
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row["kind"] == "gate"]
        lines = program.run("gates", self.result, "--format", "json").stdout.splitlines()
        records = [record for record in map(json.loads, lines) if record["kind"] == "gate"]
        self.assertEqual([row["outcome"] for row in rows], ["pass"])
        self.assertEqual([record["outcome"] for record in records], ["pass"])
        self.assertEqual((rows[0]["gate_id"], rows[0]["op"], rows[0]["threshold"], rows[0]["mode"]), ("parsed", ">=", "0.5", "point"))
        self.assertIn("| gate |", program.run("gates", self.result, "--format", "md").stdout)
        self.assertIn(r"\begin{tabular}", program.run("gates", self.result, "--format", "latex").stdout)
        self.assertLessEqual(max(map(len, program.run("gates", self.result).stdout.splitlines())), 100)

    def test_mistakes_are_found_before_anything_runs(self):
        target = self.folder / "never.h5"
        for rule, says in (("{id: g, quantity: aurok, op: '>', threshold: 0}", "Did you mean 'auroc'"),
                           ("{id: g, quantity: auroc, where: {method: aumm}, op: '>', threshold: 0}", "Did you mean 'aum'"),
                           ("{id: g, quantity: auroc, op: '>', threshold: 0, were: {}}", "Did you mean 'where'")):
            mistaken = self.run_with(rule, target)
            self.assertEqual(mistaken.returncode, 1, mistaken.stdout + mistaken.stderr)
            self.assertIn(says, mistaken.stderr)
        self.assertFalse(target.exists())
        unknown = self.later("{id: g, quantity: aurok, op: '>', threshold: 0}")
        self.assertEqual(unknown.returncode, 1)
        self.assertRegex(unknown.stderr, r"later\.yaml:1:\d+.*Did you mean 'auroc'")

    def test_nothing_to_judge_is_an_error(self):
        result = self.folder / "plain.h5"
        program.run_well("run", program.SMALL, "-o", result, "--cache", self.folder / "cache")
        judged = program.run("gates", result)
        self.assertEqual(judged.returncode, 1)
        self.assertIn("--rules FILE", judged.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
