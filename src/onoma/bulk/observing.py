"""Progress and result of a job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReport:
    """Result of a job.

    Attributes:
        output: path of the output file, or of the folder of parts.
        tagged: number of rows in the output.
        entities: number of entities predicted in these rows.
        dead: number of rows that could not be tagged.
        dead_letters: path of the file with these rows and the reasons; None if there are none.
    """

    output: Path
    tagged: int
    entities: int
    dead: int
    dead_letters: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a job.

    Attributes:
        rows: number of rows finished so far, including earlier runs of the job.
        of: total number of rows.
        dead: number of rows that could not be tagged.
        words_per_second: speed of this run.
        seconds_left: estimated remaining time at the speed of this run.
    """

    rows: int
    of: int
    dead: int
    words_per_second: float
    seconds_left: float


class BulkObserver:
    """Base class of observers of a job's progress; its methods do nothing."""

    def notice(self, text: str) -> None:
        """Receive a message for the user."""

    def began(self, *, rows: int, of: int) -> None:
        """Called when tagging begins; ``rows`` of ``of`` rows are already finished."""

    def progressed(self, progress: Progress) -> None:
        """Called when a shard is finished."""
