"""Inspection of a pre-trained model: likely subwords for a mask, and whether one sentence follows another."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from tokenizers import Encoding

from onoma.errors import InputError
from onoma.models import load_pretraining_model
from onoma.pretraining.sequences import TRUE_PAIR
from onoma.pretraining.vocabulary import special_ids

MASK = "[MASK]"
"""Mask symbol in input texts, whatever the encoder's own mask token is called."""


@dataclass(frozen=True, slots=True)
class MaskPrediction:
    """A subword predicted for a mask, and its probability."""

    subword: str
    probability: float


class PretrainedInspector:
    """A pre-trained encoder with its pre-training heads, for inspection.

    Args:
        encoder: alias, folder or Hub id of the encoder.

    Raises:
        EncoderError: the encoder cannot be loaded, or has no head for masked subwords.
    """

    def __init__(self, encoder: str) -> None:
        self._model, self._pretrained = load_pretraining_model(encoder)
        self._special = special_ids(self._pretrained.tokenizer)

    def fill(self, text: str, *, top: int = 5) -> list[list[MaskPrediction]]:
        """Return the most probable subwords for each ``[MASK]`` of a text, in descending order of probability.

        Args:
            text: text with at least one ``[MASK]``.
            top: number of subwords per mask.

        Raises:
            InputError: the text has no mask, or is longer than the encoder can read.
        """
        tokenizer = self._pretrained.tokenizer
        encoding = tokenizer.encode(text.replace(MASK, str(tokenizer.id_to_token(self._special.mask))))
        positions = [position for position, number in enumerate(encoding.ids) if number == self._special.mask]
        if not positions:
            raise InputError(f"{text!r} has no {MASK}; write it where a word is to be filled in")
        with torch.inference_mode():
            hidden = self._compute_hidden(encoding)[positions]
            probabilities = self._model.masked(hidden, self._model.encoder.words.weight).softmax(dim=-1)
            top_probabilities, top_ids = probabilities.topk(top)
        return [
            [MaskPrediction(tokenizer.decode([number]), value) for value, number in zip(values, row, strict=True)]
            for values, row in zip(top_probabilities.tolist(), top_ids.tolist(), strict=True)
        ]

    def next_sentence_probability(self, first: str, second: str) -> float:
        """Return the probability that two sentences are a true pair, that is, that the second follows the first.

        Raises:
            InputError: the encoder was not trained on pairs, or the sentences are longer than it can read.
        """
        if self._model.pairs is None:
            raise InputError(f"encoder {self._pretrained.name!r} was not trained on pairs of sentences")
        with torch.inference_mode():
            hidden = self._compute_hidden(self._pretrained.tokenizer.encode(first, second))
            return float(self._model.pairs(hidden[:1]).softmax(dim=-1)[0, TRUE_PAIR])

    def _compute_hidden(self, encoding: Encoding) -> torch.Tensor:
        if len(encoding.ids) > self._pretrained.longest:
            raise InputError(
                f"the text has {len(encoding.ids)} subwords, and the encoder can read {self._pretrained.longest}"
            )
        ids = torch.tensor([encoding.ids])
        types = torch.tensor([encoding.type_ids]) if self._model.encoder.config.token_types > 1 else None
        hidden: torch.Tensor = self._model.encoder(ids, torch.ones_like(ids), types)[0]
        return hidden
