"""Records and tables: the same bytes for any number of ranks, readable with pandas, errors said once."""

import io
import pathlib
import re
import unittest

import program

try:
    import pandas
except ImportError:
    pandas = None

FORMATS = ("table", "md", "csv", "json", "latex")


class Records(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = program.scratch("records")
        cls.folder = pathlib.Path(cls.scratch.name)
        # One seed, so that intervals are resampled.
        cls.result = cls.folder / "one_seed.h5"
        program.run_well("run", program.SMALL, "-o", cls.result, "--only", "seed=1", cwd=cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    COMMANDS = (("summarize",), ("compare", "--arms", "full", "no-stability"), ("errors",))

    def output(self, command, form, ranks=None):
        name, *rest = command
        return program.run_well(name, self.result, *rest, "--format", form, ranks=ranks).stdout

    def test_ranks_change_no_byte(self):
        summarize, compare, _ = self.COMMANDS
        for command, form, counts in ((summarize, "json", (1, 2, 5)), *((compare, form, (2,)) for form in FORMATS)):
            alone = self.output(command, form)
            if form == "json":
                self.assertIn("boot.item_strat.percentile", alone)
            for ranks in counts:
                with self.subTest(command=command, ranks=ranks, form=form):
                    self.assertEqual(self.output(command, form, ranks), alone)

    def test_an_error_of_all_ranks_is_said_once(self):
        for arguments, says in ((("summarize", self.folder / "missing.h5"), "missing.h5"),
                                (("compare", self.result, "--arms", "full", "no-such-arm"), "no-such-arm"),
                                (("summarize", self.result, "--format", "pdf"), "unknown format")):
            with self.subTest(arguments=arguments):
                failed = program.run(*arguments, ranks=2)
                self.assertEqual(failed.returncode, 1)
                self.assertEqual(failed.stdout, "")
                lines = [line for line in failed.stderr.splitlines() if line.startswith("ablatrix: ")]
                self.assertEqual(len(lines), 1, failed.stderr)
                self.assertIn(says, lines[0])

    def test_an_error_of_one_rank_ends_the_others(self):
        (self.folder / "full").mkdir()
        (self.folder / "full" / "of something.txt").write_text("else")
        # Only rank 0 writes the page; the other waits for it in the summary.
        failed = program.run("report", self.result, "-o", self.folder / "full", ranks=2, timeout=60)
        self.assertEqual(failed.returncode, 1)
        self.assertEqual(len(re.findall(r"(?m)^ablatrix: ", failed.stderr)), 1, failed.stderr)

    @unittest.skipIf(pandas is None, "no pandas")
    def test_pandas_reads_the_same_from_both_formats(self):
        for command in self.COMMANDS:
            with self.subTest(command):
                rows = pandas.read_csv(io.StringIO(self.output(command, "csv")), float_precision="round_trip")
                lines = pandas.read_json(io.StringIO(self.output(command, "json")), lines=True, precise_float=True)
                self.assertEqual(list(rows.columns), list(lines.columns))
                self.assertGreater(len(rows), 10)
                self.assertTrue(rows.record_id.is_unique)
                for name in ("value", "ci_low", "ci_high", "p", "p_adjusted", "n_seeds", "effect", "mc_low"):
                    left = pandas.to_numeric(rows[name]).to_numpy(float)
                    right = pandas.to_numeric(lines[name]).to_numpy(float)
                    self.assertTrue(((left == right) | ((left != left) & (right != right))).all(), name)
                self.assertEqual(set(rows.experiment), {"small"})
                self.assertRegex(rows.input_fingerprint[0], r"^[0-9a-f]{32}$")

    def test_every_row_of_a_markdown_table_has_all_cells(self):
        for command in self.COMMANDS:
            width = None
            for line in self.output(command, "md").splitlines():
                if not line.startswith("|"):
                    width = None
                    continue
                cells = len(re.findall(r"(?<!\\)\|", line))
                width = width or cells
                self.assertEqual(cells, width, line)

    def test_latex_is_balanced_and_escaped(self):
        for command in self.COMMANDS:
            text = self.output(command, "latex")
            self.assertEqual(text.count(r"\begin{tabular}"), text.count(r"\end{tabular}"))
            self.assertEqual(len(re.findall(r"(?<!\\)\{", text)), len(re.findall(r"(?<!\\)\}", text)))
            outside = re.sub(r"\$[^$]*\$", "", "\n".join(l for l in text.splitlines() if not l.startswith("%")))
            for special in ("_", "#", "%"):
                self.assertIsNone(re.search(r"(?<!\\)" + special, outside), special)


if __name__ == "__main__":
    unittest.main(verbosity=2)
