"""check_layers.py finds what it is there for: each case is a small tree with one offence."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).with_name("check_layers.py")


def run_on(files):
    """Exit status and output on a tree of {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class CheckLayers(unittest.TestCase):
    def test_accepts_a_lower_layer(self):
        status, out = run_on({"src/grid/a.cpp": "#include <ablatrix/base/error.hpp>\n#include <yaml-cpp/yaml.h>\n"})
        self.assertEqual((status, out), (0, "layers hold\n"))

    def test_refuses_a_higher_layer(self):
        status, out = run_on({"include/ablatrix/base/a.hpp": "#pragma once\n#include <ablatrix/plan/graph.hpp>\n"})
        self.assertEqual(status, 1)
        self.assertIn("include/ablatrix/base/a.hpp:2: base includes the higher layer plan", out)

    def test_refuses_a_neighbour_of_the_same_layer(self):
        status, out = run_on({"src/stats/a.cpp": "#include <ablatrix/store/cache.hpp>\n"})
        self.assertEqual(status, 1)
        self.assertIn("stats includes store of its own layer", out)

    def test_refuses_a_heavy_header_in_public(self):
        status, out = run_on({"include/ablatrix/nn/a.hpp": "#include <torch/torch.h>\n"})
        self.assertEqual(status, 1)
        self.assertIn("heavy <torch/torch.h>", out)

    def test_refuses_a_library_that_includes_a_job(self):
        status, out = run_on({"src/plan/a.cpp": "#include <jobs/ecg/ecg_job.hpp>\n"})
        self.assertEqual(status, 1)
        self.assertIn("plan includes the higher layer jobs", out)

    def test_refuses_an_unknown_module(self):
        self.assertEqual(run_on({"src/magic/a.cpp": ""})[0], 1)

    def test_refuses_an_empty_tree(self):
        self.assertEqual(run_on({"README.md": ""})[0], 1)


if __name__ == "__main__":
    unittest.main()
