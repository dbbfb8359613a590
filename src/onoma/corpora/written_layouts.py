"""Conversion of Documents to JSON records in the layouts of annotation tools; see ``layouts`` for their description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from onoma.text import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A JSON layout that can be written.

    Attributes:
        record: converts a Document to a record.
        holds: names of the document parts that the record holds, besides text and entities.
    """

    record: Callable[[Document], object]
    holds: frozenset[str]


def _to_onoma(document: Document) -> dict[str, object]:
    record: dict[str, object] = {
        "id": document.id,
        "text": document.text,
        "entities": [entity.to_json() for entity in document.entities],
    }
    if document.words is not None:
        record["words"] = [[word.start, word.end] for word in document.words]
    if document.sentences is not None:
        record["sentences"] = [
            [sentence.start, sentence.end, sentence.id] if sentence.id else [sentence.start, sentence.end]
            for sentence in document.sentences
        ]
    if document.meta:
        record["meta"] = dict(document.meta)
    if document.layers:
        record["layers"] = {name: [span.to_json() for span in spans] for name, spans in document.layers.items()}
    return record


def _to_doccano(document: Document) -> dict[str, object]:
    return {**_id_field(document), "text": document.text, "label": _span_triples(document)}


def _to_prodigy(document: Document) -> dict[str, object]:
    record: dict[str, object] = {**_id_field(document), "text": document.text}
    record["spans"] = [
        {"start": entity.start, "end": entity.end, "label": entity.label} for entity in document.entities
    ]
    if document.words is not None:
        record["tokens"] = [
            {"text": word.text, "start": word.start, "end": word.end, "id": index}
            for index, word in enumerate(document.words)
        ]
    if document.meta:
        record["meta"] = dict(document.meta)
    return record


def _to_spacy(document: Document) -> list[object]:
    return [document.text, {"entities": _span_triples(document)}]


def _to_labelstudio(document: Document) -> dict[str, object]:
    results = [
        {
            "id": f"entity-{index}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {"start": entity.start, "end": entity.end, "text": entity.text, "labels": [entity.label]},
        }
        for index, entity in enumerate(document.entities, start=1)
    ]
    data: dict[str, object] = {**_id_field(document), "text": document.text}
    if document.meta:
        data["meta"] = dict(document.meta)
    return {"data": data, "annotations": [{"result": results}]}


def _id_field(document: Document) -> dict[str, object]:
    return {"id": document.id} if document.id else {}


def _span_triples(document: Document) -> list[tuple[int, int, str]]:
    return [(entity.start, entity.end, entity.label) for entity in document.entities]


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "onoma": Layout(
            record=_to_onoma,
            holds=frozenset(["id", "words", "sentences", "sentence ids", "scores", "meta", "layers"]),
        ),
        "doccano": Layout(record=_to_doccano, holds=frozenset(["id"])),
        "prodigy": Layout(record=_to_prodigy, holds=frozenset(["id", "words", "meta"])),
        "spacy": Layout(record=_to_spacy, holds=frozenset()),
        "labelstudio": Layout(record=_to_labelstudio, holds=frozenset(["id", "meta"])),
    }
)
"""All layouts that can be written, by name."""
