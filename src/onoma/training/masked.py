"""Masked language modelling as an auxiliary task: its text and its batches, with the masking of pre-training."""

from __future__ import annotations

from dataclasses import dataclass

from onoma.bundle import DataCard
from onoma.corpora import digest_of
from onoma.engine.events import Listener
from onoma.models import Pretrained
from onoma.pretraining.config import TextConfig
from onoma.pretraining.data import BatchBuilder, BatchStream, MaskRate, Phase, PretrainingData
from onoma.pretraining.masking import Masking
from onoma.pretraining.reading import read_text
from onoma.pretraining.tokenized import TokenizedText
from onoma.pretraining.vocabulary import check_tokenizer, maskable_ids, special_ids, word_continuations
from onoma.training.config import RunConfig, TaskConfig

MASK_RATE = 0.15
"""Share of the subwords that are masked (Devlin et al. 2019, section 3.1)."""


@dataclass(frozen=True, slots=True)
class MaskedText:
    """The masked language modelling task with its text.

    Attributes:
        config: configuration of the task.
        text: tokenized text.
        card: description of the text for the manifest.
    """

    config: TaskConfig
    text: TokenizedText
    card: DataCard


def read_masked(run: RunConfig, pretrained: Pretrained, *, on_event: Listener) -> MaskedText | None:
    """Read the text for masked language modelling, by default the training sets of the other tasks.

    Returns:
        The task with its text; None if the run has no such task.

    Raises:
        EncoderError: the tokenizer has no mask token.
        InputError: there is no text, or it cannot be read.
    """
    task = run.masked
    if task is None:
        return None
    check_tokenizer(pretrained.tokenizer)
    paths = task.train or tuple(
        dict.fromkeys([*run.data.train, *(path for each in run.predicted for path in each.train)])
    )
    digest = digest_of(paths)
    config = TextConfig(text=paths, held_out_share=0, format=task.format, encoding=task.encoding)
    text = read_text(config, pretrained.tokenizer, digest=digest, on_event=on_event).train
    card = DataCard(
        name=", ".join(path.name for path in paths),
        digest=digest,
        documents=len(text.documents) - 1,
        words=None,
        entities=0,
    )
    return MaskedText(task, text, card)


def masked_data(
    text: TokenizedText, run: RunConfig, pretrained: Pretrained, *, budget: int, epochs: int
) -> PretrainingData:
    """Return the batches of masked text; each epoch is one pass over the text, with new sequences and new masks.

    Args:
        text: text to mask.
        run: configuration of the run.
        pretrained: pre-trained encoder.
        budget: maximum number of subwords per batch; at least the size of a window.
        epochs: number of epochs of the run.
    """
    tokenizer, seed = pretrained.tokenizer, run.training.seed
    special = special_ids(tokenizer)
    masking = Masking(
        unit="words",
        mask_id=special.mask,
        maskable=maskable_ids(tokenizer),
        continues=word_continuations(tokenizer),
    )
    stream = BatchStream(text, window=run.model.window, pairs="none", budget=budget, seed=(seed, 0))
    return PretrainingData(
        BatchBuilder(text, special, masking),
        tokenizer=tokenizer,
        rate=MaskRate(MASK_RATE, MASK_RATE),
        phases=[Phase(epochs * stream.per_pass, stream)],
        measurements=epochs,
        budget=budget,
        accumulate=1,
        seed=seed,
    )
