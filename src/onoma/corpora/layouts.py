"""JSON records in the layouts of annotation tools to annotated texts, and Documents to such records.

- onoma: ``{"id", "text", "entities": [{"start", "end", "label", "score", "text"}]}``, perhaps with
  ``"words": [[0, 5]]``, ``"sentences": [[0, 9]]`` or ``[[0, 9, "name"]]``, ``"meta": {}``
- doccano: ``{"text", "label": [[0, 5, "PER"]]}`` or ``{"text", "entities": [{"label", "start_offset", "end_offset"}]}``
- prodigy: ``{"text", "spans": [{"start", "end", "label"}], "tokens": [{"text", "start", "end", "id"}], "answer"}``
- spacy: ``["text", {"entities": [[0, 5, "PER"]]}]`` or ``{"text", "entities": [[0, 5, "PER"]]}``
- labelstudio: ``{"data": {"text"}, "annotations": [{"result": [{"value": {"start", "end", "text", "labels"}}]}]}``
- tokens and tags, read only: ``{"tokens": ["Ada"], "tags": ["B-PER"]}``, the tags also as ``ner_tags``, ``labels`` or
  ``entities``; with a ``text`` the words are found in it

Keys that are not named here are not read. This module does not know files, and checks no span: see ``spans``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from onoma.corpora.blocks import SentenceBlock
from onoma.corpora.spans import Annotated, RawSpan
from onoma.errors import CorpusError
from onoma.text import Document

SPAN_KEYS = ("entities", "spans", "label", "labels")
TAG_KEYS = ("ner_tags", "tags", "labels", "entities")


def tags_of(record: object, *, line: int) -> SentenceBlock | None:
    """The words and tags of a record that holds tokens and tags; None for one that holds spans.

    Raises:
        CorpusError: the tags are numbers, or not as many as the tokens.
    """
    if not isinstance(record, dict):
        return None
    words = record.get("tokens", record.get("words"))
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    text = record.get("text")
    block = SentenceBlock(words=words, lines=[line] * len(words), text=text if isinstance(text, str) else None)
    for key in TAG_KEYS:
        tags = record.get(key)
        if not isinstance(tags, list) or not tags:
            continue
        if all(type(tag) is int for tag in tags):
            raise CorpusError(f"{key!r} holds numbers; expected tags as text, as in 'B-PER'")
        if all(isinstance(tag, str) for tag in tags):
            if len(tags) != len(words):
                raise CorpusError(f"there are {len(words)} tokens but {len(tags)} tags in {key!r}")
            block.layers = (tags,)
            return block
    return None if isinstance(text, str) else block


def spans_of(record: object) -> Annotated:
    """The text and spans of a record in any layout but that of tokens and tags.

    Raises:
        CorpusError: the record has no text.
    """
    if isinstance(record, list) and is_pair(record):
        return _plain({"text": record[0], **record[1]})
    if not isinstance(record, dict):
        raise CorpusError(f"a record is {_shown(record)}; expected an object with 'text'")
    if isinstance(record.get("data"), dict):
        return _labelstudio(record)
    return _plain(record)


def is_pair(record: object) -> bool:
    """Whether a record is spaCy's pair of a text and its annotations."""
    return isinstance(record, list) and len(record) == 2 and isinstance(record[0], str) and isinstance(record[1], dict)


def id_of(record: object) -> str:
    """A record's name, of its text or number; empty where it has none."""
    value = record.get("id") if isinstance(record, dict) else None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def meta_of(record: object) -> dict[str, object]:
    """What a record has under ``meta``; empty where it has none."""
    value = record.get("meta") if isinstance(record, dict) else None
    return value if isinstance(value, dict) else {}


def rejected(record: object) -> str:
    """The answer of a Prodigy record that its annotator did not accept; else empty."""
    answer = record.get("answer") if isinstance(record, dict) else None
    return answer if isinstance(answer, str) and answer != "accept" else ""


def _plain(record: Mapping[str, object]) -> Annotated:
    text = record.get("text")
    if not isinstance(text, str):
        raise CorpusError(f"the record {_shown(record)} has no text; expected an object with 'text'")
    annotated = Annotated(text=text, id=id_of(record), meta=meta_of(record))
    spans = next((value for key in SPAN_KEYS if isinstance(value := record.get(key), list) and value), [])
    for item in spans:
        _add(annotated, item)
    relations = record.get("relations")
    if isinstance(relations, list):
        annotated.left_out.extend(("a relation is no entity", _shown(relation)) for relation in relations)
    words, tokens, sentences = record.get("words"), record.get("tokens"), record.get("sentences")
    if isinstance(words, list):
        annotated.words = words
    elif isinstance(tokens, list) and all(isinstance(token, dict) for token in tokens):
        annotated.words = [[token.get("start"), token.get("end")] for token in tokens]
    if isinstance(sentences, list):
        annotated.sentences = sentences
    return annotated


def _labelstudio(record: Mapping[str, object]) -> Annotated:
    data = record["data"]
    assert isinstance(data, dict)
    text = data.get("text")
    if not isinstance(text, str):
        strings = [value for value in data.values() if isinstance(value, str)]
        if len(strings) != 1:
            raise CorpusError(f"the task has no text; its data are {_shown(data)}, expected 'text' or one text alone")
        text = strings[0]
    id = id_of(data) or id_of(record)
    annotated = Annotated(text=text, id=id, meta=meta_of(data))
    done = [
        item for item in _list(record.get("annotations")) if isinstance(item, dict) and not item.get("was_cancelled")
    ]
    done.sort(key=lambda item: not item.get("ground_truth"))
    for item in done[1:]:
        annotated.left_out.append(("a further annotation of the same task", f"annotation {item.get('id')}"))
    for item in done[:1]:
        for result in _list(item.get("result")):
            value = result.get("value") if isinstance(result, dict) else None
            _add(annotated, value if isinstance(value, dict) else result)
    return annotated


def _add(annotated: Annotated, item: object) -> None:
    """Take up one annotation in whichever way a tool writes a span."""
    if isinstance(item, list) and len(item) >= 3:
        annotated.spans.append(RawSpan(start=item[0], end=item[1], label=item[2]))
    elif isinstance(item, dict) and ("start" in item or "start_offset" in item):
        start = item.get("start", item.get("start_offset"))
        end = item.get("end", item.get("end_offset"))
        labels = item["labels"] if isinstance(item.get("labels"), list) and item["labels"] else [item.get("label")]
        for label in labels:
            span = RawSpan(start=start, end=end, label=label, score=item.get("score"), text=item.get("text"))
            annotated.spans.append(span)
    else:
        annotated.left_out.append(("the annotation is no span", _shown(item)))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How to write a Document as a record, and which of its parts the record holds besides text and entities."""

    record: Callable[[Document], object]
    holds: frozenset[str]


def _onoma(document: Document) -> dict[str, object]:
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
    return record


def _doccano(document: Document) -> dict[str, object]:
    return {**_named(document), "text": document.text, "label": _triples(document)}


def _prodigy(document: Document) -> dict[str, object]:
    record: dict[str, object] = {**_named(document), "text": document.text}
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


def _spacy(document: Document) -> list[object]:
    return [document.text, {"entities": _triples(document)}]


def _labelstudio_task(document: Document) -> dict[str, object]:
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
    data: dict[str, object] = {**_named(document), "text": document.text}
    if document.meta:
        data["meta"] = dict(document.meta)
    return {"data": data, "annotations": [{"result": results}]}


def _named(document: Document) -> dict[str, object]:
    return {"id": document.id} if document.id else {}


def _triples(document: Document) -> list[tuple[int, int, str]]:
    return [(entity.start, entity.end, entity.label) for entity in document.entities]


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "onoma": Layout(record=_onoma, holds=frozenset(["id", "words", "sentences", "sentence ids", "scores", "meta"])),
        "doccano": Layout(record=_doccano, holds=frozenset(["id"])),
        "prodigy": Layout(record=_prodigy, holds=frozenset(["id", "words", "meta"])),
        "spacy": Layout(record=_spacy, holds=frozenset()),
        "labelstudio": Layout(record=_labelstudio_task, holds=frozenset(["id", "meta"])),
    }
)
"""Every layout that can be written, by name."""
