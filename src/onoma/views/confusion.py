"""Selection of the labels that are shown in a confusion matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


def frequent_labels(confusion: Mapping[tuple[str, str], int], *, most: int) -> tuple[list[str], int]:
    """Return the most frequent labels in alphabetical order, and the number of labels left out.

    The last of the returned labels is "", which stands for no entity.

    Args:
        confusion: counts by gold and predicted label.
        most: maximum number of labels to keep.
    """
    counts: Counter[str] = Counter()
    for pair, count in confusion.items():
        for label in pair:
            counts[label] += count
    del counts[""]
    kept = sorted(label for label, _ in counts.most_common(most))
    return [*kept, ""], len(counts) - len(kept)
