"""Planning of a job: turns a request into a plan that any process can follow, and into the job's identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from onoma.bulk.identity import JobIdentity, ModelIdentity, identify_input
from onoma.bulk.inputs import TABLES, Found, source_of
from onoma.bulk.job import Job
from onoma.bulk.output import Output
from onoma.bulk.sources import Source
from onoma.bulk.writers import METADATA, TableColumns
from onoma.errors import InputError
from onoma.tagger import Tagger
from onoma.version import __version__

if TYPE_CHECKING:
    import pyarrow as pa

Engine = Literal["local", "ray"]
ENGINES: tuple[Engine, ...] = ("local", "ray")

SHARD_ROWS = 1_024
_VERSIONED_PACKAGES = ("numpy", "onnxruntime", "tokenizers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to tag files.

    Attributes:
        found: the files to tag.
        output: paths and format of the output.
        model: the model's folder, used to detect changes of the model.
        load: function that loads the tagger in any process; must be picklable.
        settings: other settings that determine the output, by name; must be the same when the job is resumed.
        engine: where the job runs: ``local`` on this machine, ``ray`` on a Ray cluster.
        workers: number of worker processes.
        threads: processor threads per worker; a cluster reserves them.
        shard_rows: number of rows per shard.
        layers: whether the model predicts layers in addition to entities.
        overwrite: whether to replace existing output and to discard an unfinished job.
        resume: whether to continue the unfinished job, if there is one.
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
    """Plan a job: read all files to count their rows and to compute their digests.

    Returns:
        The job, and its identity.

    Raises:
        InputError: a file cannot be read to its end, changes while it is read, or is a table whose columns differ
            from those of the others, or whose text column has the name of a column of the output.
    """
    inputs, output = request.found.inputs, request.output
    stamps = tuple(input.stamp for input in inputs)
    sources = [source_of(input) for input in inputs]
    columns = replace(_shared_columns(sources), layers=request.layers)
    _check_text_column(columns, request)
    identities = tuple(identify_input(source, stamp=stamp) for source, stamp in zip(sources, stamps, strict=True))
    model_identity = ModelIdentity.of(request.model)
    job = Job(
        inputs=inputs,
        stamps=stamps,
        counts=tuple(each.rows for each in identities),
        shard_rows=request.shard_rows,
        target=output.target,
        columns=columns,
        headers=output.folder,
        folder=output.work,
        load=request.load,
        model=request.model,
        model_identity=model_identity,
    )
    packages = (*_VERSIONED_PACKAGES, "pyarrow") if output.target == "parquet" else _VERSIONED_PACKAGES
    settings = {
        "model": model_identity.digest,
        **request.settings,
        "written as": f"{output.target}, {'a folder of parts' if output.folder else 'a file'}",
        "shard rows": str(request.shard_rows),
        "onoma": __version__,
        **{name: version(name) for name in packages},
    }
    return job, JobIdentity(settings=settings, inputs=identities)


def _check_text_column(columns: TableColumns, request: Request) -> None:
    """Check that the text is not written under a name that the output uses for something else.

    Raises:
        InputError: it would be.
    """
    is_jsonl, is_table = request.output.target == "jsonl", columns.names is not None
    if columns.text in columns.predicted:
        content = f"the model's {columns.text}"
    elif columns.text == "id" and (is_jsonl or not is_table):
        content = "the document's id"
    elif columns.text == METADATA and not (is_jsonl or is_table):
        content = "the other fields"
    else:
        return
    raise InputError(f"--column {columns.text}: the output has {content} under this name; rename the column")


def _shared_columns(sources: Sequence[Source[object]]) -> TableColumns:
    """Return the columns that all tables share; default columns if one of the files is not a table.

    Raises:
        InputError: the tables have different columns.
    """
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
    return TableColumns(text=text, names=first.columns, schema=_shared_schema(sources))


def _shared_schema(sources: Sequence[Source[object]]) -> pa.Schema | None:
    first = sources[0]
    for source in sources[1:]:
        if (source.schema is None) != (first.schema is None):
            return None
        if first.schema is not None and not first.schema.equals(source.schema):
            raise InputError(f"{source.path}: its columns have other types than in {first.path}; tag them separately")
    return first.schema
