"""Check for the same words with different labels, or annotated in one place and not in another.

All occurrences of each sequence of words that is an entity somewhere are counted by label. Occurrences inside a longer
entity are not counted. An occurrence with a rarer label is ranked by the log-odds of the most frequent label's count
against the count of its own label, with 0.5 added to both (Haldane 1956, Anscombe 1956).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from onoma.doctor.finding import Finding, LocatedDocument, shown
from onoma.doctor.surface_forms import Forms, odds

_MIN_ODDS = 4.0
"""Minimum ratio of the most frequent label's count to that of a reported occurrence's label, with 0.5 added to both."""


def check_surfaces(cases: Sequence[LocatedDocument]) -> Iterator[Finding]:
    """Report each occurrence that is labelled differently from most other occurrences of the same words."""
    forms = Forms([case.document for case in cases])
    for form, uses in forms.uses.items():
        counts = forms.counts[form]
        usual_label, usual_count = max(counts.items(), key=lambda item: (item[1], item[0]))
        for use in uses:
            label_odds = odds(usual_count, counts[use.label])
            if use.label == usual_label or label_odds < _MIN_ODDS:
                continue
            counts_text = ", ".join(f"{name or 'nothing'} {count:,}×" for name, count in counts.most_common())
            yield Finding.at(
                cases[use.position],
                use.span,
                check="surface",
                severity="warning",
                what=f"{shown(' '.join(form))} is labelled {use.label or 'nothing'}",
                why=f"these words are {counts_text}; log-odds {math.log(label_odds):.1f}",
                fix=f"label it {usual_label}" if usual_label else "remove the label, unless the sense is another here",
                score=label_odds / (1 + label_odds),
            )
