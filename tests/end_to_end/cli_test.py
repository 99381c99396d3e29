"""What the command line says: help, versions, did-you-mean, formats, exit codes."""

import csv
import io
import json
import pathlib
import unittest

import program

try:
    import h5py
except ImportError:
    h5py = None


def read_json(text):
    return [json.loads(line) for line in text.splitlines()]


COMMANDS = ["run", "plan", "submit", "status", "summarize", "compare", "errors", "gates", "diff", "cache", "doctor"]


class Help(unittest.TestCase):
    def test_program_lists_every_command(self):
        result = program.run_well("--help")
        for command in COMMANDS:
            self.assertRegex(result.stdout, rf"(?m)^  {command} ")
        self.assertIn("75", result.stdout)

    def test_every_command_has_usage_and_example(self):
        for command in COMMANDS:
            with self.subTest(command):
                result = program.run_well(command, "--help")
                self.assertRegex(result.stdout, rf"^Usage: .*ablatrix {command}")
                self.assertRegex(result.stdout, rf"Examples:\n .*ablatrix {command}")
                self.assertLessEqual(max(map(len, result.stdout.splitlines())), 120)

    def test_version_and_build_info(self):
        self.assertRegex(program.run_well("--version").stdout, r"^ablatrix \d+\.\d+\.\d+\n$")
        self.assertRegex(program.run_well("--build-info").stdout, r"(?s)commit: .*compiler: ")


class Mistakes(unittest.TestCase):
    def expect(self, *arguments, says):
        result = program.run(*arguments)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertRegex(result.stderr, says)

    def test_no_command(self):
        self.assertEqual(program.run().returncode, 1)

    def test_unknown_command(self):
        self.expect("sumarize", "x.h5", says="unknown command 'sumarize'.*Did you mean 'summarize'")

    def test_unknown_option(self):
        self.expect("run", program.SMALL, "-o", "x.h5", "--resum", says="unknown option '--resum'.*Did you mean '--resume'")
        self.expect("plan", program.SMALL, "--simulat", "4", says="Did you mean '--simulate'")
        self.expect("run", program.SMALL, "--out", "x.h5", says="Did you mean '--output'")

    def test_missing_arguments(self):
        self.expect("diff", "a.h5", says="missing argument B")
        self.expect("run", program.SMALL, says="-o RESULT.h5")
        self.expect("diff", "a.h5", "b.h5", "c.h5", says="too many arguments")

    def test_wrong_values(self):
        self.expect("plan", program.SMALL, "--simulate", "many", says="--simulate is 'many'")
        self.expect("summarize", "x.h5", "--format", "tabel", says="unknown format 'tabel'.*Did you mean 'table'")
        self.expect("cache", "verfy", says="unknown action 'verfy'.*Did you mean 'verify'")
        self.expect("cache", "gc", says="--keep")
        self.expect("cache", "ls", "/nonexistent/cache", says="no cache folder")
        self.expect("cache", "ls", program.HERE, says="not an artifact cache")
        self.assertFalse((program.HERE / "artifacts").exists(), "a listing wrote into a folder that is no cache")
        self.expect("run", program.SMALL, "-o", "x.h5", "--set", "graph.k", says="graph.k")


class Results(unittest.TestCase):
    """Commands that read a result file."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = program.scratch("cli")
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.result = cls.folder / "small.h5"
        cls.finished = program.run_well("run", program.SMALL, "-o", cls.result, cwd=cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_run_ends_with_a_table(self):
        self.assertIn("self_confidence", self.finished.stdout)
        self.assertIn("McNemar", self.finished.stdout)
        self.assertIn("AUROC", self.finished.stdout)
        self.assertRegex(self.finished.stderr, "18 of 18 runs done")

    def test_cache_lies_beside_the_result(self):
        self.assertTrue((self.folder / ".ablatrix-cache").is_dir())
        self.assertIn("ecg.train", program.run_well("cache", "ls", self.folder / ".ablatrix-cache").stdout)
        self.assertIn(" 0 damaged", program.run_well("cache", "verify", self.folder / ".ablatrix-cache").stdout)

    def test_damaged_artifact_is_found_and_remade(self):
        cache = self.folder / "damaged-cache"
        arguments = ("run", program.SMALL, "--cache", cache, "--only", "seed=1", "--only", "ablate=full")
        program.run_well(*arguments, "-o", self.folder / "whole.h5")
        victim = max(cache.rglob("*.bundle"), key=lambda path: path.stat().st_size)
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 1
        victim.write_bytes(data)
        verify = program.run("cache", "verify", cache)
        self.assertEqual(verify.returncode, 2, verify.stdout)
        self.assertIn("1 damaged", verify.stdout)
        program.run_well(*arguments, "-o", self.folder / "remade.h5")
        program.run_well("diff", self.folder / "whole.h5", self.folder / "remade.h5")

    def test_second_run_does_nothing_again(self):
        again = program.run_well("run", program.SMALL, "-o", self.result, cwd=self.folder)
        self.assertRegex(again.stderr, r"18 of 18 runs done \(18 from before\)")

    def test_plan_says_what_the_grid_can_show(self):
        plan = program.run_well("plan", program.SMALL)
        self.assertRegex(plan.stdout, "What this grid can show(.|\\n)*smallest p of an exact test over seeds")
        program.run_well("plan", program.SMALL, "--strict")
        strict = program.run("plan", program.SMALL, "--strict", "--only", "seed=1")
        self.assertEqual(strict.returncode, 1, strict.stdout)
        self.assertIn("--strict", strict.stderr)

    def test_plan_counts_what_is_done(self):
        plan = program.run_well("plan", program.SMALL, "-o", self.result, "--simulate", "4")
        self.assertIn("18 already done", plan.stdout)
        self.assertRegex(plan.stdout, "With 4 workers")
        fresh = program.run_well("plan", program.SMALL, "--cache", self.folder / "no-such-cache")
        self.assertRegex(fresh.stdout, r"18 runs out of 18 grid points; 0 already done")
        self.assertRegex(fresh.stdout, r"\d+ unique tasks instead of \d+")
        self.assertFalse((self.folder / "no-such-cache").exists(), "plan left a folder behind")

    def test_dry_run_and_print_config_write_nothing(self):
        dry = program.run_well("run", program.SMALL, "-o", self.folder / "dry.h5", "--cache", self.folder / "dry-cache", "--dry-run")
        self.assertIn("unique tasks", dry.stdout)
        config = program.run_well("run", program.SMALL, "--print-config", "--set", "noise.rate=0.3")
        self.assertIn("0.3", config.stdout)
        self.assertIn("tau", config.stdout)
        self.assertFalse((self.folder / "dry.h5").exists() or (self.folder / "dry-cache").exists())

    def test_printed_config_is_an_experiment(self):
        config = program.run_well("run", program.SMALL, "--print-config")
        copy = self.folder / "copy.yaml"
        copy.write_text(config.stdout)
        program.run_well("run", copy, "-o", self.folder / "copy.h5", "--cache", self.folder / ".ablatrix-cache")
        program.run_well("diff", self.result, self.folder / "copy.h5")

    def test_summaries_fit_a_terminal(self):
        for extra in ([], ["--short"], ["--by", "noise.type"], ["--metrics", "auprc"]):
            summary = program.run_well("summarize", self.result, *extra).stdout
            self.assertLessEqual(max(map(len, summary.splitlines())), 100)
        self.assertIn("Holm", program.run_well("summarize", self.result).stdout)

    def test_records_agree_in_csv_and_json(self):
        rows = list(csv.DictReader(io.StringIO(program.run_well("summarize", self.result, "--format", "csv").stdout)))
        records = read_json(program.run_well("summarize", self.result, "--format", "json").stdout)
        self.assertEqual(len(rows), len(records))
        self.assertGreater(len(rows), 100)
        kinds = {record["kind"] for record in records}
        self.assertLessEqual({"metric", "difference", "seed_difference", "test"}, kinds)
        for row, record in zip(rows, records):
            self.assertEqual(row["record_id"], record["record_id"])
            self.assertEqual(row["value"] == "", record["value"] is None)
            if record["value"] is not None:
                self.assertEqual(float(row["value"]), record["value"])

    def test_other_formats(self):
        self.assertIn("| method |", program.run_well("summarize", self.result, "--format", "md").stdout)
        self.assertIn(r"\begin{tabular}", program.run_well("summarize", self.result, "--format", "latex").stdout)

    def test_compare_arms_and_methods(self):
        arms = program.run_well("compare", self.result, "--arms", "full", "no-stability")
        self.assertIn("no-stability - full", arms.stdout)
        methods = program.run_well("compare", self.result, "--methods", "self_confidence", "aum")
        self.assertIn("aum - self_confidence", methods.stdout)
        unknown = program.run("compare", self.result, "--arms", "full", "no-stabilty")
        self.assertEqual(unknown.returncode, 1)
        self.assertIn("Did you mean 'no-stability'", unknown.stderr)
        twice = program.run("compare", self.result, "--arms", "full", "full")
        self.assertEqual(twice.returncode, 1)
        self.assertIn("'full' is named twice", twice.stderr)
        ignored = program.run("compare", self.result, "--arms", "full", "no-stability", "--arm", "full")
        self.assertEqual(ignored.returncode, 1)
        self.assertIn("--arm says", ignored.stderr)
        neither = program.run("compare", self.result)
        self.assertEqual(neither.returncode, 1)
        self.assertIn("--arms", neither.stderr)

    def test_errors_agree_with_the_predictions_in_the_file(self):
        if h5py is None:
            self.skipTest("no h5py")
        with h5py.File(self.result) as file:
            axes = {name: file["axes"][name].asstr()[:] for name in file["axes"]}
            methods = list(file["metrics/test/methods"].asstr()[:])
            columns = file["columns/test/index"][:, methods.index("none")]
            runs = [i for i in range(18) if axes["noise.type"][i] == "uniform" and axes["ablate"][i] == "full"]
            clean, items = file["items/test/clean"][0], file["items/test/item"][0]
            predictions = [file["items/test/values"][columns[run]] for run in runs]
        expected = {}
        for i, item in enumerate(items):
            right = sum(int(prediction[i] == clean[i]) for prediction in predictions)
            if 2 * right < 3:
                expected[str(item)] = (right, str(clean[i]), " ".join(str(prediction[i]) for prediction in predictions))
        text = program.run_well("errors", self.result, "--method", "none", "--format", "csv").stdout
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row["noise.type"] == "uniform"]
        listed = {row["item"]: (int(row["value"]), row["clean_label"], row["predictions"])
                  for row in rows if row["kind"] == "wrong_item"}
        self.assertGreater(len(listed), 0)
        self.assertEqual(listed, expected)
        always, = (row for row in rows if row["metric"] == "always_wrong")
        self.assertEqual(int(always["value"]), sum(right == 0 for right, _, _ in expected.values()))

    def test_errors_in_every_format(self):
        table = program.run_well("errors", self.result).stdout
        self.assertLessEqual(max(map(len, table.splitlines())), 100)
        self.assertIn("Items differ between seeds", table)
        self.assertRegex(table, r"uniform: with none, \d+ of 80 items\s+are\s+wrong\s+in\s+all\s+3\s+seeds")
        self.assertIn("clean label", table)
        self.assertNotIn("clean label  right", program.run_well("errors", self.result, "--top", "0").stdout)
        self.assertIn("| method |", program.run_well("errors", self.result, "--format", "md").stdout)
        self.assertIn(r"\begin{tabular}", program.run_well("errors", self.result, "--format", "latex").stdout)
        records = read_json(program.run_well("errors", self.result, "--format", "json").stdout)
        self.assertLessEqual({"errors", "agreement", "wrong_item"}, {record["kind"] for record in records})
        unknown = program.run("errors", self.result, "--method", "nome")
        self.assertEqual(unknown.returncode, 1)
        self.assertIn("Did you mean 'none'", unknown.stderr)

    def test_reports_do_not_change(self):
        first = program.run_well("summarize", self.result, "--format", "json").stdout
        self.assertEqual(first, program.run_well("summarize", self.result, "--format", "json").stdout)

    def test_status_watch_ends_when_all_is_done(self):
        self.assertIn("18 of 18 runs done", program.run_well("status", self.result, "--watch").stdout)

    def test_doctor_names_every_part(self):
        doctor = program.run("doctor")
        for subject in ("MPI", "HDF5", "BLAS", "libtorch", "GPUs", "cores", "file locking", "disk"):
            self.assertRegex(doctor.stdout, rf"(?m)^(OK  |WARN|FAIL)  {subject}")
        self.assertEqual(doctor.returncode, 1 if "\nFAIL" in doctor.stdout else 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
