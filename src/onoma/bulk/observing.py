"""The progress of a job, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReport:
    """The result of a job.

    Attributes:
        output: the file or the folder of parts.
        tagged: rows that are in it.
        entities: found in them.
        dead: rows that could not be tagged.
        dead_letters: the file with these rows and the reasons; None where there are none.
    """

    output: Path
    tagged: int
    entities: int
    dead: int
    dead_letters: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of a job.

    Attributes:
        rows: done, of all runs of the job.
        of: all there are.
        dead: rows that could not be tagged.
        words_per_second: of this run.
        seconds_left: at this run's speed.
    """

    rows: int
    of: int
    dead: int
    words_per_second: float
    seconds_left: float


class BulkObserver:
    """Receives the progress of a job; the methods of this class do nothing."""

    def notice(self, text: str) -> None:
        """Something that the user should know."""

    def began(self, *, rows: int, of: int) -> None:
        """Tagging begins; ``rows`` were done before."""

    def progressed(self, progress: Progress) -> None:
        """A shard is done."""
