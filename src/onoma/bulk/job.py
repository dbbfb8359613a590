"""A planned job, with everything that a process on any machine needs to process one of its shards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from onoma.bulk.identity import ModelIdentity
from onoma.bulk.sources import Input
from onoma.bulk.writers import OutputFormat, TableColumns
from onoma.tagger import Tagger

PARTS, LETTERS = "parts", "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Rows to tag, split into shards by row number only, so that shard boundaries are reproducible.

    Attributes:
        inputs: the input files, in order.
        stamps: stamp of each file (from size and time) when the job was planned.
        counts: number of rows of each file, blank ones included.
        shard_rows: number of rows per shard.
        target: format of the output.
        columns: columns of an output table.
        headers: whether every CSV shard begins with a header line, or only the first one.
        folder: folder that the shards are written to.
        load: function that loads the tagger in any process; must be picklable.
        model: the model's folder on the machine that plans the job.
        model_identity: identity of the model when the job was planned.
    """

    inputs: tuple[Input, ...]
    stamps: tuple[str, ...]
    counts: tuple[int, ...]
    shard_rows: int
    target: OutputFormat
    columns: TableColumns
    headers: bool
    folder: Path
    load: Callable[[], Tagger]
    model: Path
    model_identity: ModelIdentity

    @property
    def rows(self) -> int:
        """Number of rows of all files."""
        return sum(self.counts)

    @property
    def shards(self) -> int:
        """Number of shards; one empty shard if there are no rows."""
        return max(1, -(-self.rows // self.shard_rows))

    def bounds(self, shard: int) -> tuple[int, int]:
        """Return the rows ``[start, stop)`` of a shard."""
        return shard * self.shard_rows, min((shard + 1) * self.shard_rows, self.rows)

    def part(self, shard: int) -> Path:
        """Return the path of a shard's tagged rows."""
        return self.folder / PARTS / f"part-{shard:05}.{self.target}"

    def letters(self, shard: int) -> Path:
        """Return the path of a shard's dead letters."""
        return self.folder / LETTERS / f"part-{shard:05}.jsonl"
