"""The figures that the WNUT 2017 shared task published for two of its teams."""

from __future__ import annotations

import pytest

from onoma.corpora import read
from onoma.metrics import score
from onoma.text import Document
from support.real import DATA, needs_data

pytestmark = needs_data

# Derczynski et al. 2017: F1 of entities and of surface forms, in percent.
PUBLISHED = [("spinningbytes.txt", 40.78, 39.33), ("arcada", 39.98, 37.77)]


@pytest.mark.parametrize(("submission", "entities", "surface"), PUBLISHED)
def test_the_published_figures_are_reproduced(submission: str, entities: float, surface: float) -> None:
    report = score(
        read(DATA / "wnut17" / "emerging.test.annotated"), read(DATA / "wnut17" / "submissions" / submission)
    )
    assert round(100 * report.exact.f1, 2) == entities
    assert round(100 * report.surface.f1, 2) == surface
    assert (report.exact.gold, report.surface.gold, report.notes) == (1079, 955, ())


def test_figures_do_not_depend_on_document_bounds() -> None:
    gold = list(read(DATA / "wnut17" / "emerging.test.annotated"))
    predicted = list(read(DATA / "wnut17" / "submissions" / "arcada"))
    apart, joined = score(gold, predicted), score(gold, [_joined(predicted)])
    assert (joined.exact, joined.surface, joined.partial) == (apart.exact, apart.surface, apart.partial)
    assert joined.documents == apart.documents


def _joined(documents: list[Document]) -> Document:
    whole = Document.from_words([[word.text for word in document.words or ()] for document in documents])
    base, entities = 0, []
    for document in documents:
        entities += [whole.entity(base + e.start, base + e.end, e.label) for e in document.entities]
        base += len(document.text) + 1
    return whole.with_entities(entities)
