"""Parser of one annotation in any of the notations that tools use for a span of a text.

- a list: ``[0, 5, "PER"]`` or ``["PER", 0, 5]``, also with the text of the span, as in ``["Ada", 0, 3, "PER"]``
- an object with bounds: ``start`` and ``end`` (Prodigy, Hugging Face), ``start_offset`` and ``end_offset`` (doccano),
  ``start_pos`` and ``end_pos`` (Flair), ``start_char`` and ``end_char`` (spaCy, Stanza), ``begin`` and ``end`` (UIMA),
  ``offset`` and ``length`` (Azure), or a pair under ``indices``, ``offsets`` or ``span``
- the label of such an object: ``label``, ``labels`` (several, or Flair's ``[{"value": "PER"}]``), ``type``,
  ``entity_group`` (Hugging Face) or ``category`` (Azure)

The ``word`` of a Hugging Face pipeline does not count as a quotation: it is decoded from subwords, often in lower case.
This module does not validate spans: see ``spans``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from onoma.corpora.spans import Annotated, RawSpan

_START_KEYS = ("start", "start_offset", "begin", "start_pos", "start_char", "offset")
_END_KEYS = ("end", "end_offset", "end_pos", "end_char")
_PAIR_KEYS = ("indices", "offsets", "span")
_LABEL_KEYS = ("labels", "label", "type", "entity_group", "category")
_DERIVED_KEYS = ("text", "word", "token_start", "token_end")
SPAN_ITEM_KEYS = frozenset([*_START_KEYS, *_END_KEYS, *_PAIR_KEYS, *_LABEL_KEYS, *_DERIVED_KEYS, "length", "score"])
"""Keys of an object that are read, or follow from those that are."""


def add_span(annotated: Annotated, item: object, *, label: str | None = None) -> None:
    """Add a span to a text, one for each of its labels; as unusable if it has no bounds or no label.

    Args:
        annotated: the text.
        item: the span in any notation.
        label: the label of an object without one.
    """
    if isinstance(item, list) and len(item) >= 3:
        annotated.spans.append(_parse_list(item, annotated.text))
        return
    if not isinstance(item, dict) or not item:
        annotated.unusable.append(("the annotation is not a span", format_value(item)))
        return
    bounds = _bounds_of(item)
    annotated.unread += unread_keys(item, read=SPAN_ITEM_KEYS, of="spans")
    if bounds is None:
        annotated.unusable.append((f"the annotation has no bounds among its keys {_join(item)}", format_value(item)))
        return
    labels = _labels_of(item) or ([] if label is None else [label])
    if not labels:
        annotated.unusable.append((f"the span has no label among its keys {_join(item)}", format_value(item)))
    for name in labels:
        span = RawSpan(start=bounds[0], end=bounds[1], label=name, score=item.get("score"), text=item.get("text"))
        annotated.spans.append(span)


def looks_like_span(item: object) -> bool:
    """Return whether an item is a span in any notation, perhaps without a label."""
    if isinstance(item, dict):
        return not item.keys().isdisjoint((*_START_KEYS, *_PAIR_KEYS))
    integer_count = sum(type(each) is int for each in item) if isinstance(item, list) else 0
    return isinstance(item, list) and integer_count == 2 and any(isinstance(each, str) for each in item)


def _parse_list(item: Sequence[object], text: str) -> RawSpan:
    """Return the span of a list; of two strings, the one that the span covers is its text."""
    start, end, name, *rest = item
    if isinstance(start, str) and type(name) is int:
        start, end, name = end, name, start
    if rest and isinstance(rest[0], str) and type(start) is int and type(end) is int and name == text[start:end]:
        return RawSpan(start=start, end=end, label=rest[0], text=name)
    return RawSpan(start=start, end=end, label=name)


def unread_keys(record: Mapping[str, object], *, read: Collection[str], of: str = "") -> list[str]:
    """Return the keys of an object that have a value and are not read, for messages.

    Args:
        record: the object.
        read: keys that are read.
        of: what the object is a part of, in the plural; empty for a record.
    """
    keys = (str(key) for key, value in record.items() if key not in read and value not in (None, "", [], {}))
    return [f"{key} of {of}" if of else key for key in keys]


def format_value(value: object) -> str:
    """Return a value as in Python, shortened, for messages."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _bounds_of(item: Mapping[str, object]) -> tuple[object, object] | None:
    """Return start and end of an object, unchecked; None if it has no known key for them."""
    start_key = _find_key(item, _START_KEYS)
    if start_key is None:
        pairs = (item.get(key) for key in _PAIR_KEYS)
        return next(((pair[0], pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) == 2), None)
    start, length, end_key = item[start_key], item.get("length"), _find_key(item, _END_KEYS)
    if end_key is None and type(start) is int and type(length) is int:
        return start, start + length
    return start, None if end_key is None else item[end_key]


def _labels_of(item: Mapping[str, object]) -> list[object]:
    """Return the labels of an object, unchecked; empty if it has no known key for them."""
    key = next((key for key in _LABEL_KEYS if key in item and item[key] != []), None)
    value = None if key is None else item[key]
    labels = value if isinstance(value, list) else [] if key is None else [value]
    return [label.get("value") if isinstance(label, dict) else label for label in labels]


def _find_key(item: Mapping[str, object], keys: Sequence[str]) -> str | None:
    return next((key for key in keys if key in item), None)


def _join(keys: Iterable[object]) -> str:
    return ", ".join(map(str, keys))
