"""Execution of a job from beginning to end: plan it, keep its finished shards, process the rest, write the output.

However often a job is killed and resumed, every row that is not blank is exactly once in the output or in the dead
letters. A shard counts as finished when the journal says so; until then it is processed again, with the same bytes as
the result.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from onoma.bulk.cluster import require_ray, run_on_ray
from onoma.bulk.delivery import MERGED, MERGED_LETTERS, REPLACED, write_output
from onoma.bulk.identity import check_unchanged
from onoma.bulk.job import LETTERS, PARTS, Job
from onoma.bulk.journal import Journal
from onoma.bulk.local import run_in_process, run_in_workers
from onoma.bulk.observing import BulkObserver, BulkReport, Progress
from onoma.bulk.output import Output, is_draft, is_empty_folder, remove_parts
from onoma.bulk.planning import Request, plan
from onoma.bulk.resuming import resume
from onoma.bulk.shard import FailedShard, FinishedShard, Results
from onoma.bulk.tables import require_pyarrow
from onoma.errors import InputError, UnfinishedError
from onoma.io.lock import locked

_LOCK_PATH = Path("lock") / "onoma.lock"


def run_job(request: Request, *, observer: BulkObserver | None = None) -> BulkReport:
    """Tag files and write each row exactly once.

    Args:
        request: what to tag, with which model, and where to write the result.
        observer: receives the progress.

    Raises:
        InputError: a file or the output cannot be used, or the unfinished job is another one.
        BundleError: the model cannot be loaded.
        MissingExtraError: the package for Parquet, Zstandard or Ray is not installed.
        UnfinishedError: the job cannot continue, for example because the disk is full; it can be resumed.
    """
    observer = observer or BulkObserver()
    output = request.output
    if output.target == "parquet":
        require_pyarrow()
    if request.engine == "ray":
        require_ray()
    for notice in request.found.notices():
        observer.notice(notice)
    journal = Journal(output.work / "journal.jsonl")
    try:
        with locked(output.work / _LOCK_PATH):
            try:
                _check_output(request, journal, observer)
                with closing(journal):
                    return _run(request, journal, observer)
            finally:
                if not journal.begun:
                    _remove_drafts(output.work)
    finally:
        with suppress(OSError):
            (output.work / _LOCK_PATH.parent).rmdir()
            output.work.rmdir()


def _check_output(request: Request, journal: Journal, observer: BulkObserver) -> None:
    output = request.output
    if request.resume and request.overwrite:
        raise InputError("--resume continues a job and --overwrite discards it; pass one of them")
    output.check_folder()
    if journal.begun and request.resume:
        return
    if journal.begun and not request.overwrite:
        raise InputError(
            f"{output.work}: holds an unfinished job; pass --resume to continue it, --overwrite to start again, "
            "or name another output"
        )
    if request.resume and output.path.exists() and not is_empty_folder(output.path):
        raise InputError(f"{output.path}: exists already, and there is no unfinished job to resume")
    output.check_can_write(overwrite=request.overwrite)
    if journal.begun:
        _remove_job_files(output.work, journal)
    if other_files := [
        path for path in output.work.iterdir() if path.name != _LOCK_PATH.parent.name and not is_draft(path)
    ]:
        raise InputError(
            f"{output.work}: has files that are of no job, such as {other_files[0].name}; move the folder away"
        )
    if request.resume:
        observer.notice("there is no unfinished job to resume; this one starts from the beginning")


def _run(request: Request, journal: Journal, observer: BulkObserver) -> BulkReport:
    output = request.output
    job, identity = plan(request)
    done: dict[int, FinishedShard] = {}
    finished, overwrite = False, request.overwrite
    if journal.begun:
        content, done = resume(journal, job, output, identity, notice=observer.notice)
        finished, overwrite = content.finished, content.header.overwrite
    else:
        journal.begin(identity, overwrite=overwrite)
    if not finished:
        try:
            with _convert_errors(job, output, done):
                _remove_drafts(output.work)
                _tag_shards(request, job, done, journal, observer)
                check_unchanged(job.inputs, identity)
                write_output(job, output, overwrite=overwrite)
                journal.finish()
        finally:
            if not done:
                _remove_job_files(output.work, journal)
    _remove_job_files(output.work, journal)
    dead = sum(each.dead for each in done.values())
    return BulkReport(
        output=output.path,
        tagged=sum(each.tagged for each in done.values()),
        entities=sum(each.entities for each in done.values()),
        dead=dead,
        dead_letters=output.letters if dead else None,
    )


def _tag_shards(
    request: Request, job: Job, done: dict[int, FinishedShard], journal: Journal, observer: BulkObserver
) -> None:
    """Process every shard that is not finished yet, and record it in the journal and in ``done``."""
    pending = [shard for shard in range(job.shards) if shard not in done]
    rows = sum(_count_rows(job, shard) for shard in done)
    observer.began(rows=rows, of=job.rows)
    dead = sum(each.dead for each in done.values())
    start_time, words, initial_rows = time.perf_counter(), 0, rows
    if not pending:
        return
    with closing(_process_shards(request, job, pending, observer)) as results:
        for result in results:
            if isinstance(result, FailedShard):
                raise UnfinishedError(f"shard {result.shard}: {result.why}")
            journal.add(result)
            done[result.shard] = result
            rows += _count_rows(job, result.shard)
            words += result.words
            dead += result.dead
            seconds = time.perf_counter() - start_time
            observer.progressed(
                Progress(
                    rows=rows,
                    of=job.rows,
                    dead=dead,
                    words_per_second=words / seconds,
                    seconds_left=seconds * (job.rows - rows) / max(1, rows - initial_rows),
                )
            )


def _process_shards(request: Request, job: Job, shards: Sequence[int], observer: BulkObserver) -> Results:
    if request.engine == "ray":
        return run_on_ray(job, shards, workers=request.workers, threads=request.threads)
    if request.workers > 1:
        return run_in_workers(job, shards, workers=request.workers, notice=observer.notice)
    return run_in_process(job, shards)


@contextmanager
def _convert_errors(job: Job, output: Output, done: Mapping[int, FinishedShard]) -> Iterator[None]:
    """Convert an error that ends a job to an UnfinishedError that says how much of the job is finished."""
    try:
        yield
    except (OSError, UnfinishedError) as error:
        why = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        rows = sum(_count_rows(job, shard) for shard in done)
        raise UnfinishedError(
            f"{output.path}: {why}; {len(done):,} of {job.shards:,} shards ({rows:,} of {job.rows:,} rows) are kept in "
            f"{output.work}; fix it and run the same command with --resume"
        ) from error


def _count_rows(job: Job, shard: int) -> int:
    start, stop = job.bounds(shard)
    return stop - start


def _remove_job_files(work: Path, journal: Journal) -> None:
    """Remove the job's files, the journal last: without a journal, the files would not be recognised as a job's."""
    for name in (PARTS, LETTERS, REPLACED):
        remove_parts(work / name)
    for name in (MERGED, MERGED_LETTERS):
        (work / name).unlink(missing_ok=True)
    _remove_drafts(work)
    journal.remove()


def _remove_drafts(work: Path) -> None:
    for folder in (work, work / PARTS, work / LETTERS):
        for path in filter(is_draft, list(folder.iterdir()) if folder.is_dir() else []):
            path.unlink()
