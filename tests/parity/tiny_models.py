"""What the scripts that make model fixtures share: weights that show mistakes, the Trainer's steps, files.

Used by make_model_fixtures.py and make_text_fixtures.py, never by a test.
"""

import copy
import json
import os
import platform
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import safetensors
import safetensors.torch
import tokenizers
import torch
import transformers

MODELS = Path(__file__).parent / "models"
# Every STRIDE-th parameter is stored after training: odd, so that all rows and columns of a matrix are met.
STRIDE = 7
# Training of a fixture: 3 updates at rates 0, RATE, RATE / 2 of micro-batches whose gradients are clipped.
RATE, DECAY, CLIP, ACCUMULATION, UPDATES, WARMUP = 1e-3, 0.01, 0.5, 2, 3, 1

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
transformers.logging.set_verbosity_error()


def made_with():
    return {"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__, "safetensors": safetensors.__version__}


def draw_weights(model, seed):
    """N(0, 0.2) instead of the usual 0.02, norms off one, biases off zero: with tiny weights a wrong position scheme or
    epsilon stays below every tolerance. NumPy's stream, so that another torch draws the same."""
    stream = np.random.default_rng(seed)
    for name, parameter in sorted(model.named_parameters()):
        shape = tuple(parameter.shape)
        norm = "norm" in name.lower() and name.endswith("weight")
        value = 1 + stream.uniform(-0.1, 0.1, shape) if norm else stream.normal(0, 0.2, shape)
        parameter.data = torch.from_numpy(np.float32(value)).to(parameter.dtype)
    return model.eval()


def without_dropout(model):
    """A copy whose training passes are exact; config.json keeps its rates."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        for field in ("dropout", "activation_dropout", "attention_dropout"):
            if isinstance(getattr(module, field, None), float):
                setattr(module, field, 0.0)
    return model


class InOrder(transformers.Trainer):
    def _get_train_sampler(self, *unused):
        return torch.utils.data.SequentialSampler(self.train_dataset)


def mean_over_examples(outputs, labels, num_items_in_batch=None):
    """Given to the Trainer, since this version sums, not averages, the accumulated losses of models that take loss
    arguments and ignore them, as all sequence classifiers do."""
    loss = torch.nn.functional.cross_entropy(outputs.logits, labels, reduction="sum")
    return loss / (len(labels) if num_items_in_batch is None else num_items_in_batch)


def train(model, rows, batch, own_loss, **changes):
    """Parameters after the Trainer's updates on rows in their order."""
    with tempfile.TemporaryDirectory() as folder:
        options = {"num_train_epochs": 1, "learning_rate": RATE, "weight_decay": DECAY, "max_grad_norm": CLIP,
                   "gradient_accumulation_steps": ACCUMULATION, "warmup_steps": WARMUP} | changes
        arguments = transformers.TrainingArguments(
            output_dir=folder, per_device_train_batch_size=batch, lr_scheduler_type="linear", use_cpu=True,
            report_to=[], save_strategy="no", disable_tqdm=True, logging_strategy="no", **options)
        trainer = InOrder(model=without_dropout(model), args=arguments, train_dataset=rows,
                          data_collator=collate, compute_loss_func=None if own_loss else mean_over_examples)
        trainer.train()
        assert trainer.state.global_step == UPDATES, trainer.state.global_step
        return {name: value.detach().clone() for name, value in trainer.model.named_parameters()}


def collate(rows):
    return {key: torch.tensor([row[key] for row in rows]) for key in rows[0]}


def silent_parameters(model, rows):
    """Names of parameters that the loss does not depend on: biases of attention keys, whose gradient is zero but for
    rounding. The model computes in float64."""
    model(**collate(rows)).loss.backward()
    largest = {name: value.grad.abs().max().item() for name, value in model.named_parameters()}
    return [name for name, value in largest.items() if value < 1e-12 * max(largest.values())]


def trained_sample(model, rows, batch, own_loss=False, **changes):
    """Every STRIDE-th parameter after training, NaN where rounding alone decides: Adam divides a gradient by its own
    size, so one that is zero but for rounding moves its parameter anywhere."""
    exact = copy.deepcopy(model).double()
    silent = silent_parameters(copy.deepcopy(exact), rows)
    found = train(model, rows, batch, own_loss, **changes)
    exact = train(exact, rows, batch, own_loss, **changes)
    out = {}
    for name, value in found.items():
        away = (value.double() - exact[name]).abs() > 2e-6 * max(1.0, value.abs().max().item())
        if name in silent:
            away[...] = True
        out[f"trained.{name}"] = value.masked_fill(away, float("nan")).flatten()[::STRIDE].contiguous()
    lost = torch.isnan(torch.cat(list(out.values()))).float().mean().item()
    assert lost < 0.02, lost
    return out


def recipe(batch, **changes):
    return {"batch": batch, "learning_rate": RATE, "weight_decay": DECAY, "gradient_clip": CLIP,
            "accumulation": ACCUMULATION, "updates": UPDATES, "warmup_updates": WARMUP, "stride": STRIDE} | changes


def write_json(path, value):
    path.write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")


def write_expected(folder, tensors):
    floats = {name: value.detach().float().contiguous() for name, value in tensors.items()}
    safetensors.torch.save_file(floats, folder / "expected.safetensors")
