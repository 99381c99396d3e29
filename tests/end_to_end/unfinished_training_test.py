"""Fine-tunings that are killed or asked to stop go on where they were and give the same bits: in a grid and by hand."""

import contextlib
import filecmp
import os
import pathlib
import signal
import time

import program

MODELS = program.HERE.parent / "parity" / "models"
SETTINGS = ["data.n_train=80", "data.test_rows=30", "cleaning.methods=[none]", "seed=[1]", "classifier.kind=finetune",
            f"classifier.model={MODELS}/tiny-classifier", "classifier.max_length=48", "classifier.folds=2",
            "classifier.finetune.epochs=2", "classifier.finetune.batch=16", "execution.save_every=1e-6"]
GOES_ON = "training goes on after step "


@contextlib.contextmanager
def dying(step):
    """The first process that comes to \\p step kills itself there."""
    os.environ["ABLATRIX_FAULT"] = step
    yield
    del os.environ["ABLATRIX_FAULT"]


def arguments(folder, name, more=()):
    words = [word for setting in [*SETTINGS, *more] for word in ("--set", setting)]
    return ["run", program.SMALL, "-o", folder / f"{name}.h5", "--cache", folder / f"cache-{name}", *words,
            "--only", "ablate=full", "--only", "noise.type=uniform"]


def grid(folder, name, **how):
    return program.run(*arguments(folder, name), timeout=300, **how)


def wait_for(condition, process):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline and process.poll() is None, f"waited in vain, exit code {process.poll()}"
        time.sleep(0.002)


def in_a_grid(folder):
    assert grid(folder, "undisturbed").returncode == 0
    assert not list((folder / "cache-undisturbed" / "unfinished").iterdir()), "what is over leaves nothing"

    for again in range(3):
        with dying("training.saved:1"):
            killed = grid(folder, "killed")
        assert killed.returncode != 0 and (GOES_ON in killed.stderr) == (again > 0), killed.stderr
    listed = program.run_well("cache", "ls", folder / "cache-killed").stdout
    assert "unfinished" in listed, listed
    with dying("training.saved:1"):  # the child processes of workers, as often as they may be
        crashed = grid(folder, "killed", ranks=2)
    assert crashed.returncode == 2 and GOES_ON in crashed.stderr, crashed.stderr
    ended = grid(folder, "killed", ranks=2)
    assert ended.returncode == 0, ended.stderr
    program.run_well("diff", folder / "undisturbed.h5", folder / "killed.h5")
    assert not list((folder / "cache-killed" / "unfinished").iterdir())

    print("grid: no differences")


def asked_to_stop(folder):
    """Long trainings save their state and stop at once, and go on there the next time."""
    kept = folder / "cache-stopped" / "unfinished"
    for ranks in (None, 2):
        seen = {path: path.stat().st_mtime_ns for path in kept.rglob("*.safetensors")}
        with open(folder / "log", "w") as log:
            process = program.start(*arguments(folder, "stopped", ["classifier.finetune.epochs=1000"]), ranks=ranks,
                                    output=log)
        wait_for(lambda: any(path.stat().st_mtime_ns != seen.get(path) for path in kept.rglob("*.safetensors")), process)
        process.send_signal(signal.SIGUSR1)
        status = process.wait(timeout=60)
        text = (folder / "log").read_text()
        assert status == 75 and "has saved its state; it will be continued" in text, (status, text)
        assert (GOES_ON in text) == bool(seen), text
    print("stopped when asked to")


def by_hand(folder):
    rows = folder / "rows.csv"
    rows.write_text("sentence,sentiment\n" + "".join(
        f"the film is {word} .,{label}\n" for word, label in (("great", "good"), ("awful", "bad")) * 20))

    def finetune(name, more={}):
        options = {"--label": "sentiment", "--batch": 8, "--learning-rate": "5e-3", "--epochs": 4, "--seed": 3,
                   "--save-every": 0, **more}
        return program.run("model", "finetune", MODELS / "tiny-embedder", rows, "-o", folder / name,
                           *[word for option in options.items() for word in option])

    whole = finetune("whole")
    assert whole.returncode == 0 and "40 texts, 2 labels" in whole.stderr, whole.stderr
    with dying("training.saved:7"):
        assert finetune("killed").returncode != 0
    assert [path.name for path in (folder / "killed").iterdir()] == ["unfinished"]
    again = finetune("killed")
    assert again.returncode == 0 and GOES_ON + "7" in again.stderr, again.stderr
    with open(folder / "log", "w") as log:
        process = program.start("model", "finetune", MODELS / "tiny-embedder", rows, "--label", "sentiment", "-o",
                                folder / "stopped", "--epochs", 10000, "--save-every", "0", output=log)
    wait_for((folder / "stopped" / "unfinished" / "training.safetensors").exists, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 75, (folder / "log").read_text()
    assert "the same command continues" in (folder / "log").read_text()

    names = sorted(path.name for path in (folder / "whole").iterdir())
    assert names == sorted(path.name for path in (folder / "killed").iterdir()) and "model.safetensors" in names, names
    same, other, missing = filecmp.cmpfiles(folder / "whole", folder / "killed", names, shallow=False)
    assert not other and not missing and len(same) == len(names), (same, other, missing)

    answer = program.run_well("model", "classify", folder / "killed", rows, "--text", "sentence").stdout.splitlines()
    assert answer[0] == "label\tbad\tgood", answer[0]
    assert [line.split("\t")[0] for line in answer[1:]] == ["good", "bad"] * 20, answer

    def refused(pattern, result):
        assert result.returncode == 1 and pattern in result.stderr, (pattern, result.stderr)

    # A state beside other files: the save of the classifier broke off, and nothing is lost.
    (folder / "stopped" / "config.json").write_text("{}")
    program.run_well("model", "finetune", MODELS / "tiny-embedder", rows, "--label", "sentiment", "-o",
                     folder / "stopped", "--epochs", 2)
    program.run_well("model", "classify", folder / "stopped", rows, "--text", "sentence")
    refused("already holds", finetune("whole"))
    (folder / "mine" / "unfinished").mkdir(parents=True)
    (folder / "mine" / "unfinished" / "thesis.txt").write_text("mine")
    refused("already holds 'unfinished'", finetune("mine"))
    assert (folder / "mine" / "unfinished" / "thesis.txt").exists()
    refused("no column 'nothing'", finetune("x", {"--label": "nothing"}))
    refused("takes no --epochs", program.run("model", "classify", MODELS / "tiny-classifier", rows, "--epochs", 2))
    refused("expected a number", finetune("x", {"--learning-rate": "fast"}))
    refused("needs a table with a column", program.run("model", "finetune", MODELS / "tiny-embedder", "-", "-o",
                                                       folder / "x"))
    rows.write_text("text,label\na,1\nb,1\n")
    refused("1 different values", program.run("model", "finetune", MODELS / "tiny-embedder", rows, "-o", folder / "x"))
    assert not (folder / "x").exists()
    print("by hand: no differences")


with program.scratch("unfinished") as scratch:
    in_a_grid(pathlib.Path(scratch))
    asked_to_stop(pathlib.Path(scratch))
    by_hand(pathlib.Path(scratch))
