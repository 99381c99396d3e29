#!/usr/bin/env python3
"""Write what sentence-transformers makes of sentences with the real all-MiniLM-L6-v2.

usage: make_minilm_fixture.py MODEL TEXTS.tsv OUT.safetensors [ROWS]

MODEL is the folder that scripts/fetch-model.sh minilm makes, TEXTS.tsv has a column "sentence" (SST-2's dev.tsv). Every
sentence is embedded alone, so that nothing of another row's padding enters; ROWS keeps that many rows at equal distances.
"""

import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import sentence_transformers
import torch
import transformers
from safetensors.torch import save_file


def main():
    torch.set_num_threads(1)
    model, table, out = sys.argv[1:4]
    with open(table, encoding="utf-8") as lines:
        column = lines.readline().rstrip("\n").split("\t").index("sentence")
        texts = [line.rstrip("\n").split("\t")[column] for line in lines]
    rows = torch.arange(len(texts))
    if len(sys.argv) > 4:
        rows = rows[:: len(texts) // int(sys.argv[4])][: int(sys.argv[4])]
    vectors = sentence_transformers.SentenceTransformer(model, device="cpu").encode(
        [texts[i] for i in rows], batch_size=1, convert_to_tensor=True)
    save_file({"rows": rows, "embeddings": vectors.float().contiguous()}, out, metadata={
        "format": "pt", "made_with": f"sentence-transformers {sentence_transformers.__version__}, "
        f"transformers {transformers.__version__}, torch {torch.__version__}"})


if __name__ == "__main__":
    main()
