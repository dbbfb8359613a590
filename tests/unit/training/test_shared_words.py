"""Entities that share a word of a text without given words are both learnt."""

from __future__ import annotations

from collections import Counter

import pytest

from onoma.bundle import DataCard
from onoma.engine.events import Event, Notice
from onoma.schemes import SCHEMES
from onoma.tasks import TagTask
from onoma.text import Document
from onoma.training.examples import make_examples, split_words_at_entities
from onoma.training.parts import Part, count_inside_words
from support.wordpieces import windower


def unusable_in(document: Document) -> Counter[str]:
    unusable: Counter[str] = Counter()
    task = TagTask(["A", "B"], scheme=SCHEMES["BIO"])
    list(make_examples([document], windower=windower(), task=task, unusable=unusable))
    return unusable


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("ada-in-lyon", [(0, 6, "A"), (7, 11, "B")]),
        ("adalyon", [(0, 3, "A"), (3, 7, "B")]),
        ("see ada-in-lyon/lyon now", [(4, 7, "A"), (11, 15, "B"), (16, 20, "B")]),
        ("ada@lyon.de", [(0, 3, "A"), (4, 8, "B")]),
        ("in lyonada lyon", [(3, 7, "B"), (7, 15, "A")]),
        ("bank of lyonada", [(0, 12, "A"), (12, 15, "B")]),
    ],
)
def test_a_word_is_cut_where_its_entities_end(text: str, spans: list[tuple[int, int, str]]) -> None:
    document = Document(text)
    assert not unusable_in(document.with_entities([document.entity(*span) for span in spans]))


def test_a_shared_word_is_found_behind_a_nested_entity() -> None:
    document = Document("bank of lyonada")
    spans = [(0, 12, "A"), (0, 4, "A"), (12, 15, "B")]
    split = split_words_at_entities(document.with_entities([document.entity(*span) for span in spans]), windower())
    assert [word.text for word in split.words or ()] == ["bank", "of", "lyon", "ada"]


def test_words_that_the_file_gives_stay() -> None:
    document = Document.from_words([["ada-in-lyon"]])
    document = document.with_entities([document.entity(0, 6, "A"), document.entity(7, 11, "B")])
    assert unusable_in(document)["overlaps a longer entity: left out"] == 1


def test_entities_of_dev_that_a_tagger_of_whole_words_cannot_find_are_counted() -> None:
    shared = Document("ada-in-lyon is in lyon")
    shared = shared.with_entities([shared.entity(0, 6, "A"), shared.entity(7, 11, "B"), shared.entity(18, 22, "B")])
    given = Document.from_words([["lyon", "-", "based"]])
    given = given.with_entities([given.entity(0, 4, "B")])
    events: list[Event] = []
    count_inside_words(part_of([shared, given, Document("lyon")]), windower(), on_event=events.append)
    [notice] = [event.text for event in events if isinstance(event, Notice)]
    assert notice.startswith("dev.jsonl: 2 of 4 entities begin or end inside a word")
    count_inside_words(part_of([given]), windower(), on_event=events.append)
    assert len(events) == 1


def part_of(documents: list[Document]) -> Part:
    return Part(
        documents, DataCard(name="dev.jsonl", digest="", documents=len(documents), words=None, entities=0), Counter()
    )
