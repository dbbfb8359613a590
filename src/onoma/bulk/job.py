"""A job that has been planned: everything that a process needs to do any shard of it, wherever it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from onoma.bulk.identity import KnownModel
from onoma.bulk.sources import Input
from onoma.bulk.writers import OutputFormat, TableColumns
from onoma.tagger import Tagger

PARTS, LETTERS = "parts", "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Rows to tag, cut into shards by their numbers alone, so that nothing else can move a boundary.

    Attributes:
        inputs: the files, in order.
        stamps: size and time of each when the job was planned.
        counts: how many rows each of them holds, blank ones included.
        shard_rows: rows of a shard.
        target: what is written.
        columns: what a table holds.
        headings: whether every shard of CSV names its columns, or the first one alone.
        folder: where the shards are written.
        load: loads the tagger, in whichever process; must be picklable.
        model: the model's folder on the machine that plans.
        known_model: what it was then.
    """

    inputs: tuple[Input, ...]
    stamps: tuple[str, ...]
    counts: tuple[int, ...]
    shard_rows: int
    target: OutputFormat
    columns: TableColumns
    headings: bool
    folder: Path
    load: Callable[[], Tagger]
    model: Path
    known_model: KnownModel

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(self.counts)

    @property
    def shards(self) -> int:
        """How many shards there are; one without rows where there is nothing."""
        return max(1, -(-self.rows // self.shard_rows))

    def bounds(self, shard: int) -> tuple[int, int]:
        """The rows ``[start, stop)`` of a shard."""
        return shard * self.shard_rows, min((shard + 1) * self.shard_rows, self.rows)

    def part(self, shard: int) -> Path:
        """Where a shard's tagged rows are."""
        return self.folder / PARTS / f"part-{shard:05}.{self.target}"

    def letters(self, shard: int) -> Path:
        """Where a shard's dead letters are."""
        return self.folder / LETTERS / f"part-{shard:05}.jsonl"
