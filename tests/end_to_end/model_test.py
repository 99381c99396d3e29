"""`ablatrix model info|embed|classify` on tiny committed checkpoints, and on MiniLM where ABLATRIX_MODELS has it."""

import json
import os
import pathlib
import struct
import subprocess

import numpy
import pandas

import program

MODELS = program.HERE.parent / "parity" / "models"


def expected(model):
    """Tensors of expected.safetensors, by name."""
    data = (MODELS / model / "expected.safetensors").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    types = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "I32": "<i4"}
    return {name: numpy.frombuffer(data[8 + size + entry["data_offsets"][0]:8 + size + entry["data_offsets"][1]],
                                   types[entry["dtype"]]).reshape(entry["shape"]) for name, entry in header.items()}


def refused(pattern, *arguments):
    result = program.run("model", *arguments)
    assert result.returncode == 1, (arguments, result.stdout, result.stderr)
    assert pattern in result.stderr, f"no '{pattern}' in: {result.stderr}"


with program.scratch("model") as folder:
    folder = pathlib.Path(folder)
    embedder, classifier = MODELS / "tiny-embedder", MODELS / "tiny-classifier"

    # info
    table = program.run_well("model", "info", embedder).stdout
    for words in ("bert", "width 32, 2 layers, 4 heads", "WordPiece", "64 tokens", "mean over tokens", "48 tokens"):
        assert words in table, table
    facts = json.loads(program.run_well("model", "info", classifier, "--format", "json").stdout)
    assert facts["family"] == "bert" and facts["hidden"] == 32 and facts["labels"] == ["NEGATIVE", "POSITIVE"], facts
    assert "classifier" in facts["heads"] and facts["longest_row"] == 64 and len(facts["content"]) == 32, facts

    # embed: what sentence-transformers gives, in every format, whatever the threads
    texts = json.loads((embedder / "cases.json").read_text())["texts"]
    rows = folder / "texts.jsonl"
    rows.write_text("".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts)))
    program.run_well("model", "embed", embedder, rows, "-o", folder / "one.npy", "--threads", 1)
    program.run_well("model", "embed", embedder, rows, "-o", folder / "two.npy", "--threads", 2)
    vectors = numpy.load(folder / "one.npy", allow_pickle=False)
    wanted = expected("tiny-embedder")["embeddings"]
    assert vectors.dtype == numpy.float32 and vectors.shape == wanted.shape, (vectors.dtype, vectors.shape)
    assert numpy.abs(vectors - wanted).max() < 1e-5, numpy.abs(vectors - wanted).max()
    assert (folder / "one.npy").read_bytes() == (folder / "two.npy").read_bytes()
    program.run_well("model", "embed", embedder, rows, "-o", folder / "rows.csv")
    frame = pandas.read_csv(folder / "rows.csv", float_precision="round_trip")
    assert list(frame.columns[:2]) == ["d0", "d1"] and len(frame.columns) == 32, frame.columns
    assert (frame.to_numpy(numpy.float32) == vectors).all()
    short = program.run_well("model", "embed", embedder, rows, "-o", folder / "short.npy", "--max-length", 4)
    assert "vectors of 32 numbers" in short.stderr, short.stderr
    assert not (numpy.load(folder / "short.npy") == vectors).all()

    lines = "the film is great .\nthe film is awful .\n\n"
    piped = subprocess.run(program.command(["model", "embed", embedder, "-", "-o", folder / "lines.npy"]), input=lines,
                           text=True, env=program.environment(), capture_output=True, check=False, timeout=120)
    assert piped.returncode == 0, piped.stderr
    assert numpy.load(folder / "lines.npy").shape == (3, 32)

    # classify
    cases = json.loads((classifier / "cases.json").read_text())
    rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in cases["texts"]))
    logits = expected("tiny-classifier")["logits"].astype(float)
    probabilities = numpy.exp(logits) / numpy.exp(logits).sum(axis=1, keepdims=True)
    (folder / "labels.tsv").write_text(program.run_well("model", "classify", classifier, rows).stdout)
    table = pandas.read_csv(folder / "labels.tsv", sep="\t")
    assert list(table.columns) == ["label", "NEGATIVE", "POSITIVE"], table.columns
    assert numpy.abs(table[["NEGATIVE", "POSITIVE"]].to_numpy() - probabilities).max() < 1e-5
    assert list(table["label"]) == [["NEGATIVE", "POSITIVE"][row.argmax()] for row in logits]
    program.run_well("model", "classify", classifier, rows, "-o", folder / "labels.jsonl")
    first = json.loads((folder / "labels.jsonl").read_text().splitlines()[0])
    assert first["label"] == table["label"][0] and first["probabilities"]["POSITIVE"] == table["POSITIVE"][0], first
    pairs = folder / "pairs.tsv"
    pairs.write_text("a\tb\nthe film\tis great\nthe film\tis awful\n")
    answer = program.run_well("model", "classify", classifier, pairs, "--text", "a", "--text2", "b").stdout
    assert len(answer.splitlines()) == 3, answer

    with open("/dev/full", "w") as full:
        cut = subprocess.run(program.command(["model", "info", classifier]), stdout=full, stderr=subprocess.PIPE, text=True,
                             env=program.environment(), check=False, timeout=120)
    assert cut.returncode == 1 and "standard output could not be written" in cut.stderr, cut.stderr

    # mistakes are told before any work
    refused("unknown action 'emebd'. Did you mean 'embed'", "emebd", embedder, rows)
    refused("needs -o FILE", "embed", embedder, rows)
    refused("must end in .npy", "embed", embedder, rows, "-o", folder / "x.txt")
    refused("there is no folder", "embed", embedder, rows, "-o", folder / "nowhere" / "x.npy")
    refused("no column 'review'", "embed", embedder, rows, "--text", "review", "-o", folder / "x.npy")
    refused("takes no --text2", "embed", embedder, rows, "--text2", "b", "-o", folder / "x.npy")
    refused("needs a table", "classify", classifier)
    refused("config.json", "info", folder)
    refused("expected auto, cpu", "embed", embedder, rows, "-o", folder / "x.npy", "--device", "gpu")
    refused("64", "embed", embedder, rows, "-o", folder / "x.npy", "--max-length", 65)
    refused("classif", "classify", embedder, rows)
    assert not list(folder.glob("x.*")) and not list(folder.glob("*.partial*"))

    minilm = pathlib.Path(os.environ.get("ABLATRIX_MODELS", "")) / "minilm"
    if "ABLATRIX_MODELS" in os.environ and minilm.is_dir():
        facts = json.loads(program.run_well("model", "info", minilm, "--format", "json").stdout)
        assert facts["parameters"] == 22713216 and facts["embeds_as"]["max_length"] == 256, facts
        pairs.write_text("text\nA man is eating food.\nA man eats something.\nThe stock market fell today.\n")
        program.run_well("model", "embed", minilm, pairs, "-o", folder / "minilm.npy")
        a, b, c = numpy.load(folder / "minilm.npy")
        assert a @ b > 0.7 > 0.3 > a @ c, (a @ b, a @ c)  # sentence-transformers: .755 and .03
        print("MiniLM as well")
    else:
        print("MiniLM left out: ABLATRIX_MODELS names no folder with minilm/")
