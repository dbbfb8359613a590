"""Error analysis of aligned documents: kinds of error, confused labels, and metrics for groups of entities.

A mention without an exact match is paired with a mention of the other side that overlaps it, by preference with one
that has the same boundaries, then the same label, then the longer overlap, then the earlier position. This module does
not rank errors by severity.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from onoma.metrics.align import Aligned, Mention, surface_form
from onoma.metrics.counting import matches
from onoma.metrics.counts import Counts
from onoma.text import Document

ErrorKind = Literal["boundary", "label", "both", "missed", "spurious"]

KINDS: Mapping[ErrorKind, str] = {
    "boundary": "the label is right, the bounds are not",
    "label": "the bounds are right, the label is not",
    "both": "they overlap, with other bounds and another label",
    "missed": "gold, and nothing predicted there",
    "spurious": "predicted, and no gold there",
}
"""The kinds of error and their meanings."""

EXAMPLES = 5
"""Number of errors of each kind that are kept as examples."""

_GROUPS = {
    "length": ("1", "2", "3", "4", "5 or more"),
    "position": ("first quarter", "second quarter", "third quarter", "last quarter"),
    "training": ("seen", "seen with another label", "unseen"),
    "frequency": ("0", "1", "2 to 4", "5 to 9", "10 or more"),
}
_FREQUENCY_LOWER_BOUNDS = (0, 1, 2, 5, 10)
_DOMAIN = "domain"


class EntityError(NamedTuple):
    """One error: a gold mention, a predicted mention, or both; ``document`` counts from 1."""

    kind: ErrorKind
    document: int
    gold: Mention | None
    predicted: Mention | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """The errors of a model, by kind, by label and by group of entities.

    Attributes:
        kinds: number of errors of each kind; an error between a gold and a predicted mention counts once.
        confusion: how often a gold label (first) was predicted as another label (second), including cases with
            different boundaries; "" means no entity, and equal labels are exact matches and boundary errors.
        groups: exact counts by a property of the entity: `length` in words and `position` in the document; with
            training text also `training` (whether it contains the surface form, and with this label) and `frequency`
            (how often it contains the form with this label); `domain` if documents have a domain in ``meta``.
        examples: the first few errors of each kind.
    """

    kinds: Mapping[ErrorKind, int]
    confusion: Mapping[tuple[str, str], int]
    groups: Mapping[str, Mapping[str, Counts]]
    examples: tuple[EntityError, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`; the label "" becomes null."""
        return {
            "kinds": dict(self.kinds),
            "confusion": [
                {"gold": gold or None, "predicted": predicted or None, "count": count}
                for (gold, predicted), count in self.confusion.items()
            ],
            "groups": {
                name: {
                    value: {"precision": each.precision, "recall": each.recall, "f1": each.f1, "support": each.support}
                    for value, each in group.items()
                }
                for name, group in self.groups.items()
            },
            "examples": [
                {
                    "kind": each.kind,
                    "document": each.document,
                    "gold": None if each.gold is None else each.gold._asdict(),
                    "predicted": None if each.predicted is None else each.predicted._asdict(),
                }
                for each in self.examples
            ],
        }


@dataclass(frozen=True, slots=True)
class TrainingForms:
    """The surface forms of a training text, with how often each occurs with each label.

    >>> text = Document("Ada")
    >>> TrainingForms.of([text.with_entities([text.entity(0, 3, "PER")])]).novelty(Mention(7, 10, "ORG", "Ada"))
    'seen with another label'
    """

    forms: Mapping[str, Counter[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Iterable[Document]) -> TrainingForms:
        """Count the entities of a training text by surface form and label."""
        forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for document in documents:
            for entity in document.entities:
                forms[surface_form(entity.text)][entity.label] += 1
        return cls(dict(forms))

    def novelty(self, mention: Mention) -> str:
        """Return whether the training text has the form with this label, only with another label, or not at all."""
        labels = self.forms.get(mention.form)
        return "unseen" if labels is None else "seen" if mention.label in labels else "seen with another label"

    def frequency(self, mention: Mention) -> str:
        """Return the range of frequencies of the form with this label in the training text, such as `2 to 4`."""
        count = self.forms.get(mention.form, Counter[str]())[mention.label]
        return _GROUPS["frequency"][bisect_right(_FREQUENCY_LOWER_BOUNDS, count) - 1]


def analyse_errors(pairs: Iterable[Aligned], *, training: TrainingForms | None = None) -> Errors:
    """Find and group the errors in aligned documents.

    Args:
        pairs: aligned documents.
        training: surface forms of the training text, to group entities by whether the model has seen them; None to omit
            these groups.
    """
    kinds: Counter[ErrorKind] = Counter(dict.fromkeys(KINDS, 0))
    confusion: Counter[tuple[str, str]] = Counter()
    groups: defaultdict[str, defaultdict[str, Counts]] = defaultdict(lambda: defaultdict(Counts))
    examples: list[EntityError] = []
    for document, pair in enumerate(pairs, start=1):
        correct = matches(pair.gold, pair.predicted)
        for mention in correct.elements():
            confusion[mention.label, mention.label] += 1
        for error in _iter_errors(pair, correct, document=document):
            kind, gold, predicted = error.kind, error.gold, error.predicted
            kinds[kind] += 1
            confusion[gold.label if gold else "", predicted.label if predicted else ""] += 1
            if kinds[kind] <= EXAMPLES:
                examples.append(error)
        sides = (
            (correct.elements(), Counts(correct=1)),
            (pair.predicted, Counts(predicted=1)),
            (pair.gold, Counts(gold=1)),
        )
        for mentions, count in sides:
            for mention in mentions:
                for name, group in _iter_groups(mention, pair, training):
                    groups[name][group] += count
    return Errors(
        kinds=dict(kinds),
        confusion=dict(sorted(confusion.items())),
        groups={
            name: {
                value: groups[name][value] for value in _GROUPS.get(name, sorted(groups[name])) if value in groups[name]
            }
            for name in (*_GROUPS, _DOMAIN)
            if name in groups
        },
        examples=tuple(sorted(examples, key=lambda each: list(KINDS).index(each.kind))),
    )


def document_errors(pair: Aligned, *, document: int) -> Iterator[EntityError]:
    """Yield the errors of one document: first those between two mentions, then missed mentions, then spurious ones.

    Args:
        pair: the document with the entities predicted for it.
        document: number of the document, counted from 1.
    """
    yield from _iter_errors(pair, matches(pair.gold, pair.predicted), document=document)


def _iter_errors(pair: Aligned, correct: Counter[Mention], *, document: int) -> Iterator[EntityError]:
    for gold, predicted in _pair_mentions(
        _remove_correct(pair.gold, correct), _remove_correct(pair.predicted, correct)
    ):
        yield EntityError(_classify_error(gold, predicted), document, gold, predicted)


def _classify_error(gold: Mention | None, predicted: Mention | None) -> ErrorKind:
    if gold is None:
        return "spurious"
    if predicted is None:
        return "missed"
    if gold.label == predicted.label:
        return "boundary"
    return "label" if (gold.start, gold.end) == (predicted.start, predicted.end) else "both"


def _remove_correct(mentions: Sequence[Mention], correct: Counter[Mention]) -> list[Mention]:
    """Return the mentions that are not correct, in order."""
    remaining = Counter(mentions) - correct
    unmatched = []
    for mention in mentions:
        if remaining[mention]:
            remaining[mention] -= 1
            unmatched.append(mention)
    return unmatched


def _pair_mentions(
    gold: Sequence[Mention], predicted: Sequence[Mention]
) -> Iterator[tuple[Mention | None, Mention | None]]:
    free_gold, free_predicted = set(range(len(gold))), set(range(len(predicted)))
    for left, right in sorted(
        _find_candidate_pairs(gold, predicted), key=lambda pair: _pair_sort_key(gold[pair[0]], predicted[pair[1]])
    ):
        if left in free_gold and right in free_predicted:
            free_gold.remove(left)
            free_predicted.remove(right)
            yield gold[left], predicted[right]
    yield from ((gold[index], None) for index in sorted(free_gold))
    yield from ((None, predicted[index]) for index in sorted(free_predicted))


def _find_candidate_pairs(gold: Sequence[Mention], predicted: Sequence[Mention]) -> Iterator[tuple[int, int]]:
    """Yield the indices of gold and predicted mentions that overlap or have the same boundaries."""
    ordered = sorted(range(len(predicted)), key=lambda index: predicted[index].start)
    longest = max((mention.end - mention.start for mention in predicted), default=0)
    first = 0
    for left in sorted(range(len(gold)), key=lambda index: gold[index].start):
        ours = gold[left]
        while first < len(ordered) and predicted[ordered[first]].start + longest < ours.start:
            first += 1
        for right in ordered[first:]:
            theirs = predicted[right]
            if theirs.start > ours.end:
                break
            same = (ours.start, ours.end) == (theirs.start, theirs.end)
            if same or max(ours.start, theirs.start) < min(ours.end, theirs.end):
                yield left, right


def _pair_sort_key(gold: Mention, predicted: Mention) -> tuple[bool, bool, int, int, int]:
    overlap = min(gold.end, predicted.end) - max(gold.start, predicted.start)
    other_bounds = (gold.start, gold.end) != (predicted.start, predicted.end)
    return other_bounds, gold.label != predicted.label, -overlap, gold.start, predicted.start


def _iter_groups(mention: Mention, pair: Aligned, training: TrainingForms | None) -> Iterator[tuple[str, str]]:
    lengths, quarters = _GROUPS["length"], _GROUPS["position"]
    yield "length", lengths[min(max(len(mention.form.split()), 1), len(lengths)) - 1]
    yield "position", quarters[min(4 * (mention.start - pair.base) // max(len(pair.document.text), 1), 3)]
    if training is not None:
        yield "training", training.novelty(mention)
        yield "frequency", training.frequency(mention)
    domain = pair.document.meta.get(_DOMAIN)
    if domain and isinstance(domain, str):
        yield _DOMAIN, domain
