"""Files to tagged files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike, paths_of
from onoma.api.loading import load
from onoma.bundle import AUTO, load_bundle

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.bulk import BulkObserver, BulkReport, Engine
    from onoma.corpora import ReadOptions


def tag_files(
    files: PathLike | Sequence[PathLike],
    *,
    model: PathLike,
    output: PathLike,
    to: str | None = None,
    column: str | None = None,
    format: str | None = None,
    options: ReadOptions | None = None,
    engine: Engine = "local",
    workers: int = 1,
    threads: int | None = None,
    dtype: str = AUTO,
    shard_rows: int | None = None,
    overwrite: bool = False,
    resume: bool = False,
    observer: BulkObserver | None = None,
) -> BulkReport:
    """Tag files to a file or a folder of parts, each row exactly once, however often the job is killed and resumed.

    With several workers a script needs ``if __name__ == "__main__":`` around this, as with all of `multiprocessing`.

    Args:
        files: files, folders and patterns: text, JSON Lines, CSV (these also as ``.gz`` or ``.zst``), Parquet, corpora.
        model: a folder that `onoma train` has written.
        output: a file that ends in ``.jsonl``, ``.csv`` or ``.parquet``; or a folder, there already or with a slash at
            its end.
        to: `jsonl`, `csv` or `parquet`, where the output does not tell.
        column: which column or key holds the text; `text` where not named.
        format: what all files are; detected automatically where not given.
        options: how text and corpora are read.
        engine: `local`, or `ray` for a cluster.
        workers: processes that tag.
        threads: processor threads of each; None for all with one worker, and for one with several.
        dtype: as :func:`load` takes it.
        shard_rows: rows that are written at once.
        overwrite: replace an output, and forget an unfinished job.
        resume: go on with the unfinished job, where there is one.
        observer: is told how it goes.

    Returns:
        What was written, and how many rows could not be tagged.

    Raises:
        InputError: a file, the output or the dtype cannot be used, or the unfinished job is another one.
        BundleError: the model cannot be loaded.
        MissingExtraError: Parquet, Zstandard or Ray is not installed.
        UnfinishedError: the job cannot go on; what it has written stands and can be resumed.
    """
    from onoma.bulk import SHARD_ROWS, Request, choose_output, find_inputs, run_job

    folder = load_bundle(Path(model)).graph(dtype).parent
    found = find_inputs(paths_of(files) or [], column=column, format=format, options=options)
    if threads is None and (engine != "local" or workers > 1):
        threads = 1
    request = Request(
        found=found,
        output=choose_output(output, to=to, inputs=found.inputs),
        model=folder,
        load=partial(load, Path(model), threads=threads, dtype=dtype),
        settings={"dtype": dtype},
        engine=engine,
        workers=workers,
        threads=threads or 1,
        shard_rows=shard_rows or SHARD_ROWS,
        overwrite=overwrite,
        resume=resume,
    )
    return run_job(request, observer=observer)
