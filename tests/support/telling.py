"""``onoma``, whose comparisons also tell on standard error what cells do, a line each time."""

from __future__ import annotations

import sys

from onoma.cli import main
from onoma.cli.comparison_progress import ComparisonProgress, ShownEvent
from onoma.experiments import CellProgress


class TellingProgress(ComparisonProgress):
    """Tells, then shows."""

    def __call__(self, event: ShownEvent) -> None:
        if isinstance(event, CellProgress):
            sys.stderr.write(f"{event.cell.name}: {event.text}\n")
            sys.stderr.flush()
        super().__call__(event)


if __name__ == "__main__":
    import onoma.cli.comparison_progress as module

    module.ComparisonProgress = TellingProgress  # type: ignore[misc]
    main()
