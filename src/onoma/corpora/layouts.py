"""Parser of JSON records in the layouts of annotation tools.

See ``tagged_records`` for records of tokens and tags, ``token_spans`` for those whose spans are ranges of tokens,
``tool_records`` and ``word_records`` for those of further tools, ``span_notations`` for the notations of a span,
``unknown_annotation`` for unknown keys, and ``written_layouts`` for the writer.

- onoma: ``{"id", "text", "entities": [{"start", "end", "label", "score", "text"}]}``, optionally with
  ``"words": [[0, 5]]``, ``"sentences": [[0, 9]]`` or ``[[0, 9, "name"]]``, ``"meta": {}``, or with further
  labelled spans ``"layers": {"pos": [{"start", "end", "label", "score", "text"}]}``
- doccano: ``{"text", "label": [[0, 5, "PER"]]}``, in 2021 with ``data`` in place of ``text``, or
  ``{"text", "entities": [{"label", "start_offset", "end_offset"}]}``
- prodigy: ``{"text", "spans": [{"start", "end", "label"}], "tokens": [{"text", "start", "end", "id"}], "answer"}``
- spacy: ``["text", {"entities": [[0, 5, "PER"]]}]``, ``{"text", "entities": [[0, 5, "PER"]]}``, or ``Doc.to_json()``:
  ``{"text", "ents": [{"start", "end", "label"}], "tokens": [{"start", "end"}]}``
- labelstudio: ``{"data": {"text"}, "annotations": [{"result": [{"value": {"start", "end", "text", "labels"}}]}]}``,
  or with ``completions``, as in older versions
- argilla, read only: ``{"text", "tokens": ["Ada"], "annotation": [["PER", 0, 5]]}``, or the answers of annotators; see
  ``argilla``
- a text or tokens with one label, read only: ``{"text", "label": "question"}``; the label also under another key
- GATE and Twitter, read only: ``{"text", "entities": {"Person": [{"indices": [0, 5]}]}}``; see ``gate``

Other keys are counted as not read. This module does not access files and does not validate spans: see ``spans``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from math import isnan

from onoma.corpora.argilla import argilla_answers, has_questions
from onoma.corpora.blocks import align
from onoma.corpora.gate import add_spans_by_type
from onoma.corpora.span_notations import add_span, format_value, looks_like_span, unread_keys
from onoma.corpora.spans import Annotated
from onoma.errors import CorpusError

SPAN_KEYS = ("entities", "ents", "spans", "label", "labels", "annotation", "annotations")
_TEXT_KEYS = ("text", "full_text")
RECORD_KEYS = ("id", "meta", "answer", "status")
"""Keys that are read in any layout: of the document, and of what the annotator did with it."""

TEXT_KEYS = (*RECORD_KEYS, *_TEXT_KEYS, "tokens", "words")
"""Keys that are read in any record of a text or of words."""

_TOKEN_KEYS = ("text", "start", "end", "id", "ws")

_OTHER_RESULTS = frozenset(
    ["choices", "relation", "taxonomy", "textarea", "rating", "number", "datetime", "pairwise", "ranker"]
)
"""Types of results in Label Studio that are no labels of spans; see https://labelstud.io/tags."""

LABEL_KEYS = ("label", "labels", "category", "class", "intent", "sentiment")
"""Keys that may hold the label of a whole text."""


def label_of(record: object, *, key: str | None) -> str | None:
    """Return the label of a whole text as a string, even if it is a number; None if the record has none.

    Args:
        record: a record in any layout.
        key: the key of the label; by default the first of ``LABEL_KEYS`` that holds one.
    """
    if not isinstance(record, dict):
        return None
    values = (record.get(name) for name in (LABEL_KEYS if key is None else (key,)))
    return next((str(value) for value in values if isinstance(value, str | int) and value != ""), None)


def spans_of(record: object) -> Annotated:
    """Return the text and spans of a record in any layout except that of tokens and tags.

    Raises:
        CorpusError: the record has no text.
    """
    if isinstance(record, list) and is_pair(record):
        return _parse_record({"text": record[0], **record[1]})
    if not isinstance(record, dict):
        raise CorpusError(f"a record is {format_value(record)}; expected an object with 'text'")
    if is_task(record):
        return _parse_labelstudio(record)
    if has_fields(record):
        return _parse_argilla(record)
    return _parse_record(record)


def is_task(record: Mapping[str, object]) -> bool:
    """Return whether a record is a task of Label Studio; in one with a text of its own, ``data`` is something else."""
    return isinstance(record.get("data"), dict) and text_of(record) is None


def has_fields(record: Mapping[str, object]) -> bool:
    """Return whether a record is one of Argilla with its text among its fields, and none of its own."""
    return isinstance(record.get("fields"), dict) and text_of(record) is None


def text_of(record: Mapping[str, object]) -> str | None:
    """Return the text of a record; None if it has none."""
    return next((text for key in _TEXT_KEYS if isinstance(text := record.get(key), str)), None)


def words_of(record: Mapping[str, object]) -> list[str] | None:
    """Return the words of a record with tokens; None if there are none or they are not strings."""
    words = record.get("tokens", record.get("words"))
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def has_annotation(record: object) -> bool:
    """Return whether a record has a key for spans, even if there are none."""
    if isinstance(record, dict):
        return not record.keys().isdisjoint((*SPAN_KEYS, "completions", "responses")) or has_questions(record)
    return is_pair(record)


def is_pair(record: object) -> bool:
    """Return whether a record is spaCy's pair of a text and its annotations."""
    return isinstance(record, list) and len(record) == 2 and isinstance(record[0], str) and isinstance(record[1], dict)


def id_of(record: object) -> str:
    """Return the id of a record, encoded as JSON unless it is a string or an integer; empty if there is none."""
    value = record.get("id") if isinstance(record, dict) else None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    return json.dumps(value, ensure_ascii=False, default=str).strip('"')


def meta_of(record: object) -> dict[str, object]:
    """Return the object under ``meta`` in a record; empty if there is none."""
    value = record.get("meta") if isinstance(record, dict) else None
    return value if isinstance(value, dict) else {}


def _parse_record(record: Mapping[str, object]) -> Annotated:
    known_text = text_of(record)
    text = record.get("data") if known_text is None else known_text
    if not isinstance(text, str):
        for key in ("tokens", "words"):
            items = _list_or_empty(record.get(key))
            others = [item for item in items if not isinstance(item, str)]
            if 0 < len(others) < len(items):
                message = f"{key!r} holds {format_value(others[0])} among its words; expected a string for each"
                raise CorpusError(message)
        keys = ", ".join(map(str, record)) or "none"
        raise CorpusError(f"the record has no 'text'; its keys are {keys}; rename the one of its text to 'text'")
    annotated = Annotated(text=text, id=id_of(record), meta=meta_of(record))
    read = _add_spans(annotated, record)
    text_key = "data" if known_text is None else ""
    annotated.unread += unread_keys(record, read=(*TEXT_KEYS, "sentences", "layers", "relations", *read, text_key))
    relations = record.get("relations")
    if isinstance(relations, list):
        annotated.left_out.extend(("a relation is not an entity", format_value(relation)) for relation in relations)
    words, tokens, sentences = (record.get(key) for key in ("words", "tokens", "sentences"))
    if text.strip():
        words, tokens = words or None, tokens or None  # an empty list means that the words are not known
    if isinstance(words, list):
        annotated.words = words
    elif isinstance(tokens, list) and all(isinstance(token, dict) for token in tokens):
        annotated.words = [[token.get("start"), token.get("end")] for token in tokens]
        annotated.unread += [key for token in tokens for key in unread_keys(token, read=_TOKEN_KEYS, of="tokens")]
    elif isinstance(tokens, list) and all(isinstance(token, str) for token in tokens):
        annotated.words = align(tokens, text)
    if isinstance(sentences, list):
        annotated.sentences = sentences
    layers = record.get("layers")
    for name, items in layers.items() if isinstance(layers, dict) else ():
        layer = Annotated(text=text)
        for item in _list_or_empty(items):
            add_span(layer, item)
        annotated.layers[name] = layer.spans
        annotated.unusable += layer.unusable
    return annotated


def _add_spans(annotated: Annotated, record: Mapping[str, object]) -> Collection[str]:
    """Add the spans of the first key that holds any, count those of further keys as unusable, and return these keys."""
    span_keys = span_keys_of(record)
    if not span_keys and has_questions(record):
        _add_answers(annotated, record)
        return record.keys() - {"metadata", "vectors"}
    filled_keys = [key for key in SPAN_KEYS if isinstance(record.get(key), list | dict) and record[key]]
    key, *further_keys = span_keys or filled_keys[:1] or [""]
    span_values = record.get(key)
    if isinstance(span_values, dict):
        add_spans_by_type(annotated, span_values)
    for item in _list_or_empty(span_values):
        if _may_count_tokens(item, record):
            reason = "the span may count tokens or characters; remove 'text' if it counts tokens, or else 'tokens'"
            annotated.unusable.append((reason, format_value(item)))
        else:
            add_span(annotated, item)
    annotated.unusable.extend(
        (f"the annotation is under {further!r}, and that under {key!r} is read", format_value(item))
        for further in further_keys
        for item in _list_or_empty(record[further]) or [record[further]]
    )
    return (key, *further_keys)


def span_keys_of(record: Mapping[str, object]) -> list[str]:
    """Return the span keys that hold a span, or annotations grouped by type."""
    return [
        key
        for key in SPAN_KEYS
        if (isinstance(value := record.get(key), dict) and value)
        or (isinstance(value, list) and any(map(looks_like_span, value)))
    ]


def _may_count_tokens(item: object, record: Mapping[str, object]) -> bool:
    """Return whether a span could be SpERT's, which counts tokens, in a record that also has a text."""
    return (
        isinstance(item, dict)
        and {"type", "start", "end"} <= item.keys()
        and item.keys().isdisjoint(("label", "labels", "text"))
        and bool(words_of(record))
    )


def _parse_argilla(record: Mapping[str, object]) -> Annotated:
    """Return the text and spans of a record of Argilla that has its fields and answers in objects."""
    fields = record["fields"]
    assert isinstance(fields, dict)
    texts = [value for value in fields.values() if isinstance(value, str)]
    text = fields.get("text", texts[0] if len(texts) == 1 else None)
    if not isinstance(text, str):
        raise CorpusError(
            f"the record has no text; its fields are {format_value(fields)}, expected 'text' or one text alone"
        )
    annotated = Annotated(text=text, id=id_of(record))
    annotated.unread += [key for key, value in fields.items() if value and value is not text]
    annotated.unread += ["metadata"] * bool(record.get("metadata"))
    _add_answers(annotated, record)
    return annotated


def _add_answers(annotated: Annotated, record: Mapping[str, object]) -> None:
    """Add the spans of Argilla's first answer: the first annotator's to the first question answered with spans."""
    answers = argilla_answers(record)
    for item in answers[0] if answers else []:
        add_span(annotated, item)
    annotated.left_out.extend(("a further annotation of the same record", format_value(each)) for each in answers[1:])


def _parse_labelstudio(record: Mapping[str, object]) -> Annotated:
    data = record["data"]
    assert isinstance(data, dict)
    text = data.get("text")
    if not isinstance(text, str):
        strings = [value for value in data.values() if isinstance(value, str)]
        if len(strings) != 1:
            raise CorpusError(
                f"the task has no text; its data are {format_value(data)}, expected 'text' or one text alone"
            )
        text = strings[0]
    id = id_of(data) or id_of(record)
    annotated = Annotated(text=text, id=id, meta=meta_of(data))
    annotated.unread += [key for key in unread_keys(data, read=("id", "meta")) if data[key] is not text]
    items = _list_or_empty(record.get("annotations")) or _list_or_empty(record.get("completions"))
    completed = [
        item for item in items if isinstance(item, dict) and not item.get("was_cancelled") and not item.get("skipped")
    ]
    completed.sort(key=lambda item: not item.get("ground_truth"))
    for item in completed[1:]:
        annotated.left_out.append(("a further annotation of the same task", f"annotation {item.get('id')}"))
    for item in completed[:1]:
        for result in _list_or_empty(item.get("result")):
            value = result.get("value") if isinstance(result, dict) else None
            if isinstance(result, dict) and result.get("type") in _OTHER_RESULTS:
                annotated.left_out.append((f"a result of type {result['type']} is not an entity", format_value(result)))
            else:
                add_span(annotated, value if isinstance(value, dict) else result)
    return annotated


def _list_or_empty(value: object) -> list[object]:
    return value if isinstance(value, list) else []
