"""A linear-chain CRF over words: fitted by python-crfsuite, and tagged without it.

What was fitted becomes arrays: a weight for each attribute and tag, and transitions, which the manifest keeps and
:class:`~onoma.tasks.TagTask` adds in decoding as it does those of any CRF.

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
from onoma.baselines.texts import pack_texts, unpack_texts
from onoma.errors import needing

_FORMS_KEPT = 100_000
_NEVER = -1e3
"""The score of a step that is as good as impossible."""

_REACH = max(OFFSETS)
Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, eq=False)
class FittedCrf:
    """What a CRF has learnt.

    Attributes:
        attributes: those that have a weight other than 0.
        weights: ``[attributes, tags]``.
        step: scores of the steps from tag to tag, ``[tags, tags]``.
        absent: the tags that are nowhere in the training text, ``[tags]``.
    """

    attributes: tuple[str, ...]
    weights: NDArray[np.float32]
    step: NDArray[np.float64]
    absent: NDArray[np.bool_]

    def transitions(self) -> Mapping[str, NDArray[np.float64]]:
        """What decoding needs; see :class:`onoma.tasks.Transitions`. No step leads to an absent tag."""
        start = np.where(self.absent, _NEVER, 0.0)
        return {"step": self.step + start, "start": start, "end": np.zeros(len(start))}

    def arrays(self) -> Arrays:
        """What :meth:`CrfScorer.of` needs."""
        return {"weights": self.weights, **pack_texts(self.attributes)}


class CrfScorer:
    """A :class:`~onoma.runtime.WordScorer` that sums the weights of each word's attributes.

    Args:
        attributes: texts as :mod:`.features` makes them.
        weights: of each attribute for each tag, ``[attributes, tags]``.
    """

    def __init__(self, attributes: Iterable[str], weights: NDArray[np.float32]) -> None:
        # The last row is that of an attribute without a weight.
        self._weights = np.concatenate([weights, np.zeros((1, weights.shape[1]), dtype=np.float32)])
        self._rows = {attribute: row for row, attribute in enumerate(attributes)}
        self._forms: dict[str, tuple[Form, NDArray[np.float32]]] = {}

    @classmethod
    def of(cls, arrays: Arrays) -> CrfScorer:
        """One that was saved.

        Raises:
            KeyError: an array is missing.
            ValueError: they do not fit each other.
        """
        attributes, weights = unpack_texts(arrays), arrays["weights"]
        if weights.ndim != 2 or len(weights) != len(attributes) or not np.isfinite(weights.astype(np.float32)).all():
            raise ValueError(f"weights of shape {list(weights.shape)} for {len(attributes):,} attributes")
        return cls(attributes, weights.astype(np.float32))

    @property
    def tags(self) -> int:
        """How many scores a word has."""
        return int(self._weights.shape[1])

    def score(self, sentences: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """See :meth:`onoma.runtime.WordScorer.score`."""
        if len(self._forms) > _FORMS_KEPT:
            self._forms.clear()
        firsts, total = [], _REACH
        for words in sentences:
            firsts.append(total)
            total += len(words) + _REACH
        # Sentences stand one after the other, so far apart that no word reaches into another's.
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
        """The rows of the attributes of neighbours, ``[words, attributes]``."""
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
        """A word's form and what it adds to the words around it, ``[offsets, tags]``."""
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
        sentences: words, none of them empty.
        targets: the number of each word's tag, ``[words]`` each.
        tags: how many there are.
        c1: penalty on the sum of absolute weights.
        c2: penalty on the sum of squared weights.
        iterations: at most.

    Raises:
        MissingExtraError: python-crfsuite is not installed.
    """
    with needing("the baseline crf", extra="baselines"):
        import pycrfsuite
    # By number: what CRFsuite writes down can then be read whatever characters an attribute has.
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
