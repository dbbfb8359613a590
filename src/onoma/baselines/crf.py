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

_FORMS_KEPT = 100_000
_NEVER = -1e3
"""Transition score that makes a tag practically impossible."""

_REACH = max(OFFSETS)
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
        start = np.where(self.absent, _NEVER, 0.0)
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
        self._forms: dict[str, tuple[Form, NDArray[np.float32]]] = {}

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
        if len(self._forms) > _FORMS_KEPT:
            self._forms.clear()
        firsts, total = [], _REACH
        for words in sentences:
            firsts.append(total)
            total += len(words) + _REACH
        # Sentences are laid out one after the other, with gaps so that no offset reaches into another sentence.
        places = np.fromiter(
            chain.from_iterable(
                range(first, first + len(words)) for first, words in zip(firsts, sentences, strict=True)
            ),
            dtype=np.int64,
        )
        scores = np.zeros((total, self.tags), dtype=np.float32)
        if len(places):
            found = [self._form(word) for words in sentences for word in words]
            parts = np.zeros((total, len(OFFSETS), self.tags), dtype=np.float32)
            parts[places] = np.stack([vectors for _, vectors in found])
            for number, offset in enumerate(OFFSETS):
                here = slice(_REACH, total - _REACH)
                scores[here] += parts[_REACH + offset : total - _REACH + offset, number]
            scores[places] += self._weights[self._pairs(sentences, [form for form, _ in found])].sum(axis=1)
        return [scores[first : first + len(words)] for first, words in zip(firsts, sentences, strict=True)]

    def _pairs(self, sentences: Sequence[Sequence[str]], forms: Sequence[Form]) -> NDArray[np.int64]:
        """Return the weight rows of the attributes that combine a word and its neighbours, ``[words, attributes]``."""
        nothing = len(self._rows)
        rows: list[list[int]] = []
        start = 0
        for words in sentences:
            own: list[Form | None] = [None, *forms[start : start + len(words)], None]
            start += len(words)
            for before, here, after in zip(own, own[1:-1], own[2:], strict=False):
                assert here is not None
                rows.append([self._rows.get(each, nothing) for each in features.of_pairs(before, here, after)])
        return np.asarray(rows)

    def _form(self, word: str) -> tuple[Form, NDArray[np.float32]]:
        """Return a word's form and the scores that it adds to the words around it, ``[offsets, tags]``; cached."""
        found = self._forms.get(word)
        if found is None:
            vectors = [
                self._weights[[self._rows.get(each, -1) for each in features.of_word(word, offset=offset)]].sum(axis=0)
                for offset in OFFSETS
            ]
            found = self._forms[word] = Form.of(word), np.stack(vectors)
        return found


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
    numbers: dict[str, str] = {}
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": c1, "c2": c2, "max_iterations": iterations, "feature.possible_transitions": True})
    for words, own in zip(sentences, targets, strict=True):
        items = [
            [numbers.setdefault(each, str(len(numbers))) for each in of_word] for of_word in features.attributes(words)
        ]
        trainer.append(items, list(map(str, own.tolist())))
    with TemporaryDirectory() as place:
        path = str(Path(place) / "fitted")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        with tagger.open(path):
            fitted = tagger.info()
    names = list(numbers)
    used = sorted({int(attribute) for attribute, _ in fitted.state_features})
    rows = {number: row for row, number in enumerate(used)}
    weights = np.zeros((len(used), tags), dtype=np.float32)
    for (attribute, tag), weight in fitted.state_features.items():
        weights[rows[int(attribute)], int(tag)] = weight
    step = np.zeros((tags, tags))
    for (before, after), weight in fitted.transitions.items():
        step[int(before), int(after)] = weight
    absent = np.isin(np.arange(tags), np.concatenate(targets), invert=True)
    return FittedCrf(tuple(names[number] for number in used), weights, step, absent)
