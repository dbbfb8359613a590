from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from onoma.models import Model, TorchBackend, load_pretrained
from support.tagging import linear, logits, mean_loss, model_of, packed
from support.tiny import TAGS, ragged


@pytest.fixture
def model(bert_folder: Path) -> Model:
    return model_of(load_pretrained(str(bert_folder)).encoder, linear(32, len(TAGS), dropout=0.5))


def test_a_model_learns_a_batch_by_heart(model: Model) -> None:
    torch.manual_seed(1)
    ids, mask = ragged((9, 4, 7), vocabulary=100, pad=0)
    targets = ids % len(TAGS)
    batch = packed(ids[mask == 1], mask.sum(dim=1), targets[mask == 1])
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    model.train()
    losses = []
    for _ in range(60):
        loss = mean_loss(model, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3
    scores = logits(TorchBackend(model), ids.numpy(), mask.numpy())
    assert (scores.argmax(axis=2) == targets.numpy())[mask.numpy() == 1].mean() > 0.9


@pytest.mark.parametrize("training", [True, False])
def test_the_backend_leaves_the_model_as_it_was(model: Model, training: bool) -> None:
    model.train(training)
    ids = np.arange(6).reshape(2, 3)
    backend = TorchBackend(model)
    first = logits(backend, ids)
    assert (first == logits(backend, ids)).all()
    assert model.training is model.encoder.training is model.head("entities").training is training
    assert first.dtype == np.float32
    assert first.shape == (2, 3, len(TAGS))


def test_the_backend_restores_the_mode_after_an_error(model: Model) -> None:
    model.train()
    ids = np.full((1, 3), 10**6)
    with pytest.raises(IndexError):
        logits(TorchBackend(model), ids)
    assert model.training


def test_the_backend_computes_in_the_dtype_of_its_context(model: Model) -> None:
    ids = np.arange(6).reshape(2, 3)
    context = partial(torch.autocast, "cpu", dtype=torch.bfloat16)
    with context():
        expected = logits(TorchBackend(model), ids)
    found = logits(TorchBackend(model, autocast=context), ids)
    assert (found == expected).all()
    assert (found != logits(TorchBackend(model), ids)).any()


def test_the_backend_takes_arrays_that_are_views(model: Model) -> None:
    ids = np.arange(6).reshape(2, 3)[:, ::-1]
    backend = TorchBackend(model, device="cpu")
    assert (logits(backend, ids) == logits(backend, ids.copy())).all()
