"""Summary of a pre-trained encoder in a few lines, and its model card in Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from onoma.bundle import PRETRAINING
from onoma.counting import counted
from onoma.views.card import literal
from onoma.views.curve import curve_section

_METRICS = {
    "masked_loss": ("loss of a masked subword", "{:.3f} nats"),
    "perplexity": ("perplexity of masked subwords", "{:.2f}"),
    "masked_accuracy": ("accuracy of masked subwords", "{:.1%}"),
    "pair_loss": ("loss of a pair", "{:.3f} nats"),
    "pair_accuracy": ("accuracy of pairs", "{:.1%}"),
    "distillation_loss": ("loss of distillation", "{:.4f}"),
    "relation_loss": ("loss of relations", "{:.4f} nats"),
    "hidden_loss": ("loss of hidden states", "{:.4f}"),
    "explained_variance": ("explained variance of the teacher's hidden states", "{:.1%}"),
}


def write_encoder_card(folder: Path, *, name: str) -> None:
    """Write the model card ``README.md``: training text, metrics and the course of training."""
    record = json.loads((folder / PRETRAINING).read_text(encoding="utf-8"))
    is_distilled = record["teacher"] is not None
    lines = [
        "---",
        "library_name: onoma",
        f"pipeline_tag: {'feature-extraction' if is_distilled else 'fill-mask'}",
        "---",
        "",
        f"# {literal(name)}",
        "",
        f"A BERT encoder that was {'distilled' if is_distilled else 'pre-trained'} with onoma on unlabelled text.",
        "",
        "```python",
        "import onoma",
        "",
        'onoma.train(train="train.conll", dev="dev.conll", output="runs/mine",',
        f"            encoder={json.dumps(name, ensure_ascii=False)})",
        "```",
        "",
        "## Encoder",
        "",
        "| | |",
        "|---|---|",
    ]
    lines += [f"| {literal(key)} | {literal(value)} |" for key, value in encoder_summary(folder)]
    lines.append("")
    if record["figures"]:
        comparability_note = "Losses can only be compared for the same teacher, relation heads and text."
        if not is_distilled:
            comparability_note = "Perplexity can only be compared for the same vocabulary, masks and text."
        lines += [comparability_note, ""]
    lines += curve_section(folder, caption="Loss, and what was measured, in the course of training")
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def encoder_summary(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield names and values: size, vocabulary, text, objective, training settings, and metrics on held-out text."""
    record: dict[str, Any] = json.loads((folder / PRETRAINING).read_text(encoding="utf-8"))
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    settings, text = record["settings"], record["text"]
    yield "size", f"{config['num_hidden_layers']} layers of {config['hidden_size']}, {config['vocab_size']:,} subwords"
    initial_weights = "random weights" if settings["model"]["shape"] != "teacher" else "layers of the teacher"
    yield "began as", settings["model"]["encoder"] or initial_weights
    if record["teacher"]:
        yield (
            "teacher",
            "{name} ({digest}), relations of its layer {layer} in {relation_heads} heads".format_map(record["teacher"]),
        )
    yield (
        "text",
        (
            f"{', '.join(text['files'])}: {counted(text['documents'], 'document')}, "
            f"{counted(text['sentences'], 'sentence')}, {text['subwords']:,} subwords ({text['digest']})"
        ),
    )
    yield "held out", f"{counted(text['held_out_documents'], 'document')}, {text['held_out_subwords']:,} subwords"
    objective = settings["objective"]
    rate = f"{objective['mask_rate']:.0%}"
    if objective["mask_rate_end"] is not None:
        rate += f" to {objective['mask_rate_end']:.0%}"
    if not record["teacher"]:
        yield "masked", f"{rate} of the subwords, by {objective['masking']}"
        yield "sentence pairs", record["sentence_pairs"]
    long_window = f", then {objective['long_window']}" if objective["long_window"] else ""
    yield "window", f"{objective['window']}{long_window} subwords"
    yield "steps", f"{record['steps']:,} of {settings['training']['batch_subwords']:,} subwords, in {record['dtype']}"
    yield from figure_lines(record["figures"])
    yield "made with", ", ".join(f"{name} {version}" for name, version in record["versions"].items())


def figure_lines(figures: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """Yield the titles and formatted values of the metrics on held-out text."""
    for name, value in figures.items():
        title, template = _METRICS[name]
        yield title, template.format(value)
