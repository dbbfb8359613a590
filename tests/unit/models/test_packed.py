"""Sequences without padding = the same padded, on every way through the encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from onoma.models import AutoEncoder, Encoder, cpu_training, load_pretrained
from onoma.models import encoder as encoder_module
from onoma.models.attention import FusedAttention
from onoma.models.dropout import Dropout, DroppedUnits, set_dropout
from onoma.models.layer import Layer
from onoma.models.row_layout import BufferPool, RowLayout
from onoma.tasks import NO_TARGET
from support.tagging import linear, mean_loss, model_of, packed
from support.tiny import ragged, shake, small_config, write_distilbert

LENGTHS = [(7, 7, 7), (9, 1, 4), (1,), (30, 2)]


def encoder(**changes: object) -> Encoder:
    made = Encoder(small_config(**changes))
    shake(made)
    return made


def batch(lengths: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Padded ids and mask, packed ids and lengths."""
    ids, mask = ragged(lengths, vocabulary=50, pad=0)
    return ids, mask, ids[mask == 1], torch.tensor(lengths)


@pytest.fixture(params=["written out", "padded"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a CPU, and as there with layers that were changed and on a GPU."""
    if request.param == "padded":
        monkeypatch.setattr(encoder_module, "can_run_layers", lambda layers: False)


@pytest.mark.parametrize("lengths", LENGTHS)
def test_the_fused_attention_of_gpus_computes_the_same(
    lengths: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = encoder().eval()
    ids, mask, packed, sizes = batch(lengths)
    plain = model(ids, mask)[mask == 1]
    expected = gradients(model, plain)
    monkeypatch.setattr(encoder_module, "can_run_layers", lambda layers: False)
    monkeypatch.setattr(encoder_module, "make_attention", FusedAttention)
    fused = model.packed(packed, sizes)
    torch.testing.assert_close(fused, plain, atol=1e-5, rtol=0)
    assert_same(gradients(model, fused), expected)


def gradients(model: torch.nn.Module, result: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    torch.autograd.backward(result.square().sum())
    return {name: weights.grad.clone() for name, weights in model.named_parameters() if weights.grad is not None}


def assert_same(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    largest = max(gradient.abs().max().item() for gradient in theirs.values())
    for name, gradient in theirs.items():
        torch.testing.assert_close(ours[name] / largest, gradient / largest, atol=1e-5, rtol=1e-5, msg=name)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("lengths", LENGTHS)
def test_hidden_states_and_gradients_are_those_of_padded_sequences(lengths: tuple[int, ...]) -> None:
    model = encoder(first_position=2).eval()
    ids, mask, packed, sizes = batch(lengths)
    theirs, ours = model(ids, mask)[mask == 1], model.packed(packed, sizes)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    assert_same(gradients(model, ours), gradients(model, theirs))


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("lengths", LENGTHS)
def test_some_subwords_alone_are_the_same_as_among_all(lengths: tuple[int, ...]) -> None:
    model = encoder().eval()
    ids, mask, packed, sizes = batch(lengths)
    wanted = torch.arange(0, len(packed), 3)
    theirs, ours = model(ids, mask)[mask == 1][wanted], model.packed(packed, sizes, at=wanted)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    assert_same(gradients(model, ours), gradients(model, theirs))


@pytest.mark.parametrize("layer", [0, 1])
def test_projections_and_their_gradients_are_those_of_padded_sequences(
    layer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = encoder().eval()
    _, _, packed, sizes = batch((9, 1, 4))
    ours = model.packed_with_projections(packed, sizes, layer=layer)
    our_gradients = gradients(model, torch.stack(ours))
    monkeypatch.setattr(encoder_module, "can_run_layers", lambda layers: False)
    theirs = model.packed_with_projections(packed, sizes, layer=layer)
    for our_output, their_output in zip(ours, theirs, strict=True):
        torch.testing.assert_close(our_output, their_output, atol=1e-5, rtol=0)
    assert_same(our_gradients, gradients(model, torch.stack(theirs)))


@pytest.mark.usefixtures("way")
def test_a_sequence_may_have_no_selected_subwords() -> None:
    model = encoder().eval()
    ids, mask, packed, sizes = batch((4, 3, 5))
    wanted = torch.tensor([1, 8, 9])
    torch.testing.assert_close(
        model.packed(packed, sizes, at=wanted), model(ids, mask)[mask == 1][wanted], atol=1e-5, rtol=0
    )


def test_products_in_bfloat16_stay_near() -> None:
    model = encoder().eval()
    _, _, packed, sizes = batch((9, 1, 4))
    exact = model.packed(packed, sizes)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = model.packed(packed, sizes)
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, exact, atol=0.1, rtol=0)
    assert not torch.equal(rough, exact)
    theirs = gradients(model, exact)
    ours = gradients(model, rough)
    assert {gradient.dtype for gradient in ours.values()} == {torch.float32}
    cosine = torch.nn.functional.cosine_similarity
    assert all(
        cosine(ours[name].flatten(), theirs[name].flatten(), dim=0) > 0.99 for name in theirs if "key.bias" not in name
    )


def test_an_encoder_of_transformers_is_padded_inside(tmp_path: Path) -> None:
    model = load_pretrained(str(write_distilbert(tmp_path))).encoder.eval()
    assert isinstance(model, AutoEncoder)
    ids, mask, packed, sizes = batch((9, 1, 4))
    theirs = model(ids, mask)[mask == 1]
    torch.testing.assert_close(model.packed(packed, sizes), theirs, atol=1e-5, rtol=0)
    wanted = torch.tensor([0, 9])
    torch.testing.assert_close(model.packed(packed, sizes, at=wanted), theirs[wanted], atol=1e-5, rtol=0)


@pytest.mark.parametrize("chosen", [lambda ids: ids % 5, lambda ids: torch.where(ids % 2 == 1, ids % 5, NO_TARGET)])
def test_the_loss_is_that_of_padded_sequences(chosen: Callable[[Tensor], Tensor]) -> None:
    model = model_of(encoder(), linear(16, 5)).eval()
    ids, mask, subwords, sizes = batch((9, 1, 4))
    targets = chosen(subwords)
    padded = torch.full_like(ids, NO_TARGET)
    padded[mask == 1] = targets
    logits = model.head("entities")(model.encoder(ids, mask))
    theirs = torch.nn.functional.cross_entropy(logits.flatten(0, 1), padded.flatten(), ignore_index=NO_TARGET)
    torch.testing.assert_close(mean_loss(model, packed(subwords, sizes, targets)), theirs, atol=1e-5, rtol=1e-5)


def test_a_batch_without_targets_costs_nothing() -> None:
    model = model_of(encoder(), linear(16, 5))
    _, _, subwords, sizes = batch((3, 2))
    loss, weight = model.loss(packed(subwords, sizes, torch.full_like(subwords, NO_TARGET)))
    loss.backward()
    assert (loss.item(), weight.item()) == (0.0, 0.0)


def reference(model: Encoder, ids: Tensor, rows: RowLayout, draws: Iterator[Tensor]) -> Tensor:
    """All layers by autograd, with given masks of 0 and 1 for what a probability of 0.4 drops."""
    hidden: Tensor = model.embeddings(ids[rows.subwords], rows.positions)
    heads = model.config.heads
    for layer in model.layers:
        assert isinstance(layer, Layer)
        attention = layer.attention
        query, key, value = (
            rows.by_head(affine(hidden), heads) for affine in (attention.query, attention.key, attention.value)
        )
        scores = query @ key.transpose(1, 2) * query.shape[2] ** -0.5
        if rows.inside is not None:
            scores = scores.masked_fill(~rows.inside.repeat_interleave(heads, 0)[:, None], -torch.inf)
        mixed = (scores.softmax(-1) * next(draws) / 0.6 @ value).transpose(0, 1).reshape(hidden.shape)
        attended = layer.attention_norm(hidden + attention.output(mixed) * next(draws) / 0.6)
        hidden = layer.feed_forward_norm(attended + layer.feed_forward(attended) * next(draws) / 0.6)
    return hidden


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("activation", ["gelu", "gelu_new"])
def test_units_are_dropped_and_gradients_know_which(
    lengths: tuple[int, ...], activation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = encoder(activation=activation)
    set_dropout(model, 0.4)
    model.embeddings.dropout.p = 0.0
    _, _, ids, sizes = batch(lengths)
    draws: list[Tensor] = []
    draw = Dropout.draw

    def recorded(dropout: Dropout, shape: Sequence[int], random: np.random.Generator | None = None) -> DroppedUnits:
        dropped = draw(dropout, shape, random)
        draws.append(dropped.kept(torch.empty(*shape)))
        return dropped

    monkeypatch.setattr(Dropout, "draw", recorded)
    ours = model.packed(ids, sizes)
    rows = RowLayout(sizes, multiple=1)
    # The last layer has its rows in the order of the subwords; the others as they are in memory.
    for place in (-2, -1):
        drawn = draws[place]
        draws[place] = torch.ones(len(rows), model.hidden).index_copy(0, rows.row_of, drawn)
    theirs = reference(model, ids, rows, iter(draws))[rows.row_of]
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    assert_same(gradients(model, ours), gradients(model, theirs))


@pytest.mark.parametrize("frozen", [1, 2])
def test_frozen_layers_get_no_gradient_and_others_the_same(frozen: int) -> None:
    model = encoder(layers=3).eval()
    _, _, packed, sizes = batch((9, 1, 4))
    full = gradients(model, model.packed(packed, sizes))
    for part in (model.embeddings, *model.layers[:frozen]):
        part.requires_grad_(False)
        for weights in part.parameters():
            weights.grad = None
    some = gradients(model, model.packed(packed, sizes))
    assert {name.split(".")[1] for name in some} == {str(layer) for layer in range(frozen, 3)}
    assert_same(some, {name: full[name] for name in some})


def test_two_passes_before_the_first_gradient_do_not_disturb_each_other() -> None:
    model = encoder().eval()
    batches = [batch((9, 1, 4)), batch((5, 6))]
    alone = [gradients(model, model.packed(packed, sizes)) for _, _, packed, sizes in batches]
    both = [model.packed(packed, sizes) for _, _, packed, sizes in batches]
    for result, expected in zip(both, alone, strict=True):
        assert_same(gradients(model, result), expected)


def test_steps_share_their_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[BufferPool] = []

    class Counted(BufferPool):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    monkeypatch.setattr(cpu_training, "BufferPool", Counted)
    model = encoder()
    _, _, packed, sizes = batch((9, 1, 4))
    for _ in range(3):
        gradients(model, model.packed(packed, sizes))
    assert len(made) == 1
    model.eval()
    gradients(model.train(), model.packed(packed, sizes))
    assert len(made) == 2, "evaluation should give the arrays back"


def test_products_of_16_bits_have_few_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes: set[int] = set()
    product = torch.mm

    def counted(left: Tensor, right: Tensor, **more: Tensor) -> Tensor:
        shapes.add(left.shape[1] if left.stride(0) == 1 else left.shape[0])
        return product(left, right, **more)

    monkeypatch.setattr(torch, "mm", counted)
    model = encoder()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for lengths in [(9, 1, 4), (5, 6), (12, 11, 3), (14, 2)]:
            _, _, packed, sizes = batch(lengths)
            gradients(model, model.packed(packed, sizes, at=torch.arange(0, len(packed), 3)))
    assert shapes == {32, 64}
