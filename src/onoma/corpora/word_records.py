"""JSON records whose words are objects with a tag each, as taggers write them.

- Stanza (``Document.to_dict()``): a list of sentences, each a list of ``{"id", "text", "ner"}``. Of a multi-word token,
  such as ``du`` for ``de`` and ``le``, only the token has a tag; its words are left out.
- Stanford CoreNLP: ``{"sentences": [{"tokens": [{"word", "ner"}]}]}``
- others: ``{"tokens": [{"text", "tag"}]}``, with a ``text`` or without
"""

from __future__ import annotations

from collections.abc import Mapping

from onoma.corpora.layouts import SPAN_KEYS

_WORD_KEYS = ("text", "word", "token", "form")
_TAG_KEYS = ("ner", "ner_tag", "tag", "label", "entity")


def sentences_of(value: object) -> list[object] | None:
    """Return the sentences in the output of a tagger; None for other values."""
    sentences = value.get("sentences") if isinstance(value, dict) else value
    if isinstance(sentences, list) and sentences and all(_tagged_words(sentence) for sentence in sentences):
        return sentences
    return None


def with_tokens(record: object) -> object:
    """Return a record with lists of tokens and tags instead of its words; other records unchanged."""
    words = _tagged_words(record)
    if not words:
        return record
    others = {key: value for key, value in record.items() if key != "tokens"} if isinstance(record, dict) else {}
    return {**others, "tokens": [word for word, _ in words], "ner_tags": [tag for _, tag in words]}


def _tagged_words(record: object) -> list[tuple[str, str]]:
    """Return the words of a record with their tags; empty if it has another layout."""
    if isinstance(record, dict) and record.keys().isdisjoint(SPAN_KEYS):
        record = record.get("tokens")
    if not isinstance(record, list) or not all(isinstance(item, dict) for item in record):
        return []
    inner = {part for item in record for part in _parts_of(item.get("id"))}
    tagged = [_tagged_word(item) for item in record if str(item.get("id")) not in inner]
    return [each for each in tagged if each is not None] if all(tagged) else []


def _parts_of(id: object) -> list[str]:
    """Return the ids of the words of a multi-word token, whose id is a list."""
    if not (isinstance(id, list | tuple) and len(id) == 2 and all(isinstance(bound, int) for bound in id)):
        return []
    return [str(number) for number in range(id[0], id[1] + 1)]


def _tagged_word(item: Mapping[str, object]) -> tuple[str, str] | None:
    word = next((item[key] for key in _WORD_KEYS if key in item), None)
    tag = next((item[key] for key in _TAG_KEYS if key in item), None)
    return (word, tag) if isinstance(word, str) and isinstance(tag, str) else None
