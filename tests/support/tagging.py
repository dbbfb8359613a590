"""Heads, models and batches over tags, for tests that do not care what the tags mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onoma.models import HeadSettings, LinearHead, Model, PackedBatch, Pretrained, SentenceBounds
from onoma.models.encoder import Encoder
from onoma.models.transformers_encoder import AutoEncoder
from onoma.runtime import Backend, run_one
from onoma.schemes import SCHEMES
from onoma.tasks import NO_TARGET, TagTask
from support.tiny import TAGS, shake


def task_of(tags: int, *, unannotated: Sequence[frozenset[str]] = ()) -> TagTask:
    """A task with this many tags: O, and one for each of the labels 1, 2, …"""
    return TagTask([str(number) for number in range(1, tags)], scheme=SCHEMES["IO"], unannotated=unannotated)


def linear(hidden: int, tags: int, *, unannotated: Sequence[frozenset[str]] = (), **settings: object) -> LinearHead:
    """A linear head over tags."""
    return LinearHead(hidden, task_of(tags, unannotated=unannotated), HeadSettings(**settings))  # type: ignore[arg-type]


def model_of(encoder: Encoder | AutoEncoder, head: LinearHead) -> Model:
    """A model with one head."""
    return Model(encoder, {"entities": head})


def recogniser(pretrained: Pretrained) -> Model:
    """A model of ``TAGS`` with a head of random weights, set to evaluation."""
    model = model_of(pretrained.encoder, linear(pretrained.hidden, len(TAGS))).eval()
    shake(model.head("entities"))
    return model


def windows(*lengths: int) -> list[NDArray[np.int64]]:
    """Random subwords of a tiny tokenizer, none of them special."""
    random = np.random.default_rng(3)
    return [random.integers(5, 100, length) for length in lengths]


def one_sentence(words: int) -> SentenceBounds:
    """All words in one whole sentence."""
    return SentenceBounds(torch.tensor([words]), torch.tensor([True]), torch.tensor([True]))


def packed(ids: Tensor, lengths: Tensor, targets: Tensor) -> PackedBatch:
    """Windows that are a sentence each, with a target at each subword that is not ``NO_TARGET``."""
    words = (targets != NO_TARGET).nonzero().flatten()
    ends = lengths.cumsum(0)
    window = torch.searchsorted(ends, words, right=True)
    begins = torch.ones(len(words), dtype=torch.bool)
    begins[1:] = window[1:] != window[:-1]
    behind = torch.cat([begins[1:], begins.new_ones(min(1, len(words)))])
    return PackedBatch(ids, lengths, words, begins, behind, {"entities": targets[words]})


def mean_loss(model: Model, batch: PackedBatch) -> Tensor:
    """The loss of a batch."""
    total, weight = model.loss(batch)
    return total / weight.clamp(min=1e-30)


def logits(backend: Backend, ids: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    """The scores of the task of a recogniser."""
    return run_one(backend, ids, mask)["entities"]
