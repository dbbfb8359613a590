"""Metrics of a model's tasks other than ``entities``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from onoma.bundle import ENTITIES, Bundle, EntityCard, TaskCard
from onoma.metrics import Accuracy, align, as_fractions, label_accuracy, tally
from onoma.tagger import Tagger
from onoma.text import Document


def layer_metrics(
    bundle: Bundle, gold: Sequence[Document], predicted: Sequence[Document]
) -> dict[str, dict[str, float]]:
    """Return the metrics of each further task, on the documents whose layers hold its gold labels.

    Args:
        bundle: bundle of the model.
        gold: documents with gold layers.
        predicted: the same documents, tagged by the model.

    Returns:
        Metrics as fractions of 1, by task and metric; tasks without gold labels are left out.
    """
    figures = {}
    for name, card in bundle.manifest.tasks.items():
        pairs = [pair for pair in zip(gold, predicted, strict=True) if name in pair[0].layers]
        if pairs:
            gold_layers = [replace(document, entities=document.layers[name]) for document, _ in pairs]
            figures[name] = _compute_figures(card, gold_layers, [_extract_layer(other, name) for _, other in pairs])
    return figures


def evaluate_task(tagger: Tagger, name: str, gold: Sequence[Document]) -> dict[str, float]:
    """Return the metrics of one task: precision, recall and F1 for spans, accuracy for words and sentences.

    Args:
        tagger: tagger of a model that has the task.
        name: name of the task.
        gold: documents whose entities are the gold labels of the task.

    Returns:
        Metrics as fractions of 1, by name.
    """
    return _compute_figures(tagger.bundle.manifest.tasks[name], gold, tag_layer(tagger, name, gold))


def tag_layer(tagger: Tagger, name: str, gold: Iterable[Document]) -> Iterator[Document]:
    """Tag documents, with their entities hidden from the tagger; what it predicts for a task becomes their entities."""
    inputs = (replace(document, entities=()) for document in gold)
    return (_extract_layer(document, name) for document in tagger.tag_many(inputs))


def _extract_layer(document: Document, name: str) -> Document:
    """Return a tagged document with one of its layers as its entities."""
    if name == ENTITIES:
        return document
    return replace(document, entities=document.layers[name], layers={})


def _compute_figures(card: TaskCard, gold: Iterable[Document], predicted: Iterable[Document]) -> dict[str, float]:
    if isinstance(card, EntityCard):
        return as_fractions(tally(align(gold, predicted)).exact)
    pairs = zip(gold, predicted, strict=True)
    accuracies = (label_accuracy(document.entities, other.entities) for document, other in pairs)
    return {"accuracy": sum(accuracies, Accuracy()).share}
