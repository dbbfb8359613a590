"""Check of a corpus's labels: different names for the same thing, rare labels, and parts with different shares."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import combinations

from onoma.counting import counted_entities
from onoma.doctor.finding import Finding, LocatedDocument
from onoma.text import Entity

_MIN_LABEL_ENTITIES = 20
"""Labels with fewer entities in the training set, or in all files if there is none, are reported as rare."""

_MIN_NAME_SIMILARITY = 0.9
"""Minimum similarity (2 M / T, Ratcliff and Obershelp) of two label names that are reported as similar."""

_MIN_SHARE_DIFFERENCE, _MIN_SHARE_RATIO = 4.0, 2.0
"""A label's shares in two parts are reported if their difference, in standard errors, and their ratio exceed these."""

_SYNONYMS = (
    ("per", "pers", "person", "people", "persons"),
    ("loc", "location", "locations", "place"),
    ("org", "organization", "organisation", "organizations", "organisations", "orgs"),
    ("misc", "miscellaneous"),
    ("gpe", "geopolitical", "geopoliticalentity"),
    ("prod", "product", "products"),
    ("corp", "corporation", "company"),
    ("chem", "chemical", "chemicals"),
    ("dis", "disease", "diseases"),
)
_CANONICAL_NAMES = {name: names[0] for names in _SYNONYMS for name in names}


def check_labels(cases: Sequence[LocatedDocument]) -> Iterator[Finding]:
    """Check the labels' names and counts, and compare their shares in the parts."""
    parts: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        parts[case.part].update(entity.label for entity in case.document.entities)
    counts = sum(parts.values(), Counter[str]())
    yield from _check_names(cases, counts)
    train_counts = parts.get("train", counts)
    first_uses = _find_first_uses(cases, "train" if "train" in parts else None)
    for label, count in sorted(train_counts.items(), key=lambda item: item[1]):
        if count < _MIN_LABEL_ENTITIES:
            yield Finding.at(
                *first_uses[label],
                check="label",
                severity="warning",
                what=f"{label}: {counted_entities(count)}",
                why=f"a model learns little from fewer than {_MIN_LABEL_ENTITIES} examples",
                fix="annotate more of them, or join the label with another (--label OLD=NEW)",
                score=1 - count / _MIN_LABEL_ENTITIES,
            )
    if "train" in parts:
        for part in sorted(set(parts) - {"train"}):
            yield from _compare_shares(cases, part, parts[part], train_counts)


def same_names(counts: Mapping[str, int]) -> dict[str, str]:
    """Map labels that differ only in case and punctuation to the most frequent label among them."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        groups[_normalize_label(label)].append(label)
    return {other: names[0] for names in groups.values() for other in names[1:]}


def _check_names(cases: Sequence[LocatedDocument], counts: Counter[str]) -> Iterator[Finding]:
    first_uses = _find_first_uses(cases, None)
    replacements = same_names(counts)
    for other, label in replacements.items():
        yield Finding.at(
            *first_uses[other],
            check="label",
            severity="error",
            what=f"{other} ({counts[other]:,}) beside {label} ({counts[label]:,})",
            why="the two names differ in case or punctuation only, and are learnt as two labels",
            fix=f"write {label}; --fix does",
            fixable=True,
        )
    for one, other in combinations(
        sorted(set(counts) - set(replacements), key=lambda label: (-counts[label], label)), 2
    ):
        if _are_similar(_normalize_label(one), _normalize_label(other)):
            yield Finding.at(
                *first_uses[other],
                check="label",
                severity="warning",
                what=f"{other} ({counts[other]:,}) beside {one} ({counts[one]:,})",
                why="the two names may mean one thing, and are learnt as two labels",
                fix=f"if they do, --label {other}={one} --fix DIR",
                score=0.5,
            )


def _compare_shares(
    cases: Sequence[LocatedDocument], part: str, part_counts: Counter[str], train_counts: Counter[str]
) -> Iterator[Finding]:
    part_total, train_total = part_counts.total(), train_counts.total()
    first_uses = _find_first_uses(cases, part)
    shown_part = part or "the other files"
    for label, count in part_counts.items():
        if not train_counts[label]:
            yield Finding.at(
                *first_uses[label],
                check="split",
                severity="warning",
                what=f"{label}: {count:,} in {shown_part}, none in train",
                why="a model cannot find what it has not seen; every one counts as missed",
                fix="split the data again, or rename or leave out the label (--label OLD=NEW)",
            )
    for label in sorted(set(part_counts) & set(train_counts)):
        part_share, train_share = part_counts[label] / part_total, train_counts[label] / train_total
        pooled_share = (part_counts[label] + train_counts[label]) / (part_total + train_total)
        standard_error = math.sqrt(pooled_share * (1 - pooled_share) * (1 / part_total + 1 / train_total))
        ratio = max(part_share, train_share) / min(part_share, train_share)
        if (
            standard_error
            and abs(part_share - train_share) > _MIN_SHARE_DIFFERENCE * standard_error
            and ratio > _MIN_SHARE_RATIO
        ):
            yield Finding.at(
                *first_uses[label],
                check="split",
                severity="note",
                what=f"{label}: {part_share:.1%} of the entities of {shown_part}, {train_share:.1%} of those of train",
                why="figures on this part say little about text like that of train",
                fix="nothing, if the parts are meant to differ; else split the data again",
                score=1 - 1 / ratio,
            )


def _find_first_uses(cases: Sequence[LocatedDocument], part: str | None) -> dict[str, tuple[LocatedDocument, Entity]]:
    """Return the first entity with each label, and the document that contains it, by label."""
    return {
        entity.label: (case, entity)
        for case in reversed(cases)
        if part is None or case.part == part
        for entity in reversed(case.document.entities)
    }


def _normalize_label(label: str) -> str:
    return "".join(filter(str.isalnum, label.casefold())) or label


def _are_similar(one: str, other: str) -> bool:
    if _CANONICAL_NAMES.get(one, one) == _CANONICAL_NAMES.get(other, other):
        return True
    return SequenceMatcher(a=one, b=other, autojunk=False).ratio() >= _MIN_NAME_SIMILARITY
