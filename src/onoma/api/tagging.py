"""Tagging of texts and files."""

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
from onoma.errors import InputError
from onoma.tagger import Tagger
from onoma.text import Document

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
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
    """Predict the entities of one text.

    The model is loaded at the first call and cached. To tag many texts, use :func:`load`.

    Args:
        text: a text; or a document, whose words and sentence bounds are used and whose entities are ignored.
        model: `en` (the English model that comes with onoma), or a folder that `onoma train` has written.
        dtype: as for :func:`load`.
        threads: number of processor threads; None for as many as this process may use.
        structure: as for :func:`load`.

    Returns:
        The document with the predicted entities.

    Raises:
        InputError: the dtype is unknown, or this processor does not support it.
        BundleError: the model cannot be loaded.
        MissingExtraError: OpenVINO is needed and not installed.
    """
    manifest = Path(model, MANIFEST)
    modified_ns = manifest.stat().st_mtime_ns if manifest.is_file() else None
    return _load_cached(os.fspath(model), dtype, threads, structure, modified_ns).tag(text)


@lru_cache(maxsize=4)
def _load_cached(model: str, dtype: str, threads: int | None, structure: bool, _modified_ns: int | None) -> Tagger:
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
    """Tag files, and write the results to one file or to a folder of several files.

    JSON Lines, CSV, TSV and Parquet are written by a resumable job: each row is written exactly once, even if the job
    is killed and resumed several times. Rows that cannot be tagged are written to a separate file next to the output.
    Other output formats, and the documents of a pipe, are written as one stream, which cannot be resumed.

    With several workers, a script must call this function below ``if __name__ == "__main__":``, as `multiprocessing`
    requires.

    Args:
        files: files, folders and glob patterns; or pipes, and ``-`` for standard input. The files may be text, JSON
            Lines or CSV (each also compressed as ``.gz`` or ``.zst``), Parquet, or annotated corpora.
        output: a file; or a folder, which must exist already or end with a slash.
        model: `en`, or a folder that `onoma train` has written.
        to: output format: `jsonl`, `csv`, `tsv`, `parquet`, `conll`, `conllu`, `html` or `pretty`; chosen by the
            suffix of ``output`` if None. ``.tsv`` is a table if all files are tables, else columns of words and tags.
        column: column or key of the text; `text` if None.
        format: format of all files; detected automatically if None.
        options: options for reading text and corpora.
        engine: `local` for worker processes on this machine, or `ray` for a cluster.
        workers: number of worker processes.
        threads: number of processor threads of each worker. If None, a single worker uses all threads, and each of
            several workers uses one.
        dtype, structure: as for :func:`load`.
        shard_rows: number of rows that are tagged and written as one unit of the job; by default 1,024.
        overwrite: whether to replace an existing output, and to discard an unfinished job.
        resume: whether to continue the unfinished job, if there is one.
        observer: object that is notified of the progress.

    Returns:
        The output, the number of tagged rows and of entities, and the number of rows that could not be tagged.

    Raises:
        InputError: a file, the output or an argument cannot be used, or the unfinished job has other inputs or options.
        BundleError: the model cannot be loaded.
        MissingExtraError: a package for Parquet, Zstandard, Ray or OpenVINO is needed and not installed.
        UnfinishedError: the job cannot continue; the rows written so far are kept, and the job can be resumed.
    """
    from onoma.bulk import ENGINES, BulkObserver, find_inputs

    if engine not in ENGINES:
        raise InputError(f"engine {engine}: unknown engine; choose one of {', '.join(ENGINES)}")
    for name, number in {"workers": workers, "threads": threads, "shard_rows": shard_rows}.items():
        if number is not None and number < 1:
            raise InputError(f"{name} {number}: expected a number from 1 on")
    observer = observer or BulkObserver()
    found = find_inputs(paths_of(files) or [], output=output, column=column, format=format, options=options)
    target = target_of(output, to=to, inputs=found.inputs)
    if target not in SHARDED or Path(output).suffix.lower() == ".json" or found.once:
        check_streamed(target, resume=resume, workers=workers, engine=engine)
        return _write_stream(
            found,
            output,
            load=partial(load, model, threads=threads, dtype=dtype, structure=structure),
            to=target,
            overwrite=overwrite,
            observer=observer,
        )
    from onoma.bulk import SHARD_ROWS, Request, choose_output, is_folder, run_job

    if threads is None and (engine != "local" or workers > 1):
        threads = 1
    bundle = load_bundle(Path(model))
    if dtype == AUTO:  # measured once for all workers, because simultaneous measurements would distort one another
        dtype = choose_dtype(bundle, threads=threads).dtype
    request = Request(
        found=found,
        output=choose_output(output, to=to if is_folder(output) else target, inputs=found.inputs),
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


def _write_stream(
    found: Found,
    output: PathLike,
    *,
    load: Callable[[], Tagger],
    to: str,
    overwrite: bool,
    observer: BulkObserver,
) -> BulkReport:
    """Tag files and write the results to one file, as a stream."""
    from onoma.bulk import BulkReport

    check_free(output, overwrite=overwrite)
    path = Path(output)
    for notice in found.notices():
        observer.notice(notice)
    rows = entities = failed_rows = 0

    def count_failed(letter: DeadLetter) -> None:
        nonlocal failed_rows
        failed_rows += 1
        observer.notice(untagged(letter))

    def count_documents(documents: Iterable[Document]) -> Iterator[Document]:
        nonlocal rows, entities
        for document in documents:
            rows += 1
            entities += len(document.entities)
            yield document

    documents, tagger = documents_of(found, failed=count_failed), load()
    write_documents(count_documents(tagged(tagger, found, documents)), path, to=to, layers=layer_kinds(tagger))
    return BulkReport(output=path, tagged=rows, entities=entities, dead=failed_rows, dead_letters=None)
