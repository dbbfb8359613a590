"""A job from beginning to end: plan, resume from finished shards, do the rest, write the output.

Every row is in the output once or in the dead letters once, however often the job was killed: a shard counts when the
journal says so, and until then it is done again, to the same bytes.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from onoma.bulk.cluster import do_on_ray, need_ray
from onoma.bulk.job import LETTERS, PARTS, Job
from onoma.bulk.journal import Journal
from onoma.bulk.local import do_here, do_in_processes
from onoma.bulk.merging import deliver
from onoma.bulk.observing import BulkObserver, BulkReport, Progress
from onoma.bulk.output import Output
from onoma.bulk.planning import Request, plan
from onoma.bulk.shard import Done, Failed, Results
from onoma.bulk.tables import need_pyarrow
from onoma.errors import InputError, UnfinishedError
from onoma.io.digest import file_digest
from onoma.io.files import DRAFT
from onoma.io.lock import locked

_LOCK = Path("lock") / "onoma.lock"


def run_job(request: Request, *, observer: BulkObserver | None = None) -> BulkReport:
    """Tag files to an output, exactly once.

    Raises:
        InputError: a file or the output cannot be used, or the unfinished job is another one; names what differs.
        BundleError: the model cannot be loaded.
        MissingExtraError: Parquet, Zstandard or Ray is not installed.
        UnfinishedError: the job cannot go on, as when the disk is full; it can be resumed from what is finished.
    """
    observer = observer or BulkObserver()
    output = request.output
    if output.target == "parquet":
        need_pyarrow()
    if request.engine == "ray":
        need_ray()
    if passed_over := request.found.passed_over:
        named = ", ".join(map(str, passed_over[:3])) + (", …" if len(passed_over) > 3 else "")
        observer.notice(f"{len(passed_over):,} files of other kinds were skipped: {named}")
    journal = Journal(output.work / "journal.jsonl")
    try:
        with locked(output.work / _LOCK):
            try:
                _check_place(request, journal, observer)
                with closing(journal):
                    return _run(request, journal, observer)
            finally:
                if not journal.begun:
                    shutil.rmtree(output.work, ignore_errors=True)
    finally:
        with suppress(OSError):
            (output.work / _LOCK.parent).rmdir()
            output.work.rmdir()


def _check_place(request: Request, journal: Journal, observer: BulkObserver) -> None:
    output = request.output
    if request.resume and request.overwrite:
        raise InputError("--resume continues a job and --overwrite discards it; pass one of them")
    if journal.begun and request.resume:
        return
    if journal.begun and not request.overwrite:
        raise InputError(
            f"{output.work}: holds an unfinished job; pass --resume to continue it, --overwrite to start again, "
            "or name another output"
        )
    if request.overwrite:
        output.check_replaceable()
        if journal.begun:
            journal.remove()
    elif request.resume and output.path.exists() and not output.folder:
        raise InputError(f"{output.path}: exists already and there is no unfinished job to resume")
    else:
        output.check_free()
    if request.resume:
        observer.notice("there is no unfinished job to resume; this one starts from the beginning")


def _run(request: Request, journal: Journal, observer: BulkObserver) -> BulkReport:
    output = request.output
    job, identity = plan(request)
    done: dict[int, Done] = {}
    if journal.begun:
        noted = {each.shard: each for each in journal.take_up(identity)}
        if not journal.finished and not _delivered(job, output, noted):
            done = {number: each for number, each in noted.items() if _stands(job, each)}
            if lost := len(noted) - len(done):
                observer.notice(f"{lost:,} shards differ from the journal; they are done again")
        else:
            journal.finished = True
            done = noted
    else:
        _clear(output.work)
        journal.begin(identity)
    if not journal.finished:
        try:
            with _explaining(job, output, done):
                for draft in output.work.glob(f"*/.*{DRAFT}"):
                    draft.unlink()
                _tag(request, job, done, journal, observer)
                deliver(job, output)
                journal.finish()
        finally:
            if not done:
                journal.remove()
    _clear(output.work)
    journal.remove()
    dead = sum(each.dead for each in done.values())
    return BulkReport(
        output=output.path,
        tagged=sum(each.tagged for each in done.values()),
        entities=sum(each.entities for each in done.values()),
        dead=dead,
        dead_letters=output.letters if dead else None,
    )


def _tag(request: Request, job: Job, done: dict[int, Done], journal: Journal, observer: BulkObserver) -> None:
    """Do every shard that is not finished yet."""
    waiting = [shard for shard in range(job.shards) if shard not in done]
    rows = sum(_rows(job, shard) for shard in done)
    observer.began(rows=rows, of=job.rows)
    dead = sum(each.dead for each in done.values())
    started, words, before = time.perf_counter(), 0, rows
    if not waiting:
        return
    with closing(_results(request, job, waiting, observer)) as results:
        for result in results:
            if isinstance(result, Failed):
                raise UnfinishedError(f"shard {result.shard}: {result.why}")
            journal.add(result)
            done[result.shard] = result
            rows += _rows(job, result.shard)
            words += result.words
            dead += result.dead
            seconds = time.perf_counter() - started
            observer.progressed(
                Progress(
                    rows=rows,
                    of=job.rows,
                    dead=dead,
                    words_per_second=words / seconds,
                    seconds_left=seconds * (job.rows - rows) / max(1, rows - before),
                )
            )


def _results(request: Request, job: Job, shards: Sequence[int], observer: BulkObserver) -> Results:
    if request.engine == "ray":
        return do_on_ray(job, shards, workers=request.workers, threads=request.threads)
    if request.workers > 1:
        return do_in_processes(job, shards, workers=request.workers, notice=observer.notice)
    return do_here(job, shards)


@contextmanager
def _explaining(job: Job, output: Output, done: Mapping[int, Done]) -> Iterator[None]:
    """Add to an error that ends a job how much of it is finished."""
    try:
        yield
    except (OSError, UnfinishedError) as error:
        why = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        rows = sum(_rows(job, shard) for shard in done)
        raise UnfinishedError(
            f"{output.path}: {why}; {len(done):,} of {job.shards:,} shards ({rows:,} of {job.rows:,} rows) are kept in "
            f"{output.work}; fix it and run the same command with --resume"
        ) from error


def _rows(job: Job, shard: int) -> int:
    start, stop = job.bounds(shard)
    return stop - start


def _stands(job: Job, done: Done) -> bool:
    return done.digests == (file_digest(job.part(done.shard)), file_digest(job.letters(done.shard)))


def _delivered(job: Job, output: Output, done: Mapping[int, Done]) -> bool:
    """Whether a job died after it had renamed its parts to the output and before it could note that."""
    if not output.folder or (job.folder / PARTS).exists() or len(done) < job.shards:
        return False
    return all(file_digest(output.path / job.part(each.shard).name) == each.digests[0] for each in done.values())


def _clear(work: Path) -> None:
    for name in (PARTS, LETTERS):
        shutil.rmtree(work / name, ignore_errors=True)
