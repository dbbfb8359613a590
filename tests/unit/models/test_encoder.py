from __future__ import annotations

import jaxtyping
import pytest
import torch

from onoma.models import Encoder
from support.tiny import ragged, small_config


def test_hidden_states_have_a_row_for_every_subword() -> None:
    ids, mask = ragged((5, 2), vocabulary=50, pad=0)
    assert Encoder(small_config())(ids, mask).shape == (2, 5, 16)


def test_what_stands_at_padding_is_never_seen() -> None:
    encoder = Encoder(small_config()).eval()
    ids, mask = ragged((6, 3), vocabulary=50, pad=0)
    before = encoder(ids, mask)[mask == 1]
    ids[mask == 0] = 49
    assert torch.equal(before, encoder(ids, mask)[mask == 1])


def test_a_row_of_nothing_but_padding_is_finite() -> None:
    ids, mask = ragged((4, 1), vocabulary=50, pad=0)
    mask[1] = 0
    assert torch.isfinite(Encoder(small_config())(ids, mask)).all()


def test_hidden_states_depend_on_the_order_of_subwords() -> None:
    encoder = Encoder(small_config()).eval()
    ids = torch.tensor([[7, 8, 9]])
    mask = torch.ones_like(ids)
    assert not torch.allclose(encoder(ids, mask).flip(1), encoder(ids.flip(1), mask))


def test_dropout_acts_in_training_only() -> None:
    encoder = Encoder(small_config(dropout=0.5))
    ids, mask = ragged((6,), vocabulary=50, pad=0)
    assert not torch.equal(encoder(ids, mask), encoder(ids, mask))
    encoder.eval()
    assert torch.equal(encoder(ids, mask), encoder(ids, mask))


def test_narrow_embeddings_are_projected() -> None:
    encoder = Encoder(small_config(embedding=8))
    assert encoder.embeddings.words.weight.shape == (50, 8)
    assert encoder(*ragged((3,), vocabulary=50, pad=0)).shape == (1, 3, 16)


def test_gradients_reach_every_parameter_that_is_used() -> None:
    encoder = Encoder(small_config(embedding=8))
    encoder(*ragged((6, 3), vocabulary=50, pad=0)).square().sum().backward()
    assert [name for name, weights in encoder.named_parameters() if weights.grad is None] == []


def test_heads_that_cannot_share_the_width_are_refused() -> None:
    with pytest.raises(ValueError, match="3 heads cannot share a width of 16"):
        small_config(heads=3)


def test_shapes_are_checked_under_test() -> None:
    ids = torch.zeros(2, 5, dtype=torch.int64)
    with pytest.raises(jaxtyping.TypeCheckError):
        Encoder(small_config())(ids, ids[:, :4])
