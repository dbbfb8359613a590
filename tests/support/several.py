"""Texts of three tasks that a tiny encoder can learn, and a run's TOML with all of them."""

from __future__ import annotations

import json
from pathlib import Path

from support.learnable import SENTENCES, write_corpus

SPEECH = {
    **dict.fromkeys(("angela", "merkel", "lyon"), "PROPN"),
    **dict.fromkeys(("in", "of", "to"), "ADP"),
    "visited": "VERB",
    "the": "DET",
    "and": "CCONJ",
}


def words_of(sentence: str) -> list[str]:
    """The words of a ``word/tag`` sentence."""
    return [pair.split("/")[0] for pair in sentence.split()]


def topic_of(sentence: str) -> str:
    """A label of a sentence."""
    return "travel" if "visited" in sentence else "other"


def write_texts(folder: Path) -> None:
    """Write ``train.conll`` (entities), ``pos.conllu`` (parts of speech) and ``topic.jsonl`` (labels of texts)."""
    write_corpus(folder / "train.conll", SENTENCES * 4)
    blocks = [
        "".join(f"{n}\t{word}\t_\t{SPEECH[word]}\t_\t_\t_\t_\t_\t_\n" for n, word in enumerate(words_of(each), start=1))
        for each in SENTENCES * 4
    ]
    (folder / "pos.conllu").write_text("\n".join(blocks) + "\n", encoding="utf-8")
    records = [{"text": " ".join(words_of(each)), "label": topic_of(each)} for each in SENTENCES * 4]
    (folder / "topic.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")


def write_run(folder: Path, encoder: Path, *, more: str = "", training: str = "", output: str = "model") -> Path:
    """Write ``run.toml``.

    Args:
        folder: where the texts are.
        encoder: the folder of the encoder.
        more: further tables.
        training: further lines of the table ``training``.
        output: the name of the model's folder.
    """
    path = folder / f"{output}.toml"
    path.write_text(
        f"""
output = "{folder / output}"
[data]
train = "{folder}/train.conll"
dev = "{folder}/train.conll"
test = "{folder}/train.conll"
[model]
encoder = "{encoder}"
head = "linear"
window = 64
[training]
epochs = 20
patience = 20
learning_rate = 0.01
dtype = "fp32"
seed = 3
{training}
[[task]]
name = "pos"
kind = "words"
tag_column = "UPOS"
train = "{folder}/pos.conllu"
dev = "{folder}/pos.conllu"
test = "{folder}/pos.conllu"
[[task]]
name = "topic"
kind = "sentences"
train = "{folder}/topic.jsonl"
dev = "{folder}/topic.jsonl"
test = "{folder}/topic.jsonl"
{more}
""",
        encoding="utf-8",
    )
    return path
