"""Parser of JSON records of words with one tag each, in a list.

- ``{"tokens": ["Ada"], "tags": ["B-PER"]}``, the tags also as ``ner_tags``, ``labels`` or ``entities``, as numbers,
  or in one string between white space; with a ``text``, the words are located in it
- ``{"text": "Ada", "tags": ["B-PER"]}``: the words are the parts of the text between white space
"""

from __future__ import annotations

from collections.abc import Sequence

from onoma.corpora.blocks import SentenceBlock
from onoma.corpora.layouts import SPAN_KEYS, TEXT_KEYS, span_keys_of, text_of, words_of
from onoma.corpora.span_notations import format_value, unread_keys
from onoma.corpora.spelling import are_tags
from onoma.errors import CorpusError
from onoma.schemes import OUTSIDE

TAG_KEYS = ("ner_tags", "tags", "labels", "entities")
_AMBIGUOUS_KEYS = frozenset(["tags", *SPAN_KEYS])
"""Keys of tags that may also hold spans, or keywords of a text."""


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
    words = words_of(record)
    if words is None:
        return None
    text = text_of(record)
    block = SentenceBlock(words=words, lines=[line] * len(words), text=text)
    for name in keys:
        values = record.get(name)
        if isinstance(values, str) and _are_tags_of(values.split(), words):
            values = values.split()
        if not isinstance(values, list) or not values:
            continue
        if name in _AMBIGUOUS_KEYS and any(isinstance(value, list | dict) for value in values):
            continue
        tags = _parse_tags(values, name)
        if len(tags) != len(words):
            raise CorpusError(f"there are {len(words)} tokens but {len(tags)} tags in {name!r}")
        block.layers = (tags,)
        block.unread.update(unread_keys(record, read=(*TEXT_KEYS, name)))
        return block
    block.unread.update(unread_keys(record, read=TEXT_KEYS))
    return block if text is None else None


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
    if not isinstance(text, str) or span_keys_of(record):
        return None
    for name in keys:
        values, words = record.get(name), text.split()
        if isinstance(values, str) and _are_tags_of(values.split(), words):
            values = values.split()
        if not isinstance(values, list) or not values:
            continue
        if name not in _AMBIGUOUS_KEYS or OUTSIDE in values or _are_tags_of(values, words):
            return tags_of({**record, "tokens": words, name: values}, line=line, keys=(name,))
    return None


def tag_keys_of(record: object) -> list[str]:
    """Return the keys of a record that hold a string in the form of a tag for each token, known or not."""
    if not isinstance(record, dict):
        return []
    words = words_of(record) or []
    return [key for key, value in record.items() if isinstance(value, list) and value and _are_tags_of(value, words)]


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
