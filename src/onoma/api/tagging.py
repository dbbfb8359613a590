"""Texts and files to entities."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.dtypes import choose_dtype
from onoma.api.inputs import PathLike, paths_of
from onoma.api.loading import load
from onoma.api.streaming import (
    SHARDED,
    check_free,
    check_streamed,
    documents_of,
    layer_kinds,
    tagged,
    target_of,
    untagged,
    write_documents,
)
from onoma.bundle import AUTO, MANIFEST, load_bundle
from onoma.io.once import is_read_once
from onoma.tagger import Tagger
from onoma.text import Document

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.bulk import BulkObserver, BulkReport, DeadLetter, Engine, Found
    from onoma.corpora import ReadOptions


def tag(
    text: str | Document,
    *,
    model: PathLike = "en",
    dtype: str = AUTO,
    threads: int | None = None,
    structure: bool = True,
) -> Document:
    """Find the entities of one text. The model is loaded at the first call and kept; see :func:`load` for many texts.

    Args:
        text: a text, or a document whose words and sentence bounds are used and whose entities are ignored.
        model: `en` (the English model that comes with onoma), or a folder that `onoma train` has written.
        dtype: as for :func:`load`.
        threads: processor threads; None for as many as this process may use.
        structure: as for :func:`load`.

    Returns:
        The document with the predicted entities.

    Raises:
        InputError: the dtype is unknown, or this processor does not support it.
        BundleError: the model cannot be loaded.
    """
    manifest = Path(model, MANIFEST)
    changed = manifest.stat().st_mtime_ns if manifest.is_file() else None
    return _kept(os.fspath(model), dtype, threads, structure, changed).tag(text)


@lru_cache(maxsize=4)
def _kept(model: str, dtype: str, threads: int | None, structure: bool, _changed: int | None) -> Tagger:
    return load(model, dtype=dtype, threads=threads, structure=structure)


def tag_files(
    files: PathLike | Sequence[PathLike],
    *,
    output: PathLike,
    model: PathLike = "en",
    to: str | None = None,
    column: str | None = None,
    format: str | None = None,
    options: ReadOptions | None = None,
    engine: Engine = "local",
    workers: int = 1,
    threads: int | None = None,
    dtype: str = AUTO,
    structure: bool = True,
    shard_rows: int | None = None,
    overwrite: bool = False,
    resume: bool = False,
    observer: BulkObserver | None = None,
) -> BulkReport:
    """Tag files to one file or to a folder of parts.

    An output in JSON Lines, CSV or Parquet is a job: each row is written exactly once, however often the job is
    killed and resumed, and rows that cannot be tagged go to a file beside it. Other outputs, and what comes
    from a pipe, are written as one stream.

    With several workers a script needs ``if __name__ == "__main__":`` around this, as with all of `multiprocessing`.

    Args:
        files: files, folders and patterns: text, JSON Lines, CSV (these also as ``.gz`` or ``.zst``), Parquet, corpora;
            or pipes, and ``-`` for standard input.
        output: a file; or a folder, which exists or ends with a slash.
        model: `en`, or a folder that `onoma train` has written.
        to: `jsonl`, `csv`, `parquet`, `conll`, `conllu`, `html` or `pretty`; by the suffix of ``output`` if None.
        column: the column or key that holds the text; `text` if None.
        format: the format of all files; detected automatically if None.
        options: how text and corpora are read.
        engine: `local`, or `ray` for a cluster.
        workers: processes that tag.
        threads: processor threads of each worker; None for all of them with one worker, and for one with several.
        dtype, structure: as for :func:`load`.
        shard_rows: rows to write at once.
        overwrite: replace an output, and discard an unfinished job.
        resume: continue the unfinished job, if there is one.
        observer: receives the progress.

    Returns:
        What was written, and how many rows could not be tagged.

    Raises:
        InputError: a file, the output or the dtype cannot be used, or the unfinished job is another one.
        BundleError: the model cannot be loaded.
        MissingExtraError: Parquet, Zstandard or Ray is not installed.
        UnfinishedError: the job cannot continue; what it has written is kept and can be resumed.
    """
    from onoma.bulk import BulkObserver, find_inputs

    observer = observer or BulkObserver()
    target, paths = target_of(output, to=to), paths_of(files) or []
    shards = target in SHARDED and Path(output).suffix.lower() != ".json" and not any(map(is_read_once, paths))
    if not shards:
        check_streamed(target, resume=resume, workers=workers, engine=engine)
    found = find_inputs(paths, output=output, column=column, format=format, options=options)
    if not shards:
        return _stream(
            found,
            Path(output),
            column=column,
            load=partial(load, model, threads=threads, dtype=dtype, structure=structure),
            to=target,
            overwrite=overwrite,
            observer=observer,
        )
    from onoma.bulk import SHARD_ROWS, Request, choose_output, run_job

    if threads is None and (engine != "local" or workers > 1):
        threads = 1
    bundle = load_bundle(Path(model))
    if dtype == AUTO:  # once for all workers, which would disturb each other's measurements
        dtype = choose_dtype(bundle, threads=threads).dtype
    request = Request(
        found=found,
        output=choose_output(output, to=to, inputs=found.inputs),
        model=bundle.check_files(dtype),
        load=partial(load, Path(model), threads=threads, dtype=dtype, structure=structure),
        settings={"dtype": dtype, "structure": "on" if structure else "off"},
        engine=engine,
        workers=workers,
        threads=threads or 1,
        shard_rows=shard_rows or SHARD_ROWS,
        layers=len(bundle.manifest.tasks) > 1,
        overwrite=overwrite,
        resume=resume,
    )
    return run_job(request, observer=observer)


def _stream(
    found: Found,
    path: Path,
    *,
    column: str | None,
    load: Callable[[], Tagger],
    to: str,
    overwrite: bool,
    observer: BulkObserver,
) -> BulkReport:
    """Tag files to one file, as a stream."""
    from onoma.bulk import BulkReport

    check_free(path, overwrite=overwrite)
    for notice in found.notices():
        observer.notice(notice)
    rows = entities = dead = 0

    def failed(letter: DeadLetter) -> None:
        nonlocal dead
        dead += 1
        observer.notice(untagged(letter))

    def counted(documents: Iterable[Document]) -> Iterator[Document]:
        nonlocal rows, entities
        for document in documents:
            rows += 1
            entities += len(document.entities)
            yield document

    documents, tagger = documents_of(found, by_rows=column is not None, failed=failed), load()
    write_documents(counted(tagged(tagger, found, documents)), path, to=to, layers=layer_kinds(tagger))
    return BulkReport(output=path, tagged=rows, entities=entities, dead=dead, dead_letters=None)
