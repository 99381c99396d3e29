#!/usr/bin/env python3
"""The same as tokenizer_bench with Hugging Face's tokenizers.

usage: tokenizer_reference.py MODEL_FOLDER LINES THREADS [--offsets]

encode_batch gives offsets, encode_batch_fast leaves them out. Truncation and padding of the file are switched off.
"""

import json
import os
import sys
import time

folder, lines, threads = sys.argv[1:4]
os.environ["RAYON_NUM_THREADS"] = threads
os.environ["TOKENIZERS_PARALLELISM"] = "true" if int(threads) > 1 else "false"
from tokenizers import Tokenizer  # noqa: E402  (reads the environment)

offsets = "--offsets" in sys.argv
with open(lines, encoding="utf-8") as stream:
    texts = [line.rstrip("\n").split("\t")[0] for line in stream]
tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
tokenizer.no_truncation()
tokenizer.no_padding()
encode = tokenizer.encode_batch if offsets else tokenizer.encode_batch_fast
seconds = []
for _ in range(2):
    begin = time.perf_counter()
    rows = encode(texts)
    seconds.append(time.perf_counter() - begin)
total = sum(len(row.ids) for row in rows)
print(json.dumps({"system": "tokenizers", "threads": int(threads), "offsets": offsets, "texts": len(texts),
                  "tokens": total, "seconds": seconds}))
