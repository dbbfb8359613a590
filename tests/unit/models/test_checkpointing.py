"""Recomputed layers learn the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from onoma.errors import EncoderError
from onoma.models import AutoEncoder, Encoder, load_pretrained
from onoma.models import encoder as encoder_module
from onoma.models.checkpointing import checkpoint_layers
from onoma.models.dropout import Dropout, DroppedUnits
from onoma.models.families import read_config
from onoma.models.row_layout import BufferPool
from support.tiny import hf_config, shake, write_distilbert

LENGTHS = torch.tensor([5, 9, 1])
IDS = torch.randint(5, 60, (15,), generator=torch.Generator().manual_seed(1))


def gradients(encoder: Encoder | AutoEncoder) -> list[torch.Tensor]:
    encoder.train().zero_grad()
    torch.manual_seed(3)
    encoder.packed(IDS, LENGTHS).square().sum().backward()
    return [weights.grad for weights in encoder.parameters() if weights.grad is not None]


def check(encoder: Encoder | AutoEncoder) -> None:
    plain = gradients(encoder)
    checkpoint_layers(encoder)
    recomputed = gradients(encoder)
    assert len(plain) == len(recomputed) > 10
    for left, right in zip(plain, recomputed, strict=True):
        torch.testing.assert_close(left, right, rtol=0, atol=0)


def test_gradients_are_equal_with_dropout(monkeypatch: pytest.MonkeyPatch):
    encoder = Encoder(read_config(hf_config("bert", vocabulary=60)))
    shake(encoder)
    draws: list[int] = []
    draw = Dropout.draw

    def counted(dropout: Dropout, shape: Sequence[int], random: np.random.Generator | None = None) -> DroppedUnits:
        draws.append(len(shape))
        return draw(dropout, shape, random)

    monkeypatch.setattr(Dropout, "draw", counted)
    plain = gradients(encoder)
    before = len(draws)
    checkpoint_layers(encoder)
    torch.testing.assert_close(gradients(encoder), plain, rtol=0, atol=0)
    assert len(draws) == before + 2 * before - 1, "the layers were not computed again, or the embeddings were"


def test_gradients_are_equal_where_layers_were_changed(monkeypatch: pytest.MonkeyPatch):
    encoder = Encoder(read_config(hf_config("bert", vocabulary=60)))
    shake(encoder)
    monkeypatch.setattr(encoder_module, "can_run_layers", lambda layers: False)
    calls: list[int] = []
    encoder.layers[0].register_forward_pre_hook(lambda *_: calls.append(1))
    check(encoder)
    assert len(calls) == 3, "the layer was not computed again"


def test_layers_that_are_recomputed_share_their_arrays(monkeypatch: pytest.MonkeyPatch):
    names: set[str] = set()
    take = BufferPool.take

    def noted(buffers: BufferPool, name: str, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        names.add(name)
        return take(buffers, name, *shape, dtype=dtype)

    monkeypatch.setattr(BufferPool, "take", noted)
    encoder = Encoder(read_config(hf_config("bert", vocabulary=60)))
    gradients(encoder)
    plain = len(names)
    names.clear()
    checkpoint_layers(encoder)
    gradients(encoder)
    assert len(names) < plain


def test_gradients_of_a_foreign_encoder_are_equal(tmp_path: Path):
    check(load_pretrained(str(write_distilbert(tmp_path / "distilbert"))).encoder)


def test_an_architecture_without_it_is_named():
    class Plain(torch.nn.Module):
        supports_gradient_checkpointing = False

    with pytest.raises(EncoderError, match="Plain does not support gradient checkpointing"):
        checkpoint_layers(AutoEncoder(Plain(), hidden=3, prefix=""))
