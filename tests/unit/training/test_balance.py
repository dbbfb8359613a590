from __future__ import annotations

import numpy as np
import pytest

from onoma.errors import ConfigError
from onoma.training import balance
from onoma.training.balance import class_weights

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
TARGETS = np.asarray([-100, 0, 0, 0, 1, 2, -100, 0, 3])


def test_balanced_tags_weigh_the_same_together(monkeypatch):
    monkeypatch.setattr(balance, "_BLOCK", 2)
    weights = class_weights("balanced", tags=TAGS, targets=TARGETS)
    assert weights[:4] == pytest.approx([7 / (5 * 4), 7 / 5, 7 / 5, 7 / 5])
    assert weights[4] == 1.0


def test_weights_by_tag_and_label():
    wanted = {"PER": 2.0, "B-PER": 3.0, "O": 0.5}
    assert class_weights(wanted, tags=TAGS, targets=TARGETS) == [0.5, 3.0, 2.0, 1.0, 1.0]


def test_a_label_with_a_hyphen_is_whole():
    assert class_weights({"work-of-art": 2.0}, tags=("O", "B-work-of-art"), targets=TARGETS) == [1.0, 2.0]


def test_an_unknown_label_is_named():
    with pytest.raises(ConfigError, match="unknown label 'ORG'; choose from LOC, O, PER"):
        class_weights({"ORG": 2.0}, tags=TAGS, targets=TARGETS)
