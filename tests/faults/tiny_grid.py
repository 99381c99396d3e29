"""A grid of a second, for tests that run it often."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "end_to_end"))
import program  # noqa: E402

RANKS = 3
SIZE = ("--set", "data.n_train=60", "--set", "data.test_rows=40", "--set", "data.synthetic.rows=200", "--set",
        "classifier.epochs=1", "--set", "seed=[1, 2]", "--set", "noise.type=uniform")


def words(result, cache, *more):
    return ("run", program.SMALL, "-o", result, "--cache", cache, *SIZE, *more)


def run(result, cache, *more):
    return program.run(*words(result, cache, "--set", "execution.isolation=none", *more), ranks=RANKS)


def expect(condition, *facts):
    if not condition:
        sys.exit("\n".join(str(fact) for fact in facts))


def expect_complete(result, cache, undisturbed, *more):
    """Run it again: what is left gets done, and the result is that of an undisturbed run."""
    completed = run(result, cache, *more)
    expect(completed.returncode == 0, completed.returncode, completed.stderr)
    program.run_well("diff", undisturbed, result)
    program.run_well("verify", result)
