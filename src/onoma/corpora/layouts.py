"""Parser of JSON records in the layouts of annotation tools.

See ``token_spans`` for records whose spans are ranges of tokens, and ``written_layouts`` for the writer.

- onoma: ``{"id", "text", "entities": [{"start", "end", "label", "score", "text"}]}``, optionally with
  ``"words": [[0, 5]]``, ``"sentences": [[0, 9]]`` or ``[[0, 9, "name"]]``, ``"meta": {}``, or with further
  labelled spans ``"layers": {"pos": [{"start", "end", "label", "score", "text"}]}``
- doccano: ``{"text", "label": [[0, 5, "PER"]]}`` or ``{"text", "entities": [{"label", "start_offset", "end_offset"}]}``
- prodigy: ``{"text", "spans": [{"start", "end", "label"}], "tokens": [{"text", "start", "end", "id"}], "answer"}``
- spacy: ``["text", {"entities": [[0, 5, "PER"]]}]`` or ``{"text", "entities": [[0, 5, "PER"]]}``
- labelstudio: ``{"data": {"text"}, "annotations": [{"result": [{"value": {"start", "end", "text", "labels"}}]}]}``,
  or with ``completions``, as in older versions
- tokens and tags, read only: ``{"tokens": ["Ada"], "tags": ["B-PER"]}``, the tags also as ``ner_tags``, ``labels`` or
  ``entities``, and as numbers; with a ``text``, the words are located in it
- argilla, read only: ``{"text", "tokens": ["Ada"], "annotation": [["PER", 0, 5]]}`` or
  ``{"fields": {"text"}, "responses": {"name": [{"value": [{"start", "end", "label"}]}]}}``
- a text or tokens with one label, read only: ``{"text", "label": "question"}``; the label also under another key
- GATE and Twitter, read only: ``{"text", "entities": {"Person": [{"indices": [0, 5]}]}}``; see ``gate``

Other keys are ignored. If no known key of a record holds annotation, but another key seems to, an error is raised.
This module does not access files and does not validate spans: see ``spans``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isnan

from onoma.corpora.blocks import SentenceBlock, align
from onoma.corpora.gate import spans_by_type
from onoma.corpora.spans import Annotated, RawSpan
from onoma.corpora.spelling import are_tags
from onoma.errors import CorpusError

SPAN_KEYS = ("entities", "spans", "label", "labels", "annotation", "annotations")
LABEL_KEYS = ("label", "labels", "category", "class", "intent", "sentiment")
"""Keys that may hold the label of a whole text."""

_NON_SPAN_KEYS = frozenset(["tokens", "words", "sentences", "relations", "predictions", "prediction"])
TAG_KEYS = ("ner_tags", "tags", "labels", "entities")


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
        CorpusError: the numbers of tags and tokens differ.
    """
    if not isinstance(record, dict):
        return None
    words = _words_of(record)
    if words is None:
        return None
    text = record.get("text")
    block = SentenceBlock(words=words, lines=[line] * len(words), text=text if isinstance(text, str) else None)
    for name in keys:
        tags = record.get(name)
        if not isinstance(tags, list) or not tags:
            continue
        if all(type(tag) is int for tag in tags):
            tags = list(map(str, tags))
        if all(isinstance(tag, str) for tag in tags):
            if len(tags) != len(words):
                raise CorpusError(f"there are {len(words)} tokens but {len(tags)} tags in {name!r}")
            block.layers = (tags,)
            return block
    return None if isinstance(text, str) else block


def spans_of(record: object) -> Annotated:
    """Return the text and spans of a record in any layout except that of tokens and tags.

    Raises:
        CorpusError: the record has no text.
    """
    if isinstance(record, list) and is_pair(record):
        return _parse_record({"text": record[0], **record[1]})
    if not isinstance(record, dict):
        raise CorpusError(f"a record is {_format_value(record)}; expected an object with 'text'")
    if isinstance(record.get("data"), dict):
        return _parse_labelstudio(record)
    if isinstance(record.get("fields"), dict):
        return _parse_argilla(record)
    return _parse_record(record)


def unknown_annotation(record: object) -> None:
    """Check that a record without any annotation under a known key does not hold some under another key.

    Raises:
        CorpusError: a key seems to hold spans or tags; the message names it.
    """
    if not isinstance(record, dict):
        return
    words = _words_of(record)
    for key, value in record.items():
        if key in _NON_SPAN_KEYS or not isinstance(value, list) or not value:
            continue
        if all(map(_looks_like_span, value)):
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
        if words and len(value) == len(words) and all(isinstance(tag, str) for tag in value) and are_tags(set(value)):
            known = ", ".join(TAG_KEYS)
            raise CorpusError(
                f"the key {key!r} seems to hold tags and is unknown; name it with --tag-column {key}, or rename it to "
                f"one of {known}"
            )


def _words_of(record: Mapping[str, object]) -> list[str] | None:
    """Return the words of a record with tokens; None if there are none or they are not strings."""
    words = record.get("tokens", record.get("words"))
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _looks_like_span(item: object) -> bool:
    if isinstance(item, dict):
        return {"start", "start_offset", "begin", "indices", "offset", "offsets"} & item.keys() != set()
    integer_count = sum(type(each) is int for each in item) if isinstance(item, list) else 0
    return isinstance(item, list) and integer_count == 2 and any(isinstance(each, str) for each in item)


def has_annotation(record: object) -> bool:
    """Return whether a record has a key for spans, even if there are none."""
    if isinstance(record, dict):
        return not record.keys().isdisjoint((*SPAN_KEYS, "completions", "responses"))
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
        raise CorpusError(f"the record {_format_value(record)} has no text; expected an object with 'text'")
    annotated = Annotated(text=text, id=id_of(record), meta=meta_of(record))
    span_values = _find_span_values(record)
    if isinstance(span_values, dict):
        annotated.spans, annotated.left_out = spans_by_type(span_values)
    for item in _list_or_empty(span_values):
        _add_annotation(annotated, item)
    relations = record.get("relations")
    if isinstance(relations, list):
        annotated.left_out.extend(("a relation is no entity", _format_value(relation)) for relation in relations)
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
            _add_annotation(layer, item)
        annotated.layers[name] = layer.spans
        annotated.left_out += layer.left_out
    return annotated


def _find_span_values(record: Mapping[str, object]) -> object:
    """Return the value of the first span key that holds any spans."""
    return next((value for key in SPAN_KEYS if isinstance(value := record.get(key), list | dict) and value), None)


def _parse_argilla(record: Mapping[str, object]) -> Annotated:
    """Return the text and spans of an Argilla 2 record.

    Only the first annotator's answer to the first question that was answered with spans is used.
    """
    fields = record["fields"]
    assert isinstance(fields, dict)
    texts = [value for value in fields.values() if isinstance(value, str)]
    text = fields.get("text", texts[0] if len(texts) == 1 else None)
    if not isinstance(text, str):
        raise CorpusError(
            f"the record has no text; its fields are {_format_value(fields)}, expected 'text' or one text alone"
        )
    annotated = Annotated(text=text, id=id_of(record))
    values = argilla_answers(record)
    for item in values[0] if values else []:
        _add_annotation(annotated, item)
    annotated.left_out.extend(("a further annotation of the same record", _format_value(value)) for value in values[1:])
    return annotated


def argilla_answers(record: Mapping[str, object]) -> list[list[object]]:
    """Return the answers with spans in an Argilla 2 record; an answer may have none."""
    responses = record.get("responses")
    answers = (
        [answer for each in responses.values() for answer in _list_or_empty(each)]
        if isinstance(responses, dict)
        else []
    )
    return [value for answer in answers if isinstance(answer, dict) and isinstance(value := answer.get("value"), list)]


def _parse_labelstudio(record: Mapping[str, object]) -> Annotated:
    data = record["data"]
    assert isinstance(data, dict)
    text = data.get("text")
    if not isinstance(text, str):
        strings = [value for value in data.values() if isinstance(value, str)]
        if len(strings) != 1:
            raise CorpusError(
                f"the task has no text; its data are {_format_value(data)}, expected 'text' or one text alone"
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
            _add_annotation(annotated, value if isinstance(value, dict) else result)
    return annotated


def _add_annotation(annotated: Annotated, item: object) -> None:
    """Add one annotation, in any of the notations that tools use for a span."""
    if isinstance(item, list) and len(item) >= 3 and isinstance(item[0], str) and type(item[2]) is int:
        annotated.spans.append(RawSpan(start=item[1], end=item[2], label=item[0]))
    elif isinstance(item, list) and len(item) >= 3:
        annotated.spans.append(RawSpan(start=item[0], end=item[1], label=item[2]))
    elif isinstance(item, dict) and isinstance(indices := item.get("indices"), list) and len(indices) == 2:
        annotated.spans.append(RawSpan(start=indices[0], end=indices[1], label=item.get("label")))
    elif isinstance(item, dict) and ("start" in item or "start_offset" in item):
        start = item.get("start", item.get("start_offset"))
        end = item.get("end", item.get("end_offset"))
        labels = item["labels"] if isinstance(item.get("labels"), list) and item["labels"] else [item.get("label")]
        for label in labels:
            span = RawSpan(start=start, end=end, label=label, score=item.get("score"), text=item.get("text"))
            annotated.spans.append(span)
    else:
        annotated.left_out.append(("the annotation is no span", _format_value(item)))


def _list_or_empty(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _format_value(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
