"""Sequences without padding = the same padded, on every way through the encoder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from onoma.models import AutoEncoder, Encoder, load_pretrained
from onoma.models import encoder as encoder_module
from onoma.models.attention import NestedAttention, PackedAttention
from onoma.models.dropout import Dropout
from onoma.models.packing import Packing
from onoma.tasks import NO_TARGET
from support.tagging import linear, mean_loss, model_of, packed
from support.tiny import ragged, shake, small_config, write_distilbert

LENGTHS = [(7, 7, 7), (9, 1, 4), (1,), (30, 2)]
NESTED = pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")


def encoder(**changes: object) -> Encoder:
    made = Encoder(small_config(**changes))
    shake(made)
    return made


def batch(lengths: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Padded ids and mask, packed ids and lengths."""
    ids, mask = ragged(lengths, vocabulary=50, pad=0)
    return ids, mask, ids[mask == 1], torch.tensor(lengths)


@pytest.fixture(params=["plain", pytest.param("nested", marks=NESTED)])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attention as on a CPU, and as on a GPU."""
    if request.param == "nested":

        def nested(asking: Packing, asked: Packing, *, heads: int) -> NestedAttention:
            return NestedAttention(asking, asked)

        monkeypatch.setattr(encoder_module, "packed_attention", nested)


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


@pytest.mark.usefixtures("way")
def test_a_sequence_in_which_nothing_is_wanted() -> None:
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


@pytest.mark.parametrize("lengths", LENGTHS)
def test_attention_drops_weights_and_its_gradient_knows_which(lengths: tuple[int, ...]) -> None:
    """Of equal lengths there is no bias, of others there is; each sequence alone, by plain products."""
    heads, width, total = 2, 6, sum(lengths)
    rows = [torch.randn(total, width, requires_grad=True) for _ in range(3)]
    packing = Packing.of(torch.tensor(lengths))
    dropout = Dropout(0.4)
    torch.manual_seed(4)
    ours = PackedAttention(packing, packing, heads=heads)(*rows, heads=heads, dropout=dropout)
    longest = max(lengths)
    torch.manual_seed(4)
    stays = dropout.draw(torch.empty(len(lengths) * heads, longest, longest)).view(-1, heads, longest, longest)
    theirs = []
    for number, (query, key, value) in enumerate(zip(*(each.split(list(lengths)) for each in rows), strict=True)):
        size = len(query)
        by_head = [each.view(size, heads, -1).transpose(0, 1) for each in (query, key, value)]
        weights = (by_head[0] @ by_head[1].transpose(1, 2) * (width // heads) ** -0.5).softmax(-1)
        dropped = weights * stays[number, :, :size, :size] / 0.6
        theirs.append((dropped @ by_head[2]).transpose(0, 1).reshape(size, width))
    torch.testing.assert_close(ours, torch.cat(theirs))
    wanted = torch.randn(total, width)
    for one, other in zip(
        torch.autograd.grad(ours, rows, wanted), torch.autograd.grad(torch.cat(theirs), rows, wanted), strict=True
    ):
        torch.testing.assert_close(one, other)
