"""Annotation of JSON records under unknown keys: refused if it is the only one, and otherwise counted as left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeGuard

from onoma.corpora.argilla import has_questions
from onoma.corpora.layouts import SPAN_KEYS, has_annotation, span_keys_of, text_of, words_of
from onoma.corpora.span_notations import format_value, looks_like_span
from onoma.corpora.spans import Annotated
from onoma.corpora.tagged_records import TAG_KEYS, tag_keys_of
from onoma.errors import CorpusError

_OTHER_KEYS = frozenset(
    [
        *("tokens", "words", "sentences", "sents", "paragraphs", "passages", "relations"),
        *("prediction", "predictions", "suggestion", "suggestions"),
    ]
)
"""Keys whose values may look like spans, but are no annotation of entities."""

_FREE_KEYS = frozenset(["meta", "metadata", "layers"])
"""Keys whose values may hold anything, or spans of further tasks."""

_LABEL_KEYS = frozenset(
    [
        *("label", "labels", "type", "category", "tag", "class", "entity", "obj"),
        *("entitytype", "entityname", "entitylabel", "entityclass", "displayname", "classid"),
    ]
)
"""Names of the label of a span, in lower case and without underscores."""
_MAX_NESTED_OBJECTS = 4
_SUGGESTION_SUFFIXES = (".suggestion", "-suggestion")
_MAX_NESTED_LISTS = 2


def check_unknown_annotation(record: object) -> None:
    """Check that a record without spans or tags under a known key does not hold some under another key.

    Raises:
        CorpusError: a key seems to hold spans or tags; the message names it.
    """
    if not isinstance(record, dict):
        return
    if _is_span_alone(record):
        raise CorpusError(
            "the record seems to be a span, not a text with spans; give the whole text as 'text', with its spans under "
            "'entities'"
        )
    words = words_of(record)
    counts_tokens = text_of(record) is None and words is not None
    for key in _unknown_span_keys(record, ignored=_OTHER_KEYS if counts_tokens else _OTHER_KEYS.union(SPAN_KEYS)):
        if counts_tokens:
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
    if (span_key := _find_labelled_spans(record)) is not None:
        raise CorpusError(
            f"the key {span_key!r} seems to hold spans in an unknown layout; put them under 'entities', each with "
            "'start', 'end' and 'label'"
        )
    if (tag_key := _find_unknown_tags(record)) is not None:
        known = ", ".join(TAG_KEYS)
        raise CorpusError(
            f"the key {tag_key!r} seems to hold tags and is unknown; name it with --tag-column {tag_key}, or rename it "
            f"to one of {known}"
        )


def count_unknown_annotation(annotated: Annotated, record: object) -> None:
    """Count the spans under unknown keys of a record that also has spans under a known one as unusable."""
    if not isinstance(record, dict) or not span_keys_of(record):
        return
    keys = _unknown_span_keys(record, ignored=_OTHER_KEYS.union(SPAN_KEYS))
    annotated.unread = [key for key in annotated.unread if key not in keys]
    annotated.unusable += [
        (f"the annotation is under {key!r}, and that under a known key is read", format_value(item))
        for key in keys
        for item in record[key]
    ]


def _unknown_span_keys(record: Mapping[str, object], *, ignored: Collection[str]) -> list[str]:
    return [
        key
        for key, value in record.items()
        if key not in ignored and not key.endswith(_SUGGESTION_SUFFIXES) and hold_spans(value)
    ]


def _is_span_alone(record: Mapping[str, object]) -> bool:
    """Return whether a record is one labelled span, as in a list of the names of a text."""
    has_place = any(isinstance(record.get(key), list | dict) for key in SPAN_KEYS) or has_questions(record)
    return not has_place and looks_like_span(record) and _is_labelled(record)


def _find_labelled_spans(record: Mapping[str, object]) -> str | None:
    """Return a key whose value holds labelled spans inside objects, or with unknown names of their bounds."""
    ignored = _OTHER_KEYS.union(_FREE_KEYS, SPAN_KEYS)
    keys = (key for key in record if key not in ignored and not key.endswith(_SUGGESTION_SUFFIXES))
    return next((key for key in keys if _hold_labelled_spans(record[key])), None)


def _hold_labelled_spans(value: object, *, depth: int = 0) -> bool:
    if isinstance(value, dict) and depth < _MAX_NESTED_OBJECTS:
        inner = (each for key, each in value.items() if key not in _OTHER_KEYS)
        return any(_hold_labelled_spans(each, depth=depth + 1) for each in inner)
    return isinstance(value, list) and bool(value) and all(map(_is_labelled_span, value))


def _is_labelled_span(item: object) -> bool:
    if not isinstance(item, dict):
        return False
    fields = [*item.items(), *(field for value in item.values() if isinstance(value, dict) for field in value.items())]
    numbers = [key.lower() for key, value in fields if type(value) is int]
    has_bounds = any("start" in key or "begin" in key for key in numbers) and any("end" in key for key in numbers)
    return has_bounds and _is_labelled(item)


def _is_labelled(item: Mapping[str, object]) -> bool:
    return any(key.lower().replace("_", "") in _LABEL_KEYS for key in item)


def _find_unknown_tags(record: Mapping[str, object]) -> str | None:
    """Return the key of the tags of a record: strings in the form of tags, or else numbers; None without.

    Numbers beside an empty known key are no tags, but may be the ids of tokens, for example.
    """
    words = words_of(record)
    if not words:
        return None
    tag_keys = tag_keys_of(record)
    if not tag_keys and not has_annotation(record):
        tag_keys = [key for key, value in record.items() if _are_numbers(value) and len(value) == len(words)]
    return min(tag_keys, key=lambda key: "ner" not in key.lower(), default=None)


def _are_numbers(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(each) is int for each in value)


def hold_spans(value: object, *, depth: int = 0) -> bool:
    """Return whether a value is a list of spans, or of lists or answers that hold spans."""
    if not isinstance(value, list) or not value or depth > _MAX_NESTED_LISTS:
        return False
    return all(
        looks_like_span(item) or hold_spans(item.get("value") if isinstance(item, dict) else item, depth=depth + 1)
        for item in value
    )
