"""Training of the baseline ``bilstm`` with the engine: its batches and its automatic settings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from onoma.baselines.vocabulary import VocabularyReader
from onoma.engine.batching import shuffled_batches
from onoma.engine.config import learner_settings
from onoma.engine.devices import to_device
from onoma.engine.dtype import Dtype
from onoma.engine.events import UnitNames
from onoma.engine.loop import LoopSettings
from onoma.models.word_network import WordBatch
from onoma.training.building import ResolvedSettings
from onoma.training.config import TrainingConfig
from onoma.training.word_examples import WordExample

FP32 = Dtype("fp32", "a network of this size gains nothing from less")

_DEFAULT_LEARNING_RATE = 4e-3
_TARGET_STEPS = 3_000
_MAX_DESCRIBED, _MAX_CHARACTERS = 4, 60


class WordData:
    """Training sentences in the interface of the engine; see :class:`onoma.engine.data.Data`.

    Args:
        examples: training examples.
        reader: looks up the words of the examples in the vocabulary.
        budget: maximum number of words per padded batch.
        seed: random seed of the order.
    """

    def __init__(self, examples: Sequence[WordExample], *, reader: VocabularyReader, budget: int, seed: int) -> None:
        self.budget = budget
        self._examples = examples
        self._reader = reader
        self._seed = seed
        self._lengths = np.asarray([len(example.words) for example in examples])

    @property
    def subwords(self) -> int:
        """Number of words of all sentences; the engine calls its units subwords."""
        return int(self._lengths.sum())

    def __len__(self) -> int:
        return len(self._examples)

    def epoch(self, number: int) -> list[list[int]]:
        """Return the indices of the sentences in each batch of epoch ``number``; every sentence occurs once."""
        return shuffled_batches(self._lengths, budget=self.budget, random=np.random.default_rng((self._seed, number)))

    def load(self, chosen: Sequence[int], *, epoch: int, device: torch.device) -> WordBatch:
        """Load sentences as a batch, which is the same in every epoch."""
        del epoch
        examples = [self._examples[position] for position in chosen]
        inputs = self._reader.inputs([example.words for example in examples])
        return WordBatch(
            words=to_device(inputs.words, device),
            characters=to_device(inputs.characters, device),
            places=to_device(inputs.places, device),
            lengths=to_device(inputs.lengths, device),
            begins=to_device(np.asarray([example.begins for example in examples]), device),
            ends=to_device(np.asarray([example.ends for example in examples]), device),
            targets=to_device(np.concatenate([example.targets for example in examples]).astype(np.int64), device),
        )

    def describe(self, chosen: Sequence[int]) -> str:
        """Describe the first few sentences by their numbers and beginnings."""
        descriptions = [
            f"sentence {position + 1:,} ({' '.join(self._examples[position].words)[:_MAX_CHARACTERS]!r})"
            for position in chosen[:_MAX_DESCRIBED]
        ]
        return ", ".join(descriptions) + (
            f" and {len(chosen) - _MAX_DESCRIBED} more" if len(chosen) > _MAX_DESCRIBED else ""
        )


def resolve_network_settings(settings: TrainingConfig, *, words: int) -> ResolvedSettings:
    """Determine the learning rate, the batch size (in words) and the number of epochs of a network.

    Args:
        settings: settings of the user.
        words: number of words of the training text.
    """
    batch = settings.batch_subwords or min(512, max(64, words // 150))
    epochs = math.ceil(_TARGET_STEPS * batch * settings.accumulate / words)
    return ResolvedSettings(
        learning_rate=settings.learning_rate or _DEFAULT_LEARNING_RATE,
        batch_subwords=batch,
        epochs=settings.epochs or min(40, max(10, epochs)),
    )


def plan_network(
    settings: TrainingConfig,
    resolved: ResolvedSettings,
    examples: Sequence[WordExample],
    *,
    reader: VocabularyReader,
    device: torch.device,
    evaluate_every: int,
) -> tuple[WordData, LoopSettings]:
    """Return the batches and the loop settings of a network."""
    loop = LoopSettings(
        epochs=resolved.epochs,
        patience=settings.patience,
        learner=learner_settings(settings, device=device, dtype=FP32, learning_rate=resolved.learning_rate),
        accumulate=settings.accumulate,
        evaluate_every=evaluate_every,
        units=UnitNames(example="sentence", length="word"),
    )
    return WordData(examples, reader=reader, budget=resolved.batch_subwords, seed=settings.seed), loop
