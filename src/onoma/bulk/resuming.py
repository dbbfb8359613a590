"""Resuming of an unfinished job: checks its journal, its inputs and its finished shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate

from onoma.bulk.identity import JobIdentity
from onoma.bulk.job import PARTS, Job
from onoma.bulk.journal import Journal, JournalContent
from onoma.bulk.output import Output
from onoma.bulk.shard import FinishedShard
from onoma.errors import InputError
from onoma.io.digest import file_digest


def resume(
    journal: Journal, job: Job, output: Output, identity: JobIdentity, *, notice: Callable[[str], None]
) -> tuple[JournalContent, dict[int, FinishedShard]]:
    """Check that the unfinished job is the requested one, and determine which of its shards are still valid.

    The content of a file may have changed since the job began, for example because the file was repaired, as long as
    no finished shard has rows of it.

    Args:
        journal: journal of the unfinished job.
        job: the requested job.
        output: paths and format of the requested output.
        identity: identity of the requested job.
        notice: function called with each message for the user.

    Returns:
        The journal's content, marked as finished if the output is already in its place, and the valid shards.

    Raises:
        InputError: the unfinished job is another one; the message names the differences.
    """
    content = journal.load()
    old_identity = content.header.identity
    done = {each.shard: each for each in content.done if each.shard in range(job.shards)}
    if differences := old_identity.changes(identity):
        replaced = old_identity.replaced(identity)
        if replaced is None or _has_rows_of_changed_inputs(replaced, old_identity, job, done):
            lines = "".join(f"  {key}: {change}\n" for key, change in differences.items())
            raise InputError(
                f"{journal.path.parent}: the unfinished job differs from this one:\n{lines}"
                "use the former settings, or pass --overwrite to start again"
            )
        journal.close()
        journal.begin(identity, overwrite=content.header.overwrite, done=done.values())
        names = ", ".join(str(job.inputs[index].path) for index in replaced)
        notice(f"{names}: changed since the job began; none of its rows was finished, so they are read again")
    if content.finished or _is_delivered(job, output, done):
        return JournalContent(header=content.header, done=content.done, finished=True), done
    valid_shards = {number: each for number, each in done.items() if _is_valid(job, each)}
    if invalid_count := len(done) - len(valid_shards):
        notice(f"{invalid_count:,} shards differ from the journal; they are done again")
    return content, valid_shards


def _has_rows_of_changed_inputs(
    changed_inputs: Iterable[int], old_identity: JobIdentity, job: Job, done: Iterable[int]
) -> bool:
    """Return whether finished shards have rows of changed files, or rows whose numbers have changed."""
    counts = [each.rows for each in old_identity.inputs]
    ends = list(accumulate(counts))
    for index in changed_inputs:
        first, end = ends[index] - counts[index], ends[index]
        shifts_later_rows = counts[index] != job.counts[index]
        for start, stop in map(job.bounds, done):
            if stop > first and (start < end or shifts_later_rows):
                return True
    return False


def _is_valid(job: Job, done: FinishedShard) -> bool:
    return done.digests == (file_digest(job.part(done.shard)), file_digest(job.letters(done.shard)))


def _is_delivered(job: Job, output: Output, done: Mapping[int, FinishedShard]) -> bool:
    """Return whether the job died after renaming its parts to the output, but before recording that."""
    if not output.folder or (job.folder / PARTS).exists() or len(done) < job.shards:
        return False
    return all(file_digest(output.path / job.part(each.shard).name) == each.digests[0] for each in done.values())
