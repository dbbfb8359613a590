"""Parser of annotations grouped by type, as exported by GATE, returned by Twitter or in CLUENER, to labelled spans.

``{"Person": [{"indices": [0, 5], "gender": "female"}], "Token": […]}``: the type is the label; other features of an
annotation are ignored. Annotations by GATE's tokeniser, sentence splitter and gazetteer, and Twitter's own annotations
(such as hashtags), are not named entities and are left out. In other groups, such as ``{"entities": [{"start": 0,
"end": 5, "label": "PER"}]}`` or Twitter's ``annotations``, the label of each annotation is its own. In CLUENER,
annotations are also grouped by their text, and the end is the last character: ``{"name": {"叶老桂": [[9, 11]]}}``.

Sources: https://gate.ac.uk/userguide/sec:corpora:json, https://docs.x.com/x-api/fundamentals/data-dictionary,
https://github.com/CLUEbenchmark/CLUENER2020
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onoma.corpora.span_notations import add_span, unread_keys
from onoma.corpora.spans import Annotated, RawSpan

_IGNORED_TYPES = frozenset(
    [
        *("Token", "SpaceToken", "DEFAULT_TOKEN", "Sentence", "Split", "Lookup", "Paragraph", "paragraph", "NounChunk"),
        *("hashtags", "urls", "user_mentions", "symbols", "media"),
    ]
)
_TWITTER_TYPES = frozenset(["mentions", "cashtags"])
"""Further types of Twitter's, with names that a group of named entities may have as well."""


def add_spans_by_type(annotated: Annotated, annotations: Mapping[str, object]) -> None:
    """Add annotations grouped by type to a text."""
    for type, items in annotations.items():
        label = type.removeprefix(":")
        if isinstance(items, dict) and items and all(map(_is_list_of_pairs, items.values())):
            annotated.spans.extend(_parse_spans_by_text(items, label=label, text=annotated.text))
            continue
        for item in items if isinstance(items, list) else [items]:
            pair = item.get("indices") if isinstance(item, dict) else item
            if label in _IGNORED_TYPES or (label in _TWITTER_TYPES and _is_unlabelled(item)):
                annotated.left_out.append((f"annotations of the type {label} are not names", str(item)))
            elif isinstance(pair, list) and len(pair) == 2:
                annotated.spans.append(RawSpan(start=pair[0], end=pair[1], label=label))
                if isinstance(item, dict):
                    annotated.unread += unread_keys(item, read=("indices",), of="spans")
            else:
                add_span(annotated, _make_end_exclusive(item), label=label)


def _is_list_of_pairs(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(pair, list) and len(pair) == 2 for pair in value)


def _parse_spans_by_text(
    pairs_by_text: Mapping[str, list[list[object]]], *, label: str, text: str
) -> Iterator[RawSpan]:
    """Yield the spans of CLUENER; ends that are no last characters are read as usual."""
    for quoted, pairs in pairs_by_text.items():
        for start, end in pairs:
            if type(start) is int and type(end) is int and text[start : end + 1] == quoted:
                end = end + 1
            yield RawSpan(start=start, end=end, label=label, text=quoted)


def _is_unlabelled(item: object) -> bool:
    return isinstance(item, dict) and item.keys().isdisjoint(("label", "labels", "type"))


def _make_end_exclusive(item: object) -> object:
    """Return one of Twitter's ``annotations``, whose end is their last character, as other tools write it."""
    if isinstance(item, dict) and "normalized_text" in item and isinstance(item.get("end"), int):
        return {**item, "end": item["end"] + 1}
    return item
