"""A corpus that a tiny encoder can learn in a second, and the settings to do so."""

from __future__ import annotations

from pathlib import Path

SENTENCES = [
    "angela/B-PER merkel/I-PER visited/O lyon/B-LOC",
    "merkel/B-PER visited/O the/O",
    "in/O lyon/B-LOC the/O angela/B-PER",
    "the/O visited/O of/O and/O",
    "to/O lyon/B-LOC and/O lyon/B-LOC",
    "angela/B-PER and/O merkel/B-PER",
]

QUICK = ("--set", "training.epochs=30", "--set", "training.patience=30", "--set", "training.learning_rate=0.01",
         "--set", "model.head=linear", "--set", "model.window=64", "--set", "model.overlap=16",
         "--set", "training.dtype=fp32", "--set", "training.seed=3")  # fmt: skip
"""A high learning rate, which suits a tiny encoder and no learned transitions."""


def write_corpus(path: Path, sentences: list[str]) -> Path:
    """Write ``word/tag`` sentences as columns."""
    blocks = ["\n".join(pair.replace("/", "\t") for pair in sentence.split()) for sentence in sentences]
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return path
