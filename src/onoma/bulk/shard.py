"""Processing of one shard: its rows are read, tagged and written, completely or not at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from onoma.bulk.job import Job
from onoma.bulk.reader import PreparedRow, RowReader
from onoma.bulk.rows import DeadLetter, shown
from onoma.bulk.writers import WRITERS, json_line
from onoma.errors import InferenceError, InputError, OnomaError
from onoma.io.digest import file_digest
from onoma.io.files import replacing_bytes
from onoma.text import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedShard:
    """A finished shard.

    Attributes:
        shard: number of the shard.
        tagged: number of tagged rows.
        dead: number of rows that could not be tagged.
        words: number of strings separated by white space in the tagged rows.
        entities: number of predicted entities.
        digests: SHA-256 of its two files, tagged rows and dead letters; empty for a file that does not exist.
    """

    shard: int
    tagged: int
    dead: int
    words: int
    entities: int
    digests: tuple[str, str]

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> FinishedShard:
        """Return a shard from the fields that `asdict` returned, after a round trip through JSON."""
        return cls(**{**fields, "digests": tuple(fields["digests"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedShard:
    """A shard that could not be processed, and why."""

    shard: int
    why: str


Results = Generator[FinishedShard | FailedShard, None, None]
"""Generator of shards as they are finished or fail; closing it ends the processes that work on them."""


ShardRows = Iterator[PreparedRow[object] | DeadLetter]
_TagRows = Callable[[ShardRows, list[DeadLetter]], Iterator[tuple[Document, object]]]


class ShardWorker:
    """Worker that processes shards of a job one after another; most efficient if their numbers ascend.

    Args:
        job: the planned job.

    Raises:
        OnomaError: the model cannot be loaded, or has changed since the job was planned.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._reader = RowReader(job.inputs, job.counts, stamps=job.stamps)
        self._tagger = job.load()
        folder = self._tagger.bundle.folder or job.model
        if not job.model_identity.is_still(folder):
            raise InputError(f"{folder}: the model has changed since the job began")

    def attempt(self, shard: int) -> FinishedShard | FailedShard:
        """Process a shard; return an expected error, a system error or lack of memory as a failed shard."""
        try:
            return self._tag(shard)
        except OnomaError as error:
            return FailedShard(shard=shard, why=str(error))
        except OSError as error:
            return FailedShard(shard=shard, why=error.strerror or str(error))
        except MemoryError:
            return FailedShard(shard=shard, why="there is not enough memory")

    def _tag(self, shard: int) -> FinishedShard:
        """Process a shard; if the model fails, process it again row by row, to find the rows at which it fails."""
        try:
            return self._process(shard, tag=self._tag_as_stream)
        except _ModelError:
            return self._process(shard, tag=self._tag_one_by_one)

    def _process(self, shard: int, *, tag: _TagRows) -> FinishedShard:
        job = self._job
        start, stop = job.bounds(shard)
        letters: list[DeadLetter] = []
        tagged = words = entities = 0
        with replacing_bytes(job.part(shard)) as part:
            columns = job.columns if job.headers or shard == 0 else job.columns.without_header()
            writer = WRITERS[job.target](part, columns)
            try:
                for document, carried in tag(self._reader.rows(start, stop, carry=writer.carry), letters):
                    writer.write(document, carried)
                    tagged += 1
                    words += len(document.text.split())
                    entities += len(document.entities)
                writer.close()
            except BaseException:
                writer.discard()
                raise
            _write_letters(letters, job.letters(shard))
        digests = file_digest(job.part(shard)), file_digest(job.letters(shard))
        return FinishedShard(
            shard=shard, tagged=tagged, dead=len(letters), words=words, entities=entities, digests=digests
        )

    def _tag_as_stream(self, rows: ShardRows, letters: list[DeadLetter]) -> Iterator[tuple[Document, object]]:
        """Tag rows as a stream; the other data of each row is queued until its document is tagged."""
        carried_queue: deque[object] = deque()

        def documents() -> Iterator[Document]:
            for row in rows:
                if isinstance(row, DeadLetter):
                    letters.append(row)
                else:
                    carried_queue.append(row.carried)
                    yield row.document

        tagged_documents = self._tagger.tag_many(documents())
        while (document := _call_model(lambda: next(tagged_documents, None))) is not None:
            yield document, carried_queue.popleft()

    def _tag_one_by_one(self, rows: ShardRows, letters: list[DeadLetter]) -> Iterator[tuple[Document, object]]:
        for row in rows:
            if isinstance(row, DeadLetter):
                letters.append(row)
                continue
            try:
                document = _call_model(partial(self._tagger.tag, row.document))
            except _ModelError as error:
                letters.append(row.failed(f"the model fails at it: {error}"))
            else:
                yield document, row.carried


class _ModelError(Exception):
    """An exception that the tokenizer or the model has raised."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{type(error).__name__}: {shown(str(error))}")


Answer = TypeVar("Answer")


def _call_model(call: Callable[[], Answer]) -> Answer:
    """Return the result of a call that reads or tags rows; convert failures of the model to :class:`_ModelError`.

    Other errors of onoma, system errors and lack of memory are raised unchanged. Any other exception counts as a
    failure of the model.
    """
    try:
        return call()
    except InferenceError as error:
        raise _ModelError(error.__cause__ or error) from error
    except (OnomaError, OSError, MemoryError):
        raise
    except Exception as error:
        raise _ModelError(error) from error


def _write_letters(letters: list[DeadLetter], path: Path) -> None:
    if not letters:
        path.unlink(missing_ok=True)
        return
    with replacing_bytes(path) as file:
        file.writelines(json_line(asdict(letter)) for letter in letters)
