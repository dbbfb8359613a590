"""Parser of JSON records whose spans are ranges of tokens; the text is built from the tokens.

- gliner: ``{"tokenized_text": ["Ada", "left"], "ner": [[0, 0, "PER"]]}``; a span includes its last token
- dygie: ``{"doc_key": "a", "sentences": [["Ada", "left"]], "ner": [[[0, 0, "PER"]]]}``; a span includes its last token,
  and tokens are counted over the whole document
- spert: ``{"tokens": ["Ada", "left"], "entities": [{"type": "PER", "start": 0, "end": 1}]}``; a span ends before the
  token ``end``

Sources: https://urchade.github.io/GLiNER/training.html, https://github.com/dwadden/dygiepp (``doc/data.md``),
https://github.com/lavis-nlp/spert/issues/63.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from onoma.corpora.layouts import RECORD_KEYS, id_of, meta_of
from onoma.corpora.span_notations import unread_keys
from onoma.corpora.spans import Annotated, RawSpan
from onoma.text import Document

_READ_KEYS = frozenset(
    [*RECORD_KEYS, "doc_key", "orig_id", "tokenized_text", "ner", "sentences", "tokens", "entities", "relations"]
)
_SPERT_KEYS = frozenset(["type", "start", "end"])

_Parsed = tuple[Sequence[Sequence[str]], Sequence[RawSpan | str]]
"""Tokens of each sentence; and spans of tokens, which end before ``end``, or annotations that are none."""


def token_spans_of(record: object) -> Annotated | None:
    """Return the text and spans of a record; None if it has none of the layouts of this module."""
    if not isinstance(record, dict) or "text" in record:
        return None
    parsed = _parse_gliner(record) or _parse_dygie(record) or _parse_spert(record)
    if parsed is None:
        return None
    sentences, spans = parsed
    document = Document.from_words(sentences)
    annotated = Annotated(
        text=document.text,
        id=id_of(record) or id_of({"id": record.get("doc_key", record.get("orig_id"))}),
        words=[(word.start, word.end) for word in document.words or ()],
        sentences=[(sentence.start, sentence.end) for sentence in document.sentences or ()],
        meta=meta_of(record),
        unread=unread_keys(record, read=_READ_KEYS),
    )
    for span in spans:
        _add_span(annotated, span, document)
    relations = record.get("relations")
    if isinstance(relations, list):
        annotated.left_out.extend(("a relation is not an entity", str(relation)) for relation in relations if relation)
    return annotated


def _parse_gliner(record: Mapping[str, object]) -> _Parsed | None:
    tokens, spans = record.get("tokenized_text"), record.get("ner")
    if not _are_strings(tokens) or not isinstance(spans, list):
        return None
    return [tokens], list(map(_parse_inclusive, spans))


def _parse_dygie(record: Mapping[str, object]) -> _Parsed | None:
    sentences, spans = record.get("sentences"), record.get("ner")
    if not isinstance(sentences, list) or not all(map(_are_strings, sentences)) or not isinstance(spans, list):
        return None
    return sentences, [
        _parse_inclusive(span) for in_sentence in spans if isinstance(in_sentence, list) for span in in_sentence
    ]


def _parse_spert(record: Mapping[str, object]) -> _Parsed | None:
    tokens, spans = record.get("tokens"), record.get("entities")
    if not _are_strings(tokens) or not isinstance(spans, list):
        return None
    if not all(isinstance(span, dict) and span.keys() >= _SPERT_KEYS for span in spans):
        return None
    return [tokens], [RawSpan(start=span["start"], end=span["end"], label=span["type"]) for span in spans]


def _parse_inclusive(span: object) -> RawSpan | str:
    """Parse a span that includes its last token."""
    match span:
        case [int(first), int(last), label, *_]:
            return RawSpan(start=first, end=last + 1, label=label)
        case _:
            return str(span)


def _are_strings(tokens: object) -> TypeGuard[list[str]]:
    return isinstance(tokens, list) and all(isinstance(token, str) for token in tokens)


def _add_span(annotated: Annotated, span: RawSpan | str, document: Document) -> None:
    """Add a span of tokens as a span of characters, or as unusable if it is invalid."""
    if isinstance(span, str):
        annotated.unusable.append(("the annotation is not a span", span))
        return
    words, start, end = document.words or (), span.start, span.end
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= len(words):
        annotated.unusable.append(("the span is empty or reaches outside the tokens", str(span)))
        return
    first, last = words[start].start, words[end - 1].end
    annotated.spans.append(RawSpan(start=first, end=last, label=span.label, text=document.text[first:last]))
