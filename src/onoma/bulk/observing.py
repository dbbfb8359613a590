"""What a job tells whoever watches it, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReport:
    """What a job came to.

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
    """How far a job is.

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
    """Is told how a job goes; by itself it does nothing."""

    def notice(self, text: str) -> None:
        """Something that the user should know."""

    def began(self, *, rows: int, of: int) -> None:
        """Tagging begins; ``rows`` were done before."""

    def progressed(self, progress: Progress) -> None:
        """A shard is done."""
