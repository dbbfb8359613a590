"""Our losses of distillation against plain formulas on what `transformers` makes of each sequence alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoModel

from onoma.models import DistillationModel, Encoder, MaskedBatch, build_distillation_model, load_pretrained
from onoma.models import encoder as encoder_module
from support.tiny import write_encoder

NESTED = pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
LENGTHS = (12, 30, 7, 1)


@pytest.fixture(params=["written out", pytest.param("nested", marks=NESTED)])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a CPU, and as on a GPU."""
    if request.param == "nested":
        monkeypatch.setattr(encoder_module, "can_run_layers", lambda layers: False)


def make_batch() -> MaskedBatch:
    ids = torch.randint(5, 80, (sum(LENGTHS),), generator=torch.Generator().manual_seed(3))
    nothing = torch.empty(0, dtype=torch.long)
    pairs = torch.full((len(LENGTHS),), -1)
    return MaskedBatch(torch.clone(ids), torch.zeros_like(ids), torch.tensor(LENGTHS), nothing, nothing, pairs)


def folders(tmp_path: Path, *, width: int) -> tuple[Path, Path]:
    """A student of a width and two layers, and a teacher of four layers of 48."""
    student = write_encoder(tmp_path / "student", hidden=width, layers=2, seed=1)
    return student, write_encoder(tmp_path / "teacher", hidden=48, layers=4, seed=2)


def build(student: Path, teacher: Path, **settings: Any) -> DistillationModel:
    return build_distillation_model(load_pretrained(str(student)), load_pretrained(str(teacher)), **settings)


def seen(folder: Path, batch: MaskedBatch, *, layer: int) -> Iterator[tuple[Tensor, list[Tensor]]]:
    """Of each sequence the last hidden states, and query, key and value of a layer."""
    model = AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()
    attention = model.encoder.layer[layer].attention.self
    for ids in batch.ids.split(batch.lengths.tolist()):
        states = model(input_ids=ids[None], output_hidden_states=True).hidden_states
        yield states[-1][0], [affine(states[layer][0]) for affine in (attention.query, attention.key, attention.value)]


def relations(projected: Tensor, *, heads: int) -> Tensor:
    parts = projected.view(len(projected), heads, -1)
    scores = torch.einsum("ihd,jhd->hij", parts, parts)
    found: Tensor = (scores / parts.shape[2] ** 0.5).softmax(dim=2)
    return found


def expected(
    student: Path, teacher: Path, batch: MaskedBatch, *, layers: tuple[int, int], heads: int, widen: nn.Module
) -> tuple[Tensor, Tensor]:
    """Both losses, summed over subwords."""
    relation_loss, hidden_loss = torch.zeros(()), torch.zeros(())
    ours, theirs = seen(student, batch, layer=layers[0]), seen(teacher, batch, layer=layers[1])
    for (hidden, projections), (their_hidden, their_projections) in zip(ours, theirs, strict=True):
        for mine, other in zip(projections, their_projections, strict=True):
            found, wanted = relations(mine, heads=heads), relations(other, heads=heads)
            relation_loss = relation_loss + (wanted * (wanted.log() - found.log())).sum() / heads
        hidden_loss = hidden_loss + (widen(hidden) - their_hidden).square().mean(dim=1).sum()
    return relation_loss, hidden_loss


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("width", "heads", "layer"), [(48, 12, 4), (48, 3, 2), (32, 8, 1), (32, 1, 3)])
def test_losses_are_those_of_plain_formulas(width: int, heads: int, layer: int, tmp_path: Path) -> None:
    student, teacher = folders(tmp_path, width=width)
    model = build(student, teacher, relation_heads=heads, teacher_layer=layer, hidden_weight=0.3).eval()
    batch = make_batch()
    found = model.compare(batch)
    relation_loss, hidden_loss = expected(
        student, teacher, batch, layers=(1, layer - 1), heads=heads, widen=model.to_teacher
    )
    torch.testing.assert_close(found.relation_loss, relation_loss, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found.hidden_loss, hidden_loss, atol=1e-5, rtol=1e-5)
    total, weight = model.loss(batch)
    torch.testing.assert_close(total / weight, (relation_loss + 0.3 * hidden_loss) / sum(LENGTHS))


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("width", [48, 32])
def test_gradients_are_those_of_plain_formulas(width: int, tmp_path: Path) -> None:
    student, teacher = folders(tmp_path, width=width)
    model = build(student, teacher, relation_heads=4, hidden_weight=2.0).eval()
    batch = make_batch()
    torch.autograd.backward(model.loss(batch)[0])
    plain = load_pretrained(str(student)).encoder
    assert isinstance(plain, Encoder)
    torch.autograd.backward(_plainly(model, plain, batch))
    expected_gradients = dict(plain.named_parameters())
    largest = max(
        float(weights.grad.abs().max()) for weights in expected_gradients.values() if weights.grad is not None
    )
    for name, weights in model.encoder.named_parameters():
        wanted = expected_gradients[name].grad
        assert weights.grad is not None
        assert wanted is not None
        torch.testing.assert_close(weights.grad / largest, wanted / largest, atol=1e-5, rtol=1e-4, msg=name)


def _plainly(model: DistillationModel, student: Encoder, batch: MaskedBatch) -> Tensor:
    """The loss of a student by autograd alone, sequence by sequence."""
    total = torch.zeros(())
    for ids in batch.ids.split(batch.lengths.tolist()):
        hidden, projections = _states(student, ids)
        with torch.no_grad():
            their_hidden, their_projections = _states(model.teacher.encoder, ids)
        for mine, other in zip(projections, their_projections, strict=True):
            found, wanted = relations(mine, heads=4), relations(other, heads=4)
            total = total + (wanted * (wanted.log() - found.log())).sum() / 4
        errors = model.to_teacher(hidden) - their_hidden
        total = total + 2.0 * errors.square().mean(dim=1).sum()
    return total


def _states(encoder: Encoder, ids: Tensor) -> tuple[Tensor, list[Tensor]]:
    """The last hidden states, and query, key and value of the last layer."""
    caught: list[Tensor] = []
    attention = encoder.get_submodule(f"layers.{len(encoder.layers) - 1}.attention")
    hooks = [
        attention.get_submodule(name).register_forward_hook(lambda module, given, result: caught.append(result[0]))
        for name in ("query", "key", "value")
    ]
    hidden = encoder(ids[None], torch.ones_like(ids)[None])[0]
    for hook in hooks:
        hook.remove()
    return hidden, caught
