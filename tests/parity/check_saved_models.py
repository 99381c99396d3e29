#!/usr/bin/env python3
"""Whether transformers loads the folders that this program saved, and computes from them what it should.

usage: check_saved_models.py FOLDER      (needs transformers)

FOLDER/<fixture> was loaded from models/<fixture> and saved again: transformers must find the logits it found when the
fixture was made. FOLDER/<other> holds a logits.json with texts and the logits that this program computes from them.
"""

import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, logging

MODELS = Path(__file__).parent / "models"
NAMES = {"ids": "input_ids", "mask": "attention_mask", "types": "token_type_ids"}


def inputs_and_logits(folder):
    """What goes in, what must come out, and how exactly."""
    if (folder / "logits.json").exists():
        case = json.loads((folder / "logits.json").read_text(encoding="utf-8"))
        words = AutoTokenizer.from_pretrained(folder)
        return words(case["texts"], padding=True, return_tensors="pt"), torch.tensor(case["logits"]), 1e-5
    batch = json.loads((MODELS / folder.name / "cases.json").read_text())["batches"]["labelled"]
    given = {NAMES[key]: torch.tensor(value) for key, value in batch.items() if key in NAMES}
    return given, load_file(MODELS / folder.name / "expected.safetensors")["labelled.logits"], 1e-6


def check(folder):
    model, report = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    problems = [f"{kind}: {sorted(keys)}" for kind, keys in report.items() if keys]
    given, expected, bound = inputs_and_logits(folder)
    with torch.no_grad():
        found = model.eval()(**given).logits
    away = (found - expected).abs().max().item()
    print(f"{folder.name}: logits {away:.1e} away")
    if not away <= bound:
        problems.append(f"logits are {away} away, allowed are {bound}")
    return [f"{folder.name}: {problem}" for problem in problems]


def main():
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folders = sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_dir())
    problems = [problem for folder in folders for problem in check(folder)]
    if not folders:
        problems.append("no folders to check")
    sys.exit("\n".join(problems) if problems else 0)


if __name__ == "__main__":
    main()
