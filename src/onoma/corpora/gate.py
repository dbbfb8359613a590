"""Parser of annotations grouped by type, as exported by GATE and returned by Twitter, to labelled spans.

``{"Person": [{"indices": [0, 5], "gender": "female"}], "Token": […]}``: the type is the label; other features of an
annotation are ignored. Annotations by GATE's tokeniser, sentence splitter and gazetteer, and Twitter's own annotations
(such as hashtags), are not named entities and are left out.

Source: https://gate.ac.uk/userguide/sec:corpora:json
"""

from __future__ import annotations

from collections.abc import Mapping

from onoma.corpora.spans import RawSpan

_IGNORED_TYPES = frozenset(
    [
        *("Token", "SpaceToken", "DEFAULT_TOKEN", "Sentence", "Split", "Lookup", "Paragraph", "paragraph", "NounChunk"),
        *("hashtags", "urls", "user_mentions", "symbols", "media"),
    ]
)


def spans_by_type(annotations: Mapping[str, object]) -> tuple[list[RawSpan], list[tuple[str, str]]]:
    """Return the spans of a record, and the annotations that are left out as pairs of reason and annotation."""
    spans: list[RawSpan] = []
    left_out: list[tuple[str, str]] = []
    for type, items in annotations.items():
        label = type.removeprefix(":")
        for item in items if isinstance(items, list) else [items]:
            bounds = _find_bounds(item)
            if label in _IGNORED_TYPES:
                left_out.append((f"annotations of the type {label} are no names", str(item)))
            elif bounds is None:
                left_out.append(("the annotation is no span", f"{label}: {item}"))
            else:
                spans.append(RawSpan(start=bounds[0], end=bounds[1], label=label))
    return spans, left_out


def _find_bounds(item: object) -> tuple[object, object] | None:
    """Return start and end, unchecked, from ``start`` and ``end``, from ``indices``, or from the item itself."""
    if isinstance(item, dict) and "start" in item:
        return item["start"], item.get("end")
    pair = item.get("indices") if isinstance(item, dict) else item
    return (pair[0], pair[1]) if isinstance(pair, list) and len(pair) == 2 else None
