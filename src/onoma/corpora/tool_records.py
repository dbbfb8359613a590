"""JSON records of further annotation tools and services, rewritten as records with ``text`` and ``entities``.

- PubAnnotation: ``{"text", "denotations": [{"span": {"begin", "end"}, "obj"}]}``
- BioC: ``{"passages": [{"offset", "text", "annotations"}]}``, with annotations ``{"infons": {"type"},
  "locations": [{"offset", "length"}]}`` and offsets in the whole document; a passage may also consist of such sentences
- LightTag: ``{"content", "annotations": [{"start", "end", "tag", "value"}]}``
- UBIAI: ``{"document", "tokens": [{"start", "end", "entityLabel", "text"}]}``
- SageMaker Ground Truth: ``{"source", JOB: {"annotations": {"entities": [{"startOffset", "endOffset", "label"}]}}}``
- Vertex AI: ``{"textContent", "textSegmentAnnotations": [{"startOffset", "endOffset", "displayName"}]}``
- AutoML: ``{"text_snippet": {"content"}, "annotations": [{"text_extraction": {"text_segment": {"start_offset",
  "end_offset"}}, "display_name"}]}``
- Rasa: ``{"text", "entities": [{"start", "end", "value", "entity"}]}``
- LUIS: ``{"text", "entityLabels": [{"startCharIndex", "endCharIndex", "entityName"}]}``, or ``{"text", "entities":
  [{"startPos", "endPos", "entity"}]}``; the end is the last character
- data sets such as MSRA: ``{"text", "entity_list": [{"entity_index": {"begin", "end"}, "entity_type", "entity"}]}``

Sources: http://www.pubannotation.org/docs/annotation-format/, https://bioc.sourceforge.net,
https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html, https://cloud.google.com/vertex-ai/docs,
https://legacy-docs-oss.rasa.com/docs/rasa/training-data-format, https://learn.microsoft.com/azure/ai-services/luis
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from onoma.corpora.span_notations import SPAN_ITEM_KEYS

Record = Mapping[str, object]

_MAX_GAP = 1_000_000
"""Maximum number of characters between two passages of BioC, which are line feeds in the text."""

_TEXT_KEYS = frozenset(["text", "tokens", "words", "sentences"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where a tool puts the parts of a text and of its spans; a dot stands between keys of nested objects.

    Attributes:
        text, spans: keys of the text and of the list of spans.
        start, end, label: keys of the parts of a span.
        quote: key of the text of a span, which may be missing; None if the layout has none.
        value: key that a span of this layout must have, although it is not used.
        last_included: whether the end is the last character of the span.
    """

    text: str = "text"
    spans: str
    start: str
    end: str
    label: str
    quote: str | None = "text"
    value: str | None = None
    last_included: bool = False

    def convert(self, record: Record) -> Record | None:
        """Return a record in onoma's layout; None if the record has another layout."""
        spans = record.get(self.spans)
        text, text_key = _value(record, self.text), self.text.partition(".")[0]
        if not isinstance(text, str) or not isinstance(spans, list):
            return None
        if self.text != "text" and not _TEXT_KEYS.isdisjoint(record.keys() - {self.spans}):
            return None
        if not any(map(self._is_span, spans)) and (spans or self.text == "text"):
            return None
        others = {key: value for key, value in record.items() if key not in (text_key, self.spans)}
        return {**others, "text": text, "entities": list(map(self._convert_span, spans))}

    def _is_span(self, item: object) -> bool:
        has_bounds = type(_value(item, self.start)) is int and type(_value(item, self.end)) is int
        has_value = self.value is None or _value(item, self.value) is not None
        return has_bounds and has_value and isinstance(_value(item, self.label), str)

    def _convert_span(self, item: object) -> object:
        if not self._is_span(item):
            return item
        end = _value(item, self.end)
        assert isinstance(end, int)
        span = {"start": _value(item, self.start), "end": end + self.last_included, "label": _value(item, self.label)}
        quote = None if self.quote is None else _value(item, self.quote)
        read = {
            path.partition(".")[0] for path in (self.start, self.end, self.label, self.quote or "", self.value or "")
        }
        span = {**_unread_part(item, read), **span}
        return {**span, "text": quote} if isinstance(quote, str) else span


_LAYOUTS = (
    _Layout(spans="denotations", start="span.begin", end="span.end", label="obj"),
    _Layout(text="content", spans="annotations", start="start", end="end", label="tag", quote="value"),
    _Layout(text="document", spans="tokens", start="start", end="end", label="entityLabel"),
    _Layout(
        text="textContent", spans="textSegmentAnnotations", start="startOffset", end="endOffset", label="displayName"
    ),
    _Layout(
        text="text_snippet.content",
        spans="annotations",
        start="text_extraction.text_segment.start_offset",
        end="text_extraction.text_segment.end_offset",
        label="display_name",
    ),
    _Layout(spans="entities", start="start", end="end", label="entity", quote=None, value="value"),
    _Layout(spans="entityLabels", start="startCharIndex", end="endCharIndex", label="entityName", last_included=True),
    _Layout(spans="entities", start="startPos", end="endPos", label="entity", last_included=True),
    _Layout(
        spans="entity_list", start="entity_index.begin", end="entity_index.end", label="entity_type", quote="entity"
    ),
    _Layout(spans="entities", start="startOffset", end="endOffset", label="label"),
)


def with_entities(record: object) -> object:
    """Return the record of a tool with its text and entities under those names; other records unchanged."""
    if not isinstance(record, dict):
        return record
    if isinstance(record.get("passages"), list):
        return _convert_bioc(record)
    record = _without_job(record)
    return next((found for layout in _LAYOUTS if (found := layout.convert(record)) is not None), record)


def _without_job(record: Record) -> Record:
    """Return a record of Ground Truth with its entities beside its source instead of inside its labelling job."""
    for job, value in record.items():
        annotations = _value(value, "annotations.entities")
        if isinstance(annotations, list) and "source" in record and f"{job}-metadata" in record:
            return {"text": record["source"], "entities": annotations}
    return record


def _convert_bioc(record: Record) -> Record:
    text, entities = "", list[object]()
    for passage in _objects_in(record["passages"]):
        sentences = _objects_in(passage.get("sentences"))
        for part in [passage] if isinstance(passage.get("text"), str) or not sentences else sentences:
            offset, content = part.get("offset"), part.get("text")
            if not isinstance(offset, int) or not isinstance(content, str) or not 0 <= offset - len(text) <= _MAX_GAP:
                return record
            text = text.ljust(offset, "\n") + content
        for part in (passage, *sentences):
            annotations = part.get("annotations")
            entities += map(_convert_bioc_span, annotations if isinstance(annotations, list) else [])
    others = {key: value for key, value in record.items() if key not in ("passages", "annotations")}
    return {**others, "text": text, "entities": entities}


def _objects_in(value: object) -> list[Record]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _convert_bioc_span(item: object) -> object:
    locations, label = _value(item, "locations"), _value(item, "infons.type")
    if not isinstance(locations, list) or len(locations) != 1:
        return item
    start, length = _value(locations[0], "offset"), _value(locations[0], "length")
    if not isinstance(start, int) or not isinstance(length, int):
        return item
    span = {"start": start, "end": start + length, "label": label, "text": _value(item, "text")}
    infons = _value(item, "infons")
    further = {key: value for key, value in infons.items() if key != "type"} if isinstance(infons, dict) else {}
    return {**_unread_part(item, {"id", "infons", "locations"}), **further, **span}


def _unread_part(item: object, read: Collection[str]) -> Record:
    """Return the part of a span that no layout reads, so that it is counted."""
    others = item.items() if isinstance(item, dict) else ()
    return {key: value for key, value in others if key not in read and key not in SPAN_ITEM_KEYS}


def _value(item: object, path: str) -> object:
    """Return the value at a path of keys; None if there is none."""
    for key in path.split("."):
        item = item.get(key) if isinstance(item, dict) else None
    return item
