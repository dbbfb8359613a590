"""The same words labelled in two ways, or labelled here and not there.

For each run of words that is an entity somewhere all its occurrences are counted by what they are labelled; those
inside a longer entity do not count. An occurrence that goes against the majority is ranked by the log-odds of the
majority's count against its own, half added to both (Haldane 1956, Anscombe 1956).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from onoma.doctor.finding import Case, Finding, shown
from onoma.doctor.forms import Forms

ODDS = 4.0
"""How many times as frequent the other way must be, half added to both counts."""


def check_surfaces(cases: Sequence[Case]) -> Iterator[Finding]:
    """Name each occurrence that is labelled otherwise than most others of the same words."""
    for form, uses in Forms([case.document for case in cases]).uses.items():
        counts = Counter(use.label for use in uses)
        usual, most = max(counts.items(), key=lambda item: (item[1], item[0]))
        for use in uses:
            odds = (most + 0.5) / (counts[use.label] + 0.5)
            if use.label == usual or odds < ODDS:
                continue
            told = ", ".join(f"{name or 'nothing'} {count:,}×" for name, count in counts.most_common())
            yield Finding.at(
                cases[use.position],
                use.span,
                check="surface",
                severity="warning",
                what=f"{shown(' '.join(form))} is labelled {use.label or 'nothing'}",
                why=f"these words are {told}; log-odds {math.log(odds):.1f}",
                mend=f"label it {usual}" if usual else "remove the label, unless the sense is another here",
                score=odds / (1 + odds),
            )
