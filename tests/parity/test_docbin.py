"""What spaCy writes is what we read, where spaCy is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read

spacy = pytest.importorskip("spacy")

TEXTS = [
    "Ada  Lovelace met PERSON X, the agent.\n\nIt’s 💩 in Köln, universitätsstädtisch. _ root punct",
    "\tThe mark of a root number: don't neg it! Nobody — nobody at all — prep­ared for obl. Bo",
    "東京に行きました。 Привет, мир! 'ORG' is no LOC.",
]
LABELS = ["PERSON", "ORG", "X", "my label", "_", "punct", "ünïcode-Label-longer-than-sixteen", "B-PER"]


def test_texts_words_sentences_and_entities_are_spacys(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    docs = []
    for number, doc in enumerate(map(nlp, TEXTS * 8)):
        words = [place for place, token in enumerate(doc) if not token.is_space]
        chosen = words[number % 3 :: 3]
        doc.ents = [spacy.tokens.Span(doc, place, place + 1, LABELS[place % len(LABELS)]) for place in chosen]
        docs.append(doc)
    spacy.tokens.DocBin(docs=docs).to_disk(tmp_path / "a.spacy")
    documents = list(read(tmp_path / "a.spacy", options=ReadOptions(skip_checks=True)))
    for document, doc in zip(documents, docs, strict=True):
        assert document.text == doc.text
        found = [(entity.start, entity.end, entity.label) for entity in document.entities]
        assert found == [(span.start_char, span.end_char, span.label_) for span in doc.ents]
        assert [word.text for word in document.words or ()] == [token.text for token in doc if not token.is_space]
        assert [span.start for span in document.sentences or ()] == [span.start_char for span in doc.sents]
