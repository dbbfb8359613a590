from __future__ import annotations

from onoma.metrics import Accuracy, label_accuracy
from onoma.text import Document

TEXT = Document("Ada ran home")


def spans(*found: tuple[int, int, str]):
    return [TEXT.entity(*each) for each in found]


def test_labels_count_where_the_gold_span_begins():
    gold = spans((0, 3, "N"), (4, 7, "V"), (8, 12, "N"))
    assert label_accuracy(gold, gold) == Accuracy(3, 3)
    assert label_accuracy(gold, spans((0, 3, "N"), (4, 12, "V"))) == Accuracy(2, 3)
    assert label_accuracy(gold, spans((8, 12, "N"))) == Accuracy(1, 3)
    assert label_accuracy(gold, []) == Accuracy(0, 3)
    assert label_accuracy([], gold) == Accuracy(0, 0)


def test_a_sentence_whose_bounds_have_blanks_is_the_same_sentence():
    assert (
        label_accuracy([Document(" Ada ran ").entity(0, 9, "x")], [Document(" Ada ran ").entity(1, 8, "x")]).correct
        == 1
    )


def test_accuracies_add_up():
    assert sum([Accuracy(1, 2), Accuracy(3, 4)], Accuracy()).share == 4 / 6
    assert Accuracy().share == 0.0
