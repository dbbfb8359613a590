"""The figures of tasks beside that of the entities, on documents whose gold labels are their entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from onoma.bundle import EntityCard
from onoma.metrics import Accuracy, align, as_fractions, label_accuracy, tally
from onoma.tagger import Tagger
from onoma.text import Document


def figures_of_layers(tagger: Tagger, gold: Sequence[Document]) -> dict[str, dict[str, float]]:
    """The figures of each further task of a model on the documents that have its gold labels as a layer."""
    found = {}
    for name in tagger.bundle.manifest.tasks:
        own = [replace(document, entities=document.layers[name]) for document in gold if name in document.layers]
        if own:
            found[name] = layer_figures(tagger, name, own)
    return found


def layer_figures(tagger: Tagger, name: str, gold: Sequence[Document]) -> dict[str, float]:
    """The figures of one task: of spans precision, recall and F1, of words and of sentences the accuracy.

    Args:
        tagger: of a model with the task.
        name: that of the task.
        gold: documents whose entities are what the task is to predict.

    Returns:
        Fractions of 1, by name.
    """
    shown = (replace(document, entities=()) for document in gold)
    predicted = (replace(document, entities=document.layers[name], layers={}) for document in tagger.tag_many(shown))
    if isinstance(tagger.bundle.manifest.tasks[name], EntityCard):
        return as_fractions(tally(align(gold, predicted)).exact)
    pairs = zip(gold, predicted, strict=True)
    found = (label_accuracy(document.entities, other.entities) for document, other in pairs)
    return {"accuracy": sum(found, Accuracy()).share}
