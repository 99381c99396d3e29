"""Embeds the lines of a file with sentence-transformers and prints one JSON line, beside embed_bench.

usage: embed_reference.py --model FOLDER --texts FILE [--threads N] [--repeats N] [--batch N ...] [--vectors FILE]

--vectors: what embed_bench --out wrote; the largest absolute difference and the least cosine are printed as well.
"""
import argparse
import json
import statistics
import time


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--texts", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batch", type=int, nargs="+", default=[32])
    parser.add_argument("--vectors")
    return parser.parse_args()


def compare(path, expected):
    import numpy as np

    found = np.fromfile(path, np.float32).reshape(expected.shape).astype(np.float64)
    expected = expected.astype(np.float64)
    cosine = (found * expected).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
    return {"max_abs_difference": float(abs(found - expected).max()), "min_cosine": float(cosine.min())}


def main():
    arguments = parse()
    import sentence_transformers
    import torch

    torch.set_num_threads(arguments.threads)
    model = sentence_transformers.SentenceTransformer(arguments.model, device="cpu")
    with open(arguments.texts, encoding="utf-8") as file:
        texts = file.read().split("\n")[:-1]
    out = {"rows": len(texts), "threads": arguments.threads, "batches": {},
           "sentence_transformers": sentence_transformers.__version__, "torch": torch.__version__}
    for batch in arguments.batch:
        seconds, processor = [], time.process_time()
        for _ in range(arguments.repeats):
            start = time.perf_counter()
            vectors = model.encode(texts, batch_size=batch, show_progress_bar=False)
            seconds.append(time.perf_counter() - start)
        out["batches"][str(batch)] = {"best_s": min(seconds), "median_s": statistics.median(seconds),
                                        "processor_s": (time.process_time() - processor) / arguments.repeats}
    if arguments.vectors:
        out.update(compare(arguments.vectors, vectors))
    print(json.dumps(out))


main()
