from __future__ import annotations

from functools import partial

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


TARGETS = torch.tensor([[NO_TARGET, 2, NO_TARGET, 0], [1, 0, NO_TARGET, NO_TARGET]])


@pytest.mark.parametrize("weights", [None, [0.2, 3.0, 0.7], [0.0, 0.1, 0.0]])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_weights_and_smoothing_are_those_of_torch(weights, smoothing):
    head = LinearHead(8, 3, dropout=0.0, class_weights=weights, label_smoothing=smoothing)
    expected = functional.cross_entropy(
        head(HIDDEN).flatten(0, 1),
        TARGETS.flatten(),
        weight=None if weights is None else torch.tensor(weights),
        ignore_index=NO_TARGET,
        label_smoothing=smoothing,
    )
    torch.testing.assert_close(head.loss(HIDDEN, TARGETS), expected)


def test_words_that_weigh_nothing_cost_nothing():
    head = LinearHead(8, 3, dropout=0.0, class_weights=[0.0, 0.0, 0.0])
    loss = head.loss(HIDDEN, TARGETS)
    loss.backward()
    assert loss.item() == 0.0
    assert head.affine.weight.grad is not None
    assert not head.affine.weight.grad.any()


@pytest.mark.parametrize("weights", [None, [0.2, 3.0, 0.7]])
def test_losses_of_batches_weighed_by_their_mass_are_the_loss_of_all(weights):
    head = LinearHead(8, 3, dropout=0.0, class_weights=weights, label_smoothing=0.1)
    parts = [(HIDDEN[[row]], TARGETS[[row]]) for row in range(2)]
    together = sum(head.loss(*part) * head.mass(part[1]) for part in parts) / head.mass(TARGETS)
    torch.testing.assert_close(together, head.loss(HIDDEN, TARGETS))


def test_weights_work_with_products_in_bf16():
    head = LinearHead(8, 3, dropout=0.0, class_weights=[0.2, 3.0, 0.7], label_smoothing=0.1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = head.loss(HIDDEN, TARGETS)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, head.loss(HIDDEN, TARGETS), rtol=0.02, atol=0.02)


def test_class_weights_are_no_part_of_what_is_saved():
    assert LinearHead(8, 3, class_weights=[1.0, 2.0, 3.0]).state_dict().keys() == LinearHead(8, 3).state_dict().keys()
    with pytest.raises(ValueError, match="2 class weights for 3 tags"):
        LinearHead(8, 3, class_weights=[1.0, 2.0])


def test_of_several_right_tags_the_probabilities_count_together():
    head = LinearHead(8, 4, dropout=0.0, alternatives=[[0, 3], [0, 1, 2, 3]])
    targets = torch.tensor([[NO_TARGET, 4, NO_TARGET, 2], [5, NO_TARGET, 1, NO_TARGET]])
    odds = head(HIDDEN).softmax(dim=-1)
    either, certain = odds[0, 1, 0] + odds[0, 1, 3], odds[1, 0].sum()
    expected = -torch.stack([either, odds[0, 3, 2], certain, odds[1, 2, 1]]).log().mean()
    torch.testing.assert_close(head.loss(HIDDEN, targets), expected)


def test_what_any_tag_satisfies_teaches_nothing():
    head = LinearHead(8, 2, dropout=0.0, alternatives=[[0, 1]])
    head.loss(HIDDEN, torch.full((2, 4), 2)).backward()
    assert head.affine.weight.grad is not None
    torch.testing.assert_close(head.affine.weight.grad, torch.zeros(2, 8), atol=1e-7, rtol=0)


def test_a_set_of_one_tag_is_that_tag_also_with_weights_and_smoothing():
    make = partial(LinearHead, 8, 3, dropout=0.0, class_weights=[1.0, 1.0, 1.0], label_smoothing=0.1)
    plain, with_sets = make(), make(alternatives=[[2]])
    with_sets.load_state_dict(plain.state_dict())
    as_sets = TARGETS.where(TARGETS != 2, 3)
    torch.testing.assert_close(with_sets.loss(HIDDEN, as_sets), plain.loss(HIDDEN, TARGETS))


def test_a_set_weighs_what_its_first_tag_weighs():
    head = LinearHead(8, 3, class_weights=[0.5, 2.0, 3.0], alternatives=[[0, 2], [1]])
    assert head.mass(torch.tensor([3, 4, 2, NO_TARGET])).item() == 0.5 + 2.0 + 3.0
