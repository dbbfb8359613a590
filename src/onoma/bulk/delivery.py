"""Delivery of finished shards: merges them in order and moves the result to the output's place.

The same shards always give the same bytes. Everything is assembled in the job's folder first. Moving the result never
replaces anything that may not be replaced, even if that has only just been created. An existing file with exactly the
bytes of the output was put there by this job before it was interrupted.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from onoma.bulk.job import PARTS, Job
from onoma.bulk.output import Output, is_draft, is_empty_folder, remove_parts
from onoma.errors import InputError, UnfinishedError
from onoma.io.compression import compressing
from onoma.io.digest import file_digest
from onoma.io.files import fsync_path, name_new, replacing_bytes

if TYPE_CHECKING:
    import pyarrow as pa

MERGED, MERGED_LETTERS, REPLACED = "output", "letters", "replaced"

_GROUP_ROWS = 65_536
_GROUP_BYTES = 64_000_000


def write_output(job: Job, output: Output, *, overwrite: bool) -> None:
    """Move the output to its place, dead letters first.

    Args:
        job: the job, with all shards finished.
        output: paths and format of the output.
        overwrite: whether existing output may be replaced.

    Raises:
        UnfinishedError: something exists there that may not be replaced.
    """
    letters = [path for shard in range(job.shards) if (path := job.letters(shard)).exists()]
    if letters:
        with replacing_bytes(job.folder / MERGED_LETTERS) as file:
            _append_all(letters, file)
        _place_file(job.folder / MERGED_LETTERS, output.letters, overwrite=overwrite)
    elif overwrite:
        output.letters.unlink(missing_ok=True)
    if output.folder:
        _place_folder(job.folder / PARTS, output, overwrite=overwrite)
    else:
        _merge(job, output)
        _place_file(job.folder / MERGED, output.path, overwrite=overwrite)


def _place_file(merged: Path, path: Path, *, overwrite: bool) -> None:
    if path.is_file() and file_digest(path) == file_digest(merged):
        merged.unlink()
    elif overwrite and path.is_file():
        merged.replace(path)
    else:
        try:
            name_new(merged, path)
        except FileExistsError:
            raise _output_exists_error(path) from None
    fsync_path(path.parent)


def _place_folder(parts: Path, output: Output, *, overwrite: bool) -> None:
    path, replaced_folder = output.path, parts.with_name(REPLACED)
    for draft in filter(is_draft, list(parts.iterdir())):
        draft.unlink()
    if os.path.lexists(path) and not is_empty_folder(path):
        try:
            output.check_can_write(overwrite=overwrite)
        except InputError as error:
            raise _output_exists_error(path) from error
        path.rename(replaced_folder)
    elif path.is_dir():
        path.rmdir()
    if os.path.lexists(path):
        raise _output_exists_error(path)
    parts.rename(path)
    fsync_path(path.parent)
    remove_parts(replaced_folder)


def _output_exists_error(path: Path) -> UnfinishedError:
    return UnfinishedError(f"{path}: it did not exist when the job began, so it is not replaced; move it away")


def _merge(job: Job, output: Output) -> None:
    """Merge all parts into one file in the job's folder."""
    parts = [job.part(shard) for shard in range(job.shards)]
    with replacing_bytes(job.folder / MERGED) as file:
        if job.target == "parquet":
            _merge_tables(parts, file)
        else:
            with compressing(file, suffix=output.compression) as compressed:
                _append_all(parts, compressed)


def _append_all(parts: Sequence[Path], file: BinaryIO) -> None:
    for part in parts:
        with part.open("rb") as source:
            shutil.copyfileobj(source, file, 1 << 20)


def _merge_tables(parts: Sequence[Path], file: BinaryIO) -> None:
    """Merge Parquet files into one, and combine their small row groups into larger ones."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(parts[0]) as first:
        schema = first.schema_arrow
    with pq.ParquetWriter(file, schema) as writer:
        buffered_tables: list[pa.Table] = []
        for group in _iter_row_groups(parts):
            buffered_tables.append(group)
            has_enough_rows = sum(table.num_rows for table in buffered_tables) >= _GROUP_ROWS
            if has_enough_rows or sum(table.nbytes for table in buffered_tables) >= _GROUP_BYTES:
                writer.write_table(pa.concat_tables(buffered_tables))
                buffered_tables = []
        if buffered_tables:
            writer.write_table(pa.concat_tables(buffered_tables))


def _iter_row_groups(parts: Sequence[Path]) -> Iterator[pa.Table]:
    import pyarrow.parquet as pq

    for part in parts:
        with pq.ParquetFile(part) as file:
            for index in range(file.metadata.num_row_groups):
                yield file.read_row_group(index)
