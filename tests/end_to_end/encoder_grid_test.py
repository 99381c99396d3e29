"""A small grid with a tiny checkpoint, for every kind of classifier: one process, and two ranks whose stages run in child
processes, give bit-identical results; a copy of the checkpoint elsewhere is the same work."""

import pathlib
import shutil

import program

MODELS = program.HERE.parent / "parity" / "models"

SETTINGS = ["data.n_train=80", "data.test_rows=30", "embedder.kind=hf", "explanation.samples=2",
            "cleaning.methods=[none, ecg_adaptive]", "seed=[1]",
            "classifier.max_length=48", "classifier.folds=2", "classifier.finetune.epochs=1",
            "classifier.finetune.batch=16", "classifier.finetune.learning_rate=1e-3"]


def run(kind, folder, name, models, **how):
    words = [word for setting in [*SETTINGS, f"embedder.model={models}/tiny-embedder", f"classifier.kind={kind}",
                                  f"classifier.model={models}/tiny-classifier"] for word in ("--set", setting)]
    program.run_well("run", program.SMALL, "-o", folder / f"{name}.h5", "--cache", folder / f"cache-{name}", *words,
                     "--only", "ablate=full", "--only", "noise.type=artifact", timeout=400, **how)
    return folder / f"{name}.h5"


with program.scratch("encoders") as folder:
    folder = pathlib.Path(folder)
    for kind in ("linear", "probe", "finetune"):
        alone = run(kind, folder, f"{kind}-alone", MODELS)
        ranks = run(kind, folder, f"{kind}-ranks", MODELS, ranks=2)
        program.run_well("diff", alone, ranks)
        print(f"{kind}: no differences")

    # Tasks are named by content: nothing is made again for a copy.
    shutil.copytree(MODELS, folder / "models", ignore=shutil.ignore_patterns("expected*", "*-tiny*"))
    shutil.copytree(folder / "cache-probe-alone", folder / "cache-copy")
    copy = run("probe", folder, "copy", folder / "models")
    status = program.run_well("status", copy).stdout
    made = [line for line in status.splitlines() if line.startswith("ecg.") and line.split()[2] != "0"]
    assert not made, made

    config = program.run_well("run", program.SMALL, "--print-config").stdout
    for line in ("kind: linear", "finetune:", "learning_rate: 2e-05", "max_length: 128"):
        assert line in config, config
