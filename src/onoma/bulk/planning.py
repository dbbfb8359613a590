"""From what a caller wants to a plan that any process can follow, and to what the job will be known by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from onoma.bulk.identity import JobIdentity, KnownModel, know
from onoma.bulk.inputs import TABLES, Found, source_of
from onoma.bulk.job import Job
from onoma.bulk.output import Output
from onoma.bulk.sources import Source
from onoma.bulk.writers import TableColumns
from onoma.errors import InputError
from onoma.tagger import Tagger
from onoma.version import __version__

if TYPE_CHECKING:
    import pyarrow as pa

Engine = Literal["local", "ray"]
ENGINES: tuple[Engine, ...] = ("local", "ray")

SHARD_ROWS = 1_024
_PACKAGES = ("numpy", "onnxruntime", "tokenizers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a caller wants done.

    Attributes:
        found: the files to tag.
        output: where to.
        model: the model's folder, to know it again.
        load: loads its tagger in whichever process; must be picklable.
        settings: what else decides the output, by name, to be the same when the job is resumed.
        engine: this machine, or a Ray cluster.
        workers: processes that tag.
        threads: processor threads of each; a cluster keeps them free.
        shard_rows: rows of a shard.
        layers: whether the model finds layers beside the entities.
        overwrite: replace the output, and discard an unfinished job.
        resume: continue the unfinished job, if there is one.
    """

    found: Found
    output: Output
    model: Path
    load: Callable[[], Tagger]
    settings: Mapping[str, str] = field(default_factory=dict)
    engine: Engine = "local"
    workers: int = 1
    threads: int = 1
    shard_rows: int = SHARD_ROWS
    layers: bool = False
    overwrite: bool = False
    resume: bool = False


def plan(request: Request) -> tuple[Job, JobIdentity]:
    """Read the files through once, to number their rows and to know them again.

    Returns:
        The plan, and everything that decides the job's bytes.

    Raises:
        InputError: a file cannot be read to its end, or has changed meanwhile, or tables do not fit together.
    """
    inputs, output = request.found.inputs, request.output
    stamps = tuple(input.stamp for input in inputs)
    sources = [source_of(input) for input in inputs]
    columns = replace(_columns(sources), layers=request.layers)
    known = tuple(know(source, stamp=stamp) for source, stamp in zip(sources, stamps, strict=True))
    model = KnownModel.of(request.model)
    job = Job(
        inputs=inputs,
        stamps=stamps,
        counts=tuple(each.rows for each in known),
        shard_rows=request.shard_rows,
        target=output.target,
        columns=columns,
        headings=output.folder,
        folder=output.work,
        load=request.load,
        model=request.model,
        known_model=model,
    )
    packages = (*_PACKAGES, "pyarrow") if output.target == "parquet" else _PACKAGES
    settings = {
        "model": model.digest,
        **request.settings,
        "written as": f"{output.target}, {'a folder of parts' if output.folder else 'a file'}",
        "shard rows": str(request.shard_rows),
        "onoma": __version__,
        **{name: version(name) for name in packages},
    }
    return job, JobIdentity(settings=settings, inputs=known)


def _columns(sources: Sequence[Source[object]]) -> TableColumns:
    """The columns that all tables have; where one file is none, there are an id, a text and the rest."""
    first = sources[0]
    text = first.input.column
    if not all(source.input.kind in TABLES for source in sources):
        return TableColumns(text=text)
    for source in sources[1:]:
        if source.columns != first.columns:
            raise InputError(
                f"{source.path}: has the columns {', '.join(source.columns or ())}; {first.path} has "
                f"{', '.join(first.columns or ())}; tag them separately"
            )
    return TableColumns(text=text, names=first.columns, schema=_schema(sources))


def _schema(sources: Sequence[Source[object]]) -> pa.Schema | None:
    first = sources[0]
    for source in sources[1:]:
        if (source.schema is None) != (first.schema is None):
            return None
        if first.schema is not None and not first.schema.equals(source.schema):
            raise InputError(f"{source.path}: its columns have other types than in {first.path}; tag them separately")
    return first.schema
