"""Unlabelled text in which every word stands once, and the settings to pre-train a tiny encoder on it in a second."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LETTERS = "abdefgiklmnoprstuvz"
WORD = 4
"""Letters of a word; so it is known which words were cut."""

TINY: dict[str, object] = {
    "model.layers": 1,
    "model.hidden": 16,
    "model.heads": 2,
    "model.positions": 64,
    "model.vocabulary_size": 150,
    "objective.window": 32,
    "training.batch_subwords": 128,
    "training.steps": 12,
    "training.measurements": 3,
    "training.checkpoint_steps": 2,
    "training.learning_rate": 0.01,
    "training.dtype": "fp32",
}


@dataclass(frozen=True)
class Text:
    """Documents of sentences of words, the words numbered through.

    Attributes:
        documents: of each sentence the numbers of its words.
    """

    documents: tuple[tuple[range, ...], ...]

    @property
    def words(self) -> int:
        return self.documents[-1][-1].stop

    @cached_property
    def document_of(self) -> list[int]:
        """The document of each word."""
        return [place for place, document in enumerate(self.documents) for sentence in document for _ in sentence]

    def write(self, path: Path) -> Path:
        """Write a sentence a line, and a blank line between documents."""
        documents = (
            "\n".join(" ".join(map(spelled, sentence)).capitalize() + "." for sentence in document)
            for document in self.documents
        )
        path.write_text("\n\n".join(documents) + "\n", encoding="utf-8")
        return path


def make_text(documents: int, *, seed: int = 1, sentences: tuple[int, int] = (2, 6)) -> Text:
    """Documents of so many sentences, from and to, of two to seven words."""
    chance = random.Random(seed)
    made, count = [], 0
    for _ in range(documents):
        document = []
        for _ in range(chance.randint(*sentences)):
            length = chance.randint(2, 7)
            document.append(range(count, count + length))
            count += length
        made.append(tuple(document))
    return Text(tuple(made))


def spelled(number: int) -> str:
    """A word by its number; neighbours have little in common."""
    base = len(LETTERS)
    scattered = number * 7_919 % base**WORD
    return "".join(LETTERS[scattered // base**place % base] for place in range(WORD))


def numbers(words: int) -> dict[str, int]:
    """The numbers of the first words."""
    return {spelled(number): number for number in range(words)}
