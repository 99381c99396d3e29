#!/usr/bin/env python3
"""The epoch of finetune_bench by transformers' Trainer: same classifier before training, same rows in the same batches.

    finetune_reference.py FOLDER [--batch 64] [--max-length 128] [--threads 2] [--dropout 0|1] [--device cpu]

FOLDER is what finetune_bench left. Needs transformers and accelerate. Tokenizing is not timed (it is in finetune_bench).
"""

import argparse
import json
import math
import tempfile
import time

import torch
import transformers


class Recorder(transformers.Trainer):
    """Rows in the order of the file; remembers the loss of every step."""

    losses = []

    def _get_train_sampler(self, *unused):
        return torch.utils.data.SequentialSampler(self.train_dataset)

    def compute_loss(self, *arguments, **options):
        loss = super().compute_loss(*arguments, **options)
        self.losses.append(loss.item())
        return loss


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dropout", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    transformers.utils.logging.set_verbosity_error()

    # A tab separates; what else Unicode calls a line break belongs to the text.
    with open(f"{arguments.folder}/rows.tsv", encoding="utf-8", newline="\n") as file:
        texts, labels = zip(*(line.rstrip("\n").rsplit("\t", 1) for line in file))
    tokenizer = transformers.AutoTokenizer.from_pretrained(f"{arguments.folder}/model")
    rows = [{"input_ids": ids, "labels": int(label)} for ids, label in zip(
        tokenizer(list(texts), truncation=True, max_length=arguments.max_length)["input_ids"], labels)]
    options = {} if arguments.dropout else {
        "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "classifier_dropout": 0.0}
    model = transformers.AutoModelForSequenceClassification.from_pretrained(f"{arguments.folder}/model", **options)

    warmup = math.ceil(0.1 * math.ceil(len(rows) / arguments.batch))
    with tempfile.TemporaryDirectory() as output:
        trainer = Recorder(
            model=model, train_dataset=rows, data_collator=transformers.DataCollatorWithPadding(tokenizer),
            args=transformers.TrainingArguments(
                output_dir=output, per_device_train_batch_size=arguments.batch, num_train_epochs=1, learning_rate=2e-5,
                weight_decay=0.01, max_grad_norm=1.0, warmup_steps=warmup, lr_scheduler_type="linear", seed=42,
                use_cpu=arguments.device == "cpu", report_to=[], save_strategy="no", logging_strategy="no",
                disable_tqdm=True, dataloader_pin_memory=False))
        trainer.remove_callback(transformers.PrinterCallback)
        start, processor_start = time.monotonic(), time.process_time()
        trainer.train()
        seconds, processor = time.monotonic() - start, time.process_time() - processor_start
    print(json.dumps({
        "program": f"transformers {transformers.__version__}, torch {torch.__version__}", "examples": len(rows),
        "seconds": round(seconds, 3), "processor_s": round(processor, 3), "examples_per_s": round(len(rows) / seconds, 2), "losses": trainer.losses}))


if __name__ == "__main__":
    main()
