"""Every bad input ends with exit code 1 and a message that names the place; nothing hangs, nothing half-done stays."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

import program

EXPERIMENT = program.SMALL.read_text()
TABLE_PARAMETERS = """
  data:
    source: table
    path: table.tsv
    n_train: 0
    test_rows: 20
"""


def table_experiment():
    """The small experiment, reading table.tsv beside it."""
    before, after = EXPERIMENT.split("  data:\n", 1)
    rest = after.split("  embedder:", 1)[1]
    return before + TABLE_PARAMETERS.lstrip("\n") + "  embedder:" + rest


def table_rows(n=240):
    words = ["good", "fine", "great", "bright", "bad", "dull", "poor", "grey"]
    rows = []
    for i in range(n):
        label = i % 2
        text = " ".join(words[4 * (1 - label) + (i * k) % 4] for k in range(1, 6)) + f" film{i}"
        rows.append([text, str(label)])
    return rows


class BadInputs(unittest.TestCase):
    def setUp(self):
        self.scratch = program.scratch("bad")
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)

    def write(self, text, name="experiment.yaml"):
        (self.folder / name).write_text(text)
        return self.folder / name

    def write_table(self, rows):
        lines = ["text\tlabel"] + ["\t".join(row) for row in rows]
        self.write("\n".join(lines) + "\n", "table.tsv")

    def expect_error(self, text, *patterns, arguments=(), ranks=None):
        experiment = self.write(text)
        result = program.run("run", experiment, "-o", self.folder / "result.h5", "--cache", self.folder / "cache", *arguments,
                             ranks=ranks, timeout=60)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for pattern in patterns:
            self.assertRegex(result.stderr, pattern)
        self.assertFalse((self.folder / "result.h5").exists(), "a refused experiment left a result file")
        return result

    def replaced(self, before, after, text=EXPERIMENT):
        self.assertIn(before, text)
        return text.replace(before, after)

    def test_malformed_yaml(self):
        self.expect_error(self.replaced("  product:", "  product: ["), r"experiment\.yaml:\d+")

    def test_missing_experiment_file(self):
        result = program.run("run", self.folder / "nothing.yaml", "-o", self.folder / "result.h5")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"nothing\.yaml.*No such file")

    def test_unknown_key(self):
        self.expect_error(self.replaced("test_rows: 80", "test_row: 80"), r"test_row'.*experiment\.yaml:\d+", "Did you mean.*test_rows")

    def test_unknown_axis(self):
        self.expect_error(self.replaced("noise.rate: [0.2]", "noise.rat: [0.2]"), r"noise\.rat", r"experiment\.yaml:\d+", "Did you mean.*noise.rate")

    def test_unknown_job(self):
        self.expect_error(self.replaced("job: ecg", "job: ecgs"), "unknown job 'ecgs'", "Did you mean 'ecg'")

    def test_empty_grid(self):
        self.expect_error(self.replaced("seed: [1, 2, 3]", "seed: []"), r"experiment\.yaml:\d+", "(?i)empty|no values|at least one")

    def test_duplicate_arms(self):
        self.expect_error(self.replaced("      only-neighbourhood:", "      full:"), "full", r"experiment\.yaml:\d+", "(?i)duplicate|twice|already")

    def test_only_without_match(self):
        self.expect_error(EXPERIMENT, "seed", arguments=("--only", "seed=77"))

    def test_too_many_neighbours(self):
        self.expect_error(self.replaced("  embedder:", "  graph: {k: 150}\n  embedder:"), r"graph\.k", "150")

    def test_message_appears_once_for_all_ranks(self):
        result = self.expect_error(self.replaced("test_rows: 80", "test_row: 80"), "test_row", ranks=3)
        self.assertEqual(len(re.findall("Did you mean", result.stderr)), 1, result.stderr)

    def test_missing_data_file(self):
        self.expect_error(table_experiment(), r"table\.tsv")

    def test_row_without_label(self):
        rows = table_rows()
        rows[16][1] = ""
        self.write_table(rows)
        self.expect_error(table_experiment(), r"table\.tsv.*18")

    def test_row_with_wrong_class(self):
        rows = table_rows()
        rows[16][1] = "maybe"
        self.write_table(rows)
        self.expect_error(table_experiment(), r"table\.tsv", "maybe")

    def test_row_with_missing_column(self):
        rows = table_rows()
        rows[16] = ["only a text"]
        self.write_table(rows)
        self.expect_error(table_experiment(), r"table\.tsv.*18")

    def test_one_class_only(self):
        self.write_table([row for row in table_rows(480) if row[1] == "1"])
        self.expect_error(table_experiment(), "(?i)class")

    def test_a_good_table_works(self):
        self.write_table(table_rows())
        experiment = self.write(table_experiment())
        program.run_well("run", experiment, "-o", self.folder / "result.h5", "--only", "seed=1", "--only", "ablate=full")

    def test_result_of_another_experiment(self):
        one = ("--only", "seed=1", "--only", "ablate=full", "--only", "noise.type=uniform")
        result_file = self.folder / "result.h5"
        program.run_well("run", program.SMALL, "-o", result_file, *one)
        before = result_file.read_bytes()
        result = program.run("run", program.SMALL, "-o", result_file, *one, "--set", "graph.k=7")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"another experiment")
        self.assertRegex(result.stderr, r"parameters\.graph\.k: 15 -> 7")
        self.assertEqual(before, result_file.read_bytes(), "the refused run changed the file")
        result = program.run("run", program.SMALL, "-o", result_file, *one[2:])
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"seed: 1 -> 1, 2, 3")
        self.assertRegex(result.stderr, r"--only differs")
        # How to execute is not part of the experiment.
        program.run_well("run", program.SMALL, "-o", result_file, *one, "--set", "execution.threads=1")

    def test_result_file_that_is_none(self):
        text = self.write("not an HDF5 file", "text.h5")
        result = program.run("run", program.SMALL, "-o", text)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"text\.h5")
        self.assertEqual(text.read_text(), "not an HDF5 file")
        self.assertEqual(program.run("summarize", text).returncode, 1)
        self.assertEqual(program.run("status", self.folder / "nothing.h5").returncode, 1)

    def test_resume_without_result(self):
        result = program.run("run", program.SMALL, "-o", self.folder / "new.h5", "--resume")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "nothing to resume")

    def test_missing_gpu_is_no_silent_fallback(self):
        result = program.run("run", program.SMALL, "-o", self.folder / "gpu.h5", "--set", "execution.device=cuda")
        if "cuda" not in result.stderr.lower() and "gpu" not in result.stderr.lower():
            self.skipTest("this machine has a GPU")
        self.assertEqual(result.returncode, 1, result.stderr)

    def test_cache_without_write_permission(self):
        cache = self.folder / "locked"
        cache.mkdir()
        cache.chmod(0o555)
        options = {}
        if os.geteuid() == 0:
            os.chmod(self.folder, 0o755)
            options = {"user": 65534, "group": 65534, "extra_groups": []}
            try:
                subprocess.run([program.BINARY, "--version"], check=True, capture_output=True, **options)
            except (OSError, subprocess.CalledProcessError):
                self.skipTest("an unprivileged user cannot start the program here")
        out = self.folder / "out"
        out.mkdir()
        out.chmod(0o777)
        result = program.run("run", program.SMALL, "-o", out / "result.h5", "--cache", cache, cwd=out, **options)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"locked.*(Permission denied|permission)")

    def full_disk(self, size):
        if os.geteuid() != 0 or shutil.which("mount") is None:
            self.skipTest("only root can mount a small tmpfs")
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True, check=False).returncode != 0:
            self.skipTest("mounting a tmpfs is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        return disk

    def test_full_disk_under_the_result_file(self):
        disk = self.full_disk("16k")
        for ranks in (None, 3):
            result = program.run("run", program.SMALL, "-o", disk / "result.h5", "--cache", self.folder / "cache", ranks=ranks)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertEqual(len(re.findall(r"(?i)no space left|disk full|not enough", result.stderr)), 1, result.stderr)
            self.assertFalse((disk / "result.h5").exists())

    def test_full_disk_under_the_cache(self):
        disk = self.full_disk("200k")
        arguments = ("run", program.SMALL, "-o", self.folder / "result.h5", "--cache")
        result = program.run(*arguments, disk, ranks=2)
        self.assertIn(result.returncode, (1, 2), result.stderr)
        self.assertRegex(result.stderr + result.stdout, r"(?i)no space left")
        # Nothing half-written is read afterwards: with space, the same experiment completes and agrees.
        program.run_well(*arguments, self.folder / "cache")
        program.run_well("run", program.SMALL, "-o", self.folder / "fresh.h5", "--cache", self.folder / "cache-fresh")
        program.run_well("diff", self.folder / "result.h5", self.folder / "fresh.h5")


if __name__ == "__main__":
    unittest.main(verbosity=2)
