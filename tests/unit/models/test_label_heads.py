"""Heads of words and of sentences: their losses, and several heads on one encoder."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from onoma.models import (
    AuxiliaryModel,
    Encoder,
    HeadSettings,
    MaskedBatch,
    MaskedHead,
    Model,
    PackedBatch,
    SentenceBounds,
    SentenceHead,
    WordHead,
    make_head,
)
from onoma.tasks import SentenceTask, WordTask
from support.tiny import TASK, shake, small_config

HIDDEN = 16
LABELS = ("a", "b", "c")
SETTINGS = HeadSettings(dropout=0.0)


def split(*lengths: int) -> SentenceBounds:
    ones = torch.ones(len(lengths), dtype=torch.bool)
    return SentenceBounds(torch.tensor(lengths), ones, ones)


def test_the_loss_of_words_is_the_sum_of_their_cross_entropies():
    torch.manual_seed(1)
    head, hidden, targets = WordHead(HIDDEN, WordTask(LABELS), SETTINGS), torch.randn(5, HIDDEN), torch.arange(5) % 3
    total, weight = head.loss(hidden, split(2, 3), targets)
    expected = sum(functional.cross_entropy(head(hidden)[word], targets[word]) for word in range(5))
    torch.testing.assert_close(total, expected)
    assert weight == 5


def test_the_loss_of_sentences_is_that_of_the_mean_hidden_state():
    torch.manual_seed(1)
    head, hidden = SentenceHead(HIDDEN, SentenceTask(LABELS), SETTINGS), torch.randn(5, HIDDEN)
    total, weight = head.loss(hidden, split(2, 3), torch.tensor([1, 1, 2, 2, 2]))
    means = torch.stack([hidden[:2].mean(dim=0), hidden[2:].mean(dim=0)])
    expected = functional.cross_entropy(head.affine(means), torch.tensor([1, 2]), reduction="sum")
    torch.testing.assert_close(total, expected)
    assert weight == 2


def test_a_head_of_another_task_is_refused():
    for name, task in (("crf", WordTask(LABELS)), ("span", SentenceTask(LABELS)), ("span", TASK)):
        with pytest.raises(ValueError, match="is not one of a"):
            make_head(name, HIDDEN, task, SETTINGS)


def several(**more: object) -> Model:
    encoder = Encoder(small_config(hidden=HIDDEN))
    heads = {
        "entities": make_head("linear", HIDDEN, TASK, SETTINGS),
        "pos": make_head("linear", HIDDEN, WordTask(LABELS), SETTINGS),
    }
    model = Model(encoder, heads, **more)  # type: ignore[arg-type]
    shake(model)
    return model.eval()


def batch(task: str) -> PackedBatch:
    edges = torch.tensor([True, False, False]), torch.tensor([False, False, True])
    return PackedBatch(
        ids=torch.tensor([5, 6, 7, 8, 9]),
        lengths=torch.tensor([5]),
        words=torch.tensor([1, 2, 3]),
        begins=edges[0],
        ends=edges[1],
        targets={task: torch.tensor([0, 1, 2])},
    )


def test_a_batch_moves_only_the_heads_that_it_has_targets_of():
    model = several()
    model.loss(batch("pos"))[0].backward()
    grown = {name.split(".")[1] for name, weights in model.named_parameters() if weights.grad is not None}
    assert "pos" in grown
    assert "entities" not in grown


def test_the_loss_of_a_task_is_weighed():
    plain, weighed = several(), several(weights={"pos": 2.5})
    (one, words), (other, same) = plain.loss(batch("pos")), weighed.loss(batch("pos"))
    torch.testing.assert_close(other, 2.5 * one)
    assert words == same
    torch.testing.assert_close(plain.loss(batch("entities"))[0], weighed.loss(batch("entities"))[0])


def masked_batch(*places: int) -> MaskedBatch:
    return MaskedBatch(
        ids=torch.tensor([5, 6, 7, 8, 9]),
        types=torch.zeros(5, dtype=torch.int64),
        lengths=torch.tensor([5]),
        masked=torch.tensor(places, dtype=torch.int64),
        targets=torch.tensor([11] * len(places), dtype=torch.int64),
        pairs=torch.tensor([-1]),
    )


def test_an_auxiliary_task_learns_masked_subwords_and_leaves_a_model_without_it():
    model = several()
    config = small_config(hidden=HIDDEN)
    heads = {task: model.head(task) for task in model.heads}
    auxiliary = AuxiliaryModel(model.encoder, heads, masked=MaskedHead(config), masked_weight=0.5)  # type: ignore[arg-type]
    total, weight = auxiliary.loss(masked_batch(1, 3))
    hidden = model.encoder.packed(masked_batch().ids, torch.tensor([5]))[[1, 3]]
    scores = auxiliary.masked(hidden, auxiliary.encoder.words.weight)
    expected = 0.5 * functional.cross_entropy(scores, torch.tensor([11, 11]), reduction="sum")
    torch.testing.assert_close(total, expected, rtol=1e-4, atol=1e-5)
    assert weight == 2
    assert auxiliary.loss(masked_batch())[1] == 0
    torch.testing.assert_close(auxiliary.loss(batch("pos"))[0], model.loss(batch("pos"))[0])
    assert auxiliary.sparse_embeddings == ()
    assert not [name for name, _ in auxiliary.without_auxiliary().named_parameters() if name.startswith("masked")]
