from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from onoma.models.heads import TAG_HEADS
from support.tagging import linear, one_sentence, task_of

HIDDEN = torch.randn(8, 8, generator=torch.Generator().manual_seed(1))
TARGETS = torch.tensor([2, 0, 1, 0, 2, 1, 1, 0])
WORDS = one_sentence(8)


def loss_of(head, targets=TARGETS, hidden=HIDDEN):
    total, weight = head.loss(hidden, one_sentence(len(targets)), targets)
    return total / weight.clamp(min=1e-30)


@pytest.mark.parametrize("name", TAG_HEADS)
def test_every_head_gives_scores_of_every_tag(name):
    assert TAG_HEADS[name](8, task_of(5))(HIDDEN.view(2, 4, 8)).shape == (2, 4, 5)


def test_equal_scores_cost_the_logarithm_of_their_number():
    head = linear(8, 3)
    torch.nn.init.zeros_(head.affine.weight)
    assert loss_of(head).item() == pytest.approx(torch.tensor(3.0).log().item())


@pytest.mark.parametrize("weights", [None, [0.2, 3.0, 0.7], [0.0, 0.1, 0.0]])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_weights_and_smoothing_are_those_of_torch(weights, smoothing):
    head = linear(8, 3, dropout=0.0, class_weights=weights, label_smoothing=smoothing)
    expected = functional.cross_entropy(
        head(HIDDEN),
        TARGETS,
        weight=None if weights is None else torch.tensor(weights),
        label_smoothing=smoothing,
    )
    torch.testing.assert_close(loss_of(head), expected)


def test_words_that_weigh_nothing_cost_nothing():
    head = linear(8, 3, dropout=0.0, class_weights=[0.0, 0.0, 0.0])
    loss = loss_of(head)
    loss.backward()
    assert loss.item() == 0.0
    assert head.affine.weight.grad is not None
    assert not head.affine.weight.grad.any()


@pytest.mark.parametrize("weights", [None, [0.2, 3.0, 0.7]])
def test_sums_of_parts_are_the_sums_of_all(weights):
    head = linear(8, 3, dropout=0.0, class_weights=weights, label_smoothing=0.1)
    parts = [head.loss(HIDDEN[rows], one_sentence(4), TARGETS[rows]) for rows in (slice(4), slice(4, 8))]
    total, weight = head.loss(HIDDEN, WORDS, TARGETS)
    torch.testing.assert_close(sum(part[0] for part in parts), total)
    torch.testing.assert_close(sum(part[1] for part in parts), weight)


def test_weights_work_with_products_in_bf16():
    head = linear(8, 3, dropout=0.0, class_weights=[0.2, 3.0, 0.7], label_smoothing=0.1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = loss_of(head)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, loss_of(head), rtol=0.02, atol=0.02)


def test_class_weights_are_no_part_of_what_is_saved():
    assert linear(8, 3, class_weights=[1.0, 2.0, 3.0]).state_dict().keys() == linear(8, 3).state_dict().keys()
    with pytest.raises(ValueError, match="2 class weights for 3 tags"):
        linear(8, 3, class_weights=[1.0, 2.0])


def test_of_several_right_tags_the_probabilities_count_together():
    head = linear(8, 4, dropout=0.0, unannotated=[frozenset(["3"]), frozenset(["1", "2", "3"])])
    odds = head(HIDDEN[:4]).softmax(dim=-1)
    expected = -torch.stack([odds[0, 0] + odds[0, 3], odds[1, 2], odds[2].sum(), odds[3, 1]]).log().mean()
    torch.testing.assert_close(loss_of(head, torch.tensor([4, 2, 5, 1]), HIDDEN[:4]), expected)


def test_what_any_tag_satisfies_teaches_nothing():
    head = linear(8, 2, dropout=0.0, unannotated=[frozenset(["1"])])
    loss_of(head, torch.full((8,), 2)).backward()
    assert head.affine.weight.grad is not None
    torch.testing.assert_close(head.affine.weight.grad, torch.zeros(2, 8), atol=1e-7, rtol=0)


def test_a_set_of_one_tag_is_that_tag_also_with_weights_and_smoothing():
    settings: Any = {"dropout": 0.0, "class_weights": [1.0, 1.0, 1.0], "label_smoothing": 0.1}
    plain, with_sets = linear(8, 3, **settings), linear(8, 3, unannotated=[frozenset(["x"])], **settings)
    with_sets.load_state_dict(plain.state_dict())
    as_sets = TARGETS.where(TARGETS != 0, 3)
    torch.testing.assert_close(loss_of(with_sets, as_sets), loss_of(plain))


def test_a_set_weighs_what_its_first_tag_weighs():
    head = linear(8, 3, class_weights=[0.5, 2.0, 3.0], unannotated=[frozenset(["2"]), frozenset(["1"])])
    _, weight = head.loss(HIDDEN[:3], one_sentence(3), torch.tensor([3, 4, 2]))
    assert weight.item() == 0.5 + 0.5 + 3.0
