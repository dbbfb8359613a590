"""A linear-chain CRF over words: fitted with python-crfsuite; scoring does not need that package.

A fitted model is stored as arrays with a weight for each attribute and tag. Its transitions are stored in the manifest;
:class:`~onoma.tasks.TagTask` uses them in decoding like those of any other CRF.

Sources: Lafferty et al. 2001; Okazaki 2007, CRFsuite; Andrew and Gao 2007 (training with an L1 penalty).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from onoma.baselines import features
from onoma.baselines.features import OFFSETS, Form
from onoma.baselines.text_arrays import pack_texts, unpack_texts
from onoma.errors import optional_import

_MAX_CACHED_FORMS = 100_000
_IMPOSSIBLE_SCORE = -1e3
"""Transition score that makes a tag practically impossible."""

_MAX_OFFSET = max(OFFSETS)
Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, eq=False)
class FittedCrf:
    """The parameters of a fitted CRF.

    Attributes:
        attributes: attributes that have a weight other than 0.
        weights: weight of each attribute for each tag, ``[attributes, tags]``.
        step: transition scores, from row to column, ``[tags, tags]``.
        absent: whether a tag does not occur in the training text, ``[tags]``.
    """

    attributes: tuple[str, ...]
    weights: NDArray[np.float32]
    step: NDArray[np.float64]
    absent: NDArray[np.bool_]

    def transitions(self) -> Mapping[str, NDArray[np.float64]]:
        """Return the scores to add to :class:`onoma.tasks.Transitions`; no transition leads to an absent tag."""
        start = np.where(self.absent, _IMPOSSIBLE_SCORE, 0.0)
        return {"step": self.step + start, "start": start, "end": np.zeros(len(start))}

    def arrays(self) -> Arrays:
        """Return the arrays from which :meth:`CrfScorer.of` restores the scorer."""
        return {"weights": self.weights, **pack_texts(self.attributes)}


class CrfScorer:
    """A :class:`~onoma.runtime.WordScorer` that sums the weights of each word's attributes.

    Args:
        attributes: attributes in the form that :mod:`.features` extracts.
        weights: weight of each attribute for each tag, ``[attributes, tags]``.
    """

    def __init__(self, attributes: Iterable[str], weights: NDArray[np.float32]) -> None:
        # The last row holds zeros, for attributes without a weight.
        self._weights = np.concatenate([weights, np.zeros((1, weights.shape[1]), dtype=np.float32)])
        self._rows = {attribute: row for row, attribute in enumerate(attributes)}
        self._form_cache: dict[str, tuple[Form, NDArray[np.float32]]] = {}

    @classmethod
    def of(cls, arrays: Arrays) -> CrfScorer:
        """Restore a scorer from saved arrays.

        Raises:
            KeyError: an array is missing.
            ValueError: the shapes do not match, or a weight is not finite.
        """
        attributes, weights = unpack_texts(arrays), arrays["weights"]
        if weights.ndim != 2 or len(weights) != len(attributes) or not np.isfinite(weights.astype(np.float32)).all():
            raise ValueError(f"weights of shape {list(weights.shape)} for {len(attributes):,} attributes")
        return cls(attributes, weights.astype(np.float32))

    @property
    def tags(self) -> int:
        """Number of scores per word."""
        return int(self._weights.shape[1])

    def score(self, sentences: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """See :meth:`onoma.runtime.WordScorer.score`."""
        if len(self._form_cache) > _MAX_CACHED_FORMS:
            self._form_cache.clear()
        row_starts, total = [], _MAX_OFFSET
        for words in sentences:
            row_starts.append(total)
            total += len(words) + _MAX_OFFSET
        # Sentences are laid out one after the other, with gaps so that no offset reaches into another sentence.
        positions = np.fromiter(
            chain.from_iterable(
                range(start, start + len(words)) for start, words in zip(row_starts, sentences, strict=True)
            ),
            dtype=np.int64,
        )
        scores = np.zeros((total, self.tags), dtype=np.float32)
        if len(positions):
            forms_and_scores = [self._get_form_and_scores(word) for words in sentences for word in words]
            contributions = np.zeros((total, len(OFFSETS), self.tags), dtype=np.float32)
            contributions[positions] = np.stack([word_scores for _, word_scores in forms_and_scores])
            for number, offset in enumerate(OFFSETS):
                inner = slice(_MAX_OFFSET, total - _MAX_OFFSET)
                scores[inner] += contributions[_MAX_OFFSET + offset : total - _MAX_OFFSET + offset, number]
            scores[positions] += self._weights[
                self._look_up_pairs(sentences, [form for form, _ in forms_and_scores])
            ].sum(axis=1)
        return [scores[start : start + len(words)] for start, words in zip(row_starts, sentences, strict=True)]

    def _look_up_pairs(self, sentences: Sequence[Sequence[str]], forms: Sequence[Form]) -> NDArray[np.int64]:
        """Return the weight rows of the attributes that combine a word and its neighbours, ``[words, attributes]``."""
        zero_row = len(self._rows)
        rows: list[list[int]] = []
        start = 0
        for words in sentences:
            padded_forms: list[Form | None] = [None, *forms[start : start + len(words)], None]
            start += len(words)
            for before, current, after in zip(padded_forms, padded_forms[1:-1], padded_forms[2:], strict=False):
                assert current is not None
                rows.append(
                    [self._rows.get(each, zero_row) for each in features.context_features(before, current, after)]
                )
        return np.asarray(rows)

    def _get_form_and_scores(self, word: str) -> tuple[Form, NDArray[np.float32]]:
        """Return a word's form and the scores that it adds to the words around it, ``[offsets, tags]``; cached."""
        cached = self._form_cache.get(word)
        if cached is None:
            scores = [
                self._weights[[self._rows.get(each, -1) for each in features.word_features(word, offset=offset)]].sum(
                    axis=0
                )
                for offset in OFFSETS
            ]
            cached = self._form_cache[word] = Form.of(word), np.stack(scores)
        return cached


def fit_crf(
    sentences: Sequence[Sequence[str]],
    targets: Sequence[NDArray[np.int32]],
    *,
    tags: int,
    c1: float,
    c2: float,
    iterations: int,
) -> FittedCrf:
    """Fit a CRF by L-BFGS.

    Args:
        sentences: words of each sentence, at least one.
        targets: tag index of each word, ``[words]`` for each sentence.
        tags: number of tags.
        c1: coefficient of the L1 penalty (sum of absolute weights).
        c2: coefficient of the L2 penalty (sum of squared weights).
        iterations: maximum number of iterations.

    Raises:
        MissingExtraError: python-crfsuite is not installed.
    """
    with optional_import("the baseline crf", extra="baselines"):
        import pycrfsuite
    # CRFsuite gets attributes as numbers, so that its dump can be parsed whatever characters an attribute contains.
    attribute_ids: dict[str, str] = {}
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": c1, "c2": c2, "max_iterations": iterations, "feature.possible_transitions": True})
    for words, tag_indices in zip(sentences, targets, strict=True):
        items = [
            [attribute_ids.setdefault(each, str(len(attribute_ids))) for each in word_attributes]
            for word_attributes in features.attributes(words)
        ]
        trainer.append(items, list(map(str, tag_indices.tolist())))
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "fitted")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        with tagger.open(path):
            model = tagger.info()
    attributes = list(attribute_ids)
    used_ids = sorted({int(attribute) for attribute, _ in model.state_features})
    rows = {attribute_id: row for row, attribute_id in enumerate(used_ids)}
    weights = np.zeros((len(used_ids), tags), dtype=np.float32)
    for (attribute, tag), weight in model.state_features.items():
        weights[rows[int(attribute)], int(tag)] = weight
    step = np.zeros((tags, tags))
    for (before, after), weight in model.transitions.items():
        step[int(before), int(after)] = weight
    absent = np.isin(np.arange(tags), np.concatenate(targets), invert=True)
    return FittedCrf(tuple(attributes[attribute_id] for attribute_id in used_ids), weights, step, absent)
