from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from onoma.models import HEADS, NO_TARGET, Head, LinearHead

HIDDEN = torch.randn(2, 4, 8, generator=torch.Generator().manual_seed(1))


def test_every_head_gives_scores_of_every_tag() -> None:
    for kind in HEADS.values():
        head: Head = kind(8, 5, dropout=0.0)
        assert head(HIDDEN).shape == (2, 4, 5)
        assert (head.hidden, head.tags) == (8, 5)


def test_the_loss_is_the_mean_cross_entropy_over_targets() -> None:
    head = LinearHead(8, 3, dropout=0.0)
    targets = torch.tensor([[NO_TARGET, 2, NO_TARGET, 0], [1, NO_TARGET, NO_TARGET, NO_TARGET]])
    expected = functional.cross_entropy(head(HIDDEN).flatten(0, 1), targets.flatten(), ignore_index=NO_TARGET)
    torch.testing.assert_close(head.loss(HIDDEN, targets), expected)


def test_a_batch_without_targets_costs_nothing() -> None:
    loss = LinearHead(8, 3).loss(HIDDEN, torch.full((2, 4), NO_TARGET))
    loss.backward()
    assert loss.item() == 0.0


def test_equal_scores_cost_the_logarithm_of_their_number() -> None:
    head = LinearHead(8, 3)
    torch.nn.init.zeros_(head.affine.weight)
    loss = head.loss(HIDDEN, torch.ones(2, 4, dtype=torch.int64))
    assert loss.item() == pytest.approx(torch.tensor(3.0).log().item())
