"""Parser of JSON records in the layouts of annotation tools.

See ``token_spans`` for records whose spans are ranges of tokens, ``span_notations`` for the notations of a span, and
``written_layouts`` for the writer.

- onoma: ``{"id", "text", "entities": [{"start", "end", "label", "score", "text"}]}``, optionally with
  ``"words": [[0, 5]]``, ``"sentences": [[0, 9]]`` or ``[[0, 9, "name"]]``, ``"meta": {}``, or with further
  labelled spans ``"layers": {"pos": [{"start", "end", "label", "score", "text"}]}``
- doccano: ``{"text", "label": [[0, 5, "PER"]]}`` or ``{"text", "entities": [{"label", "start_offset", "end_offset"}]}``
- prodigy: ``{"text", "spans": [{"start", "end", "label"}], "tokens": [{"text", "start", "end", "id"}], "answer"}``
- spacy: ``["text", {"entities": [[0, 5, "PER"]]}]`` or ``{"text", "entities": [[0, 5, "PER"]]}``
- labelstudio: ``{"data": {"text"}, "annotations": [{"result": [{"value": {"start", "end", "text", "labels"}}]}]}``,
  or with ``completions``, as in older versions
- tokens and tags, read only: ``{"tokens": ["Ada"], "tags": ["B-PER"]}``, the tags also as ``ner_tags``, ``labels`` or
  ``entities``, and as numbers; with a ``text``, the words are located in it, and without ``tokens`` they are the
  parts of the text between white space
- argilla, read only: ``{"text", "tokens": ["Ada"], "annotation": [["PER", 0, 5]]}``, or the answers of annotators; see
  ``argilla``
- a text or tokens with one label, read only: ``{"text", "label": "question"}``; the label also under another key
- GATE and Twitter, read only: ``{"text", "entities": {"Person": [{"indices": [0, 5]}]}}``; see ``gate``

Other keys are ignored. If no known key of a record holds spans or tags, but another key seems to, an error is raised.
This module does not access files and does not validate spans: see ``spans``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isnan
from typing import TypeGuard

from onoma.corpora.argilla import argilla_answers, has_questions
from onoma.corpora.blocks import SentenceBlock, align
from onoma.corpora.gate import add_spans_by_type
from onoma.corpora.span_notations import add_span, format_value, looks_like_span
from onoma.corpora.spans import Annotated
from onoma.corpora.spelling import are_tags
from onoma.errors import CorpusError
from onoma.schemes import OUTSIDE

SPAN_KEYS = ("entities", "spans", "label", "labels", "annotation", "annotations")
LABEL_KEYS = ("label", "labels", "category", "class", "intent", "sentiment")
"""Keys that may hold the label of a whole text."""

TAG_KEYS = ("ner_tags", "tags", "labels", "entities")
_AMBIGUOUS_KEYS = frozenset(["tags", *SPAN_KEYS])
"""Keys of tags that may also hold spans, or keywords of a text."""

_OTHER_KEYS = frozenset(
    [
        *("tokens", "words", "sentences", "sents", "paragraphs", "passages", "relations"),
        *("prediction", "predictions", "suggestion", "suggestions"),
    ]
)
"""Keys whose values may look like spans, but are no annotation of entities."""

_SUGGESTION_SUFFIXES = (".suggestion", "-suggestion")
_MAX_NESTED_LISTS = 2


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


def tags_of(record: object, *, line: int, keys: Sequence[str] = TAG_KEYS) -> SentenceBlock | None:
    """Return the words and tags of a record with tokens and tags; None for a record with spans.

    Args:
        record: a record in any layout.
        line: the line of the record.
        keys: keys of the tags; the first one that holds any is used.

    Raises:
        CorpusError: the numbers of tags and tokens differ, or the tags are neither all strings nor all whole numbers.
    """
    if not isinstance(record, dict):
        return None
    words = _words_of(record)
    if words is None:
        return None
    text = record.get("text")
    block = SentenceBlock(words=words, lines=[line] * len(words), text=text if isinstance(text, str) else None)
    for name in keys:
        values = record.get(name)
        if not isinstance(values, list) or not values:
            continue
        if name in _AMBIGUOUS_KEYS and any(isinstance(value, list | dict) for value in values):
            continue
        tags = _parse_tags(values, name)
        if len(tags) != len(words):
            raise CorpusError(f"there are {len(words)} tokens but {len(tags)} tags in {name!r}")
        block.layers = (tags,)
        return block
    return None if isinstance(text, str) else block


def tags_of_text(record: object, *, line: int, keys: Sequence[str] = TAG_KEYS) -> SentenceBlock | None:
    """Return the words and tags of a record with a text and tags, but without tokens; None if there are no tags.

    The words are the parts of the text between white space. Of the keys that may also hold spans or keywords, one holds
    tags if ``O`` is among its values, or if they have the form of tags and there is one for each word.

    Args:
        record, line, keys: as of ``tags_of``.

    Raises:
        CorpusError: as from ``tags_of``.
    """
    if not isinstance(record, dict) or not {"tokens", "words"}.isdisjoint(record):
        return None
    text = record.get("text")
    if not isinstance(text, str) or _span_keys_of(record):
        return None
    for name in keys:
        values = record.get(name)
        if not isinstance(values, list) or not values:
            continue
        words = text.split()
        if name not in _AMBIGUOUS_KEYS or OUTSIDE in values or _are_tags_of(values, words):
            return tags_of({"text": text, "tokens": words, name: values}, line=line, keys=(name,))
    return None


def _parse_tags(values: list[object], key: str) -> list[str]:
    """Return tags as strings.

    Raises:
        CorpusError: they are neither all strings nor all whole numbers.
    """
    if all(map(_is_whole_number, values)):
        return [f"{value:.0f}" if isinstance(value, float) else str(value) for value in values]
    tags = [value for value in values if isinstance(value, str)]
    if len(tags) < len(values):
        other = next(value for value in values if not (isinstance(value, str) if tags else _is_whole_number(value)))
        raise CorpusError(
            f"{key!r} holds {format_value(other)} among its tags; expected a string for each token, or a whole number"
        )
    return tags


def _is_whole_number(value: object) -> bool:
    return type(value) is int or (isinstance(value, float) and value.is_integer())


def _are_tags_of(values: Sequence[object], words: Sequence[str]) -> bool:
    """Return whether values are tags of given words: as many, and all strings in the form of tags."""
    tags = {value for value in values if isinstance(value, str)}
    return len(values) == len(words) and all(isinstance(value, str) for value in values) and are_tags(tags)


def spans_of(record: object) -> Annotated:
    """Return the text and spans of a record in any layout except that of tokens and tags.

    Raises:
        CorpusError: the record has no text.
    """
    if isinstance(record, list) and is_pair(record):
        return _parse_record({"text": record[0], **record[1]})
    if not isinstance(record, dict):
        raise CorpusError(f"a record is {format_value(record)}; expected an object with 'text'")
    if isinstance(record.get("data"), dict):
        return _parse_labelstudio(record)
    if isinstance(record.get("fields"), dict):
        return _parse_argilla(record)
    return _parse_record(record)


def unknown_annotation(record: object) -> None:
    """Check that a record without spans or tags under a known key does not hold some under another key.

    Raises:
        CorpusError: a key seems to hold spans or tags; the message names it.
    """
    if not isinstance(record, dict):
        return
    words = _words_of(record)
    ignored = _OTHER_KEYS if "text" not in record and words is not None else _OTHER_KEYS.union(SPAN_KEYS)
    for key, value in record.items():
        if key in ignored or key.endswith(_SUGGESTION_SUFFIXES) or not _hold_spans(value):
            continue
        if "text" not in record and words is not None:
            raise CorpusError(
                f"the key {key!r} seems to hold spans of tokens in an unknown layout; rename the keys to those of "
                "GLiNER ('tokenized_text' and 'ner': last token included) or SpERT ('tokens', and 'entities' with "
                "'type', 'start' and 'end': last token excluded)"
            )
        known = ", ".join(SPAN_KEYS)
        raise CorpusError(
            f"the key {key!r} seems to hold spans and is unknown; rename it to one of {known}, or use the layout "
            "of onoma, doccano, prodigy, spacy, labelstudio, argilla, or tokens and ner_tags"
        )
    if (tag_key := _find_unknown_tags(record)) is not None:
        known = ", ".join(TAG_KEYS)
        raise CorpusError(
            f"the key {tag_key!r} seems to hold tags and is unknown; name it with --tag-column {tag_key}, or rename it "
            f"to one of {known}"
        )


def tag_keys_of(record: object) -> list[str]:
    """Return the keys of a record that hold a string in the form of a tag for each token, known or not."""
    if not isinstance(record, dict):
        return []
    words = _words_of(record) or []
    return [key for key, value in record.items() if isinstance(value, list) and value and _are_tags_of(value, words)]


def _find_unknown_tags(record: Mapping[str, object]) -> str | None:
    """Return the key of the tags of a record: strings in the form of tags, or else numbers; None without.

    Numbers beside an empty known key are no tags, but may be the ids of tokens, for example.
    """
    words = _words_of(record)
    if not words:
        return None
    tag_keys = tag_keys_of(record)
    if not tag_keys and not has_annotation(record):
        tag_keys = [key for key, value in record.items() if _are_numbers(value) and len(value) == len(words)]
    return min(tag_keys, key=lambda key: "ner" not in key.lower(), default=None)


def _are_numbers(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(each) is int for each in value)


def _hold_spans(value: object, *, depth: int = 0) -> bool:
    """Return whether a value is a list of spans, or of lists or answers that hold spans."""
    if not isinstance(value, list) or not value or depth > _MAX_NESTED_LISTS:
        return False
    return all(
        looks_like_span(item) or _hold_spans(item.get("value") if isinstance(item, dict) else item, depth=depth + 1)
        for item in value
    )


def _words_of(record: Mapping[str, object]) -> list[str] | None:
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
    text = record.get("text", record.get("full_text"))
    if not isinstance(text, str):
        raise CorpusError(f"the record {format_value(record)} has no text; expected an object with 'text'")
    annotated = Annotated(text=text, id=id_of(record), meta=meta_of(record))
    _add_spans(annotated, record)
    relations = record.get("relations")
    if isinstance(relations, list):
        annotated.left_out.extend(("a relation is no entity", format_value(relation)) for relation in relations)
    words, tokens, sentences = record.get("words"), record.get("tokens"), record.get("sentences")
    if isinstance(words, list):
        annotated.words = words
    elif isinstance(tokens, list) and all(isinstance(token, dict) for token in tokens):
        annotated.words = [[token.get("start"), token.get("end")] for token in tokens]
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
        annotated.left_out += layer.left_out
    return annotated


def _add_spans(annotated: Annotated, record: Mapping[str, object]) -> None:
    """Add the spans of the first key that holds any, and count those of further keys as left out."""
    span_keys = _span_keys_of(record)
    if not span_keys and has_questions(record):
        _add_answers(annotated, record)
        return
    filled_keys = [key for key in SPAN_KEYS if isinstance(record.get(key), list | dict) and record[key]]
    key, *further_keys = span_keys or filled_keys[:1] or [""]
    span_values = record.get(key)
    if isinstance(span_values, dict):
        add_spans_by_type(annotated, span_values)
    for item in _list_or_empty(span_values):
        if _may_count_tokens(item, record):
            reason = "the span may count tokens or characters; remove 'text' if it counts tokens, or else 'tokens'"
            annotated.left_out.append((reason, format_value(item)))
        else:
            add_span(annotated, item)
    annotated.left_out.extend(
        (f"{further!r} holds annotation as well as {key!r}, which is read", format_value(item))
        for further in further_keys
        for item in _list_or_empty(record[further]) or [record[further]]
    )


def _span_keys_of(record: Mapping[str, object]) -> list[str]:
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
        and bool(_words_of(record))
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
            add_span(annotated, value if isinstance(value, dict) else result)
    return annotated


def _list_or_empty(value: object) -> list[object]:
    return value if isinstance(value, list) else []
