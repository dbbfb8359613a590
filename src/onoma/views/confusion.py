"""The confusion of labels -> the labels that a table has room for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


def frequent_labels(confusion: Mapping[tuple[str, str], int], *, most: int) -> tuple[list[str], int]:
    """The most frequent labels in alphabetical order, then "" for nothing; and how many labels are left out.

    Args:
        confusion: counts by gold and predicted label.
        most: how many labels to keep.
    """
    sizes: Counter[str] = Counter()
    for pair, count in confusion.items():
        for label in pair:
            sizes[label] += count
    del sizes[""]
    kept = sorted(label for label, _ in sizes.most_common(most))
    return [*kept, ""], len(sizes) - len(kept)
