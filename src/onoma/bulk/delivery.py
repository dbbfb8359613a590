"""Shards to the output that was asked for, in their order; the same shards become the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from onoma.bulk.job import PARTS, Job
from onoma.bulk.output import Output
from onoma.io.compression import compressing
from onoma.io.files import replacing_bytes, synchronise

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP_ROWS = 65_536
_GROUP_BYTES = 64_000_000


def deliver(job: Job, output: Output) -> None:
    """Put the output in its place, dead letters first."""
    letters = [path for shard in range(job.shards) if (path := job.letters(shard)).exists()]
    parts = [job.part(shard) for shard in range(job.shards)]
    output.clear()
    if letters:
        with replacing_bytes(output.letters) as file:
            _append_all(letters, file)
    if output.folder:
        (job.folder / PARTS).rename(output.path)
        synchronise(output.path.parent)
        return
    with replacing_bytes(output.path) as file:
        if job.target == "parquet":
            _merge_tables(parts, file)
        else:
            with compressing(file, suffix=output.compression) as packed:
                _append_all(parts, packed)


def _append_all(parts: Sequence[Path], file: BinaryIO) -> None:
    for part in parts:
        with part.open("rb") as source:
            shutil.copyfileobj(source, file, 1 << 20)


def _merge_tables(parts: Sequence[Path], file: BinaryIO) -> None:
    """One table of all, in row groups of a useful size."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(parts[0]) as first:
        schema = first.schema_arrow
    with pq.ParquetWriter(file, schema) as writer:
        waiting: list[pa.Table] = []
        for group in _groups(parts):
            waiting.append(group)
            full = sum(table.num_rows for table in waiting) >= _GROUP_ROWS
            if full or sum(table.nbytes for table in waiting) >= _GROUP_BYTES:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting))


def _groups(parts: Sequence[Path]) -> Iterator[pa.Table]:
    import pyarrow.parquet as pq

    for part in parts:
        with pq.ParquetFile(part) as file:
            for number in range(file.metadata.num_row_groups):
                yield file.read_row_group(number)
