"""Conversion of annotated files to another format or tagging scheme."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike
from onoma.api.writing import write

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.corpora import ReadOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertResult:
    """The result of a conversion.

    Attributes:
        documents, entities: number of documents and entities written.
        notes: remarks on how the source was read, on what of it is not read, and on what the target format cannot
            represent, with counts.
    """

    documents: int
    entities: int
    notes: tuple[str, ...]


def convert(
    source: PathLike,
    target: PathLike,
    *,
    to: str | None = None,
    to_scheme: str = "BIO",
    layout: str = "onoma",
    format: str | None = None,
    options: ReadOptions | None = None,
    overwrite: bool = False,
) -> ConvertResult:
    """Convert annotated text to another format or tagging scheme.

    Args:
        source: a file or folder in any format that onoma reads.
        target: the file or folder to write. With ``overwrite``, it may be the same as ``source``.
        to: format to write; chosen by the suffix of ``target`` if None.
        to_scheme: tagging scheme to write, for formats with tags.
        layout: layout of JSON Lines: `onoma`, `doccano`, `prodigy`, `spacy` or `labelstudio`.
        format: format of ``source``; detected automatically if None.
        options: options for reading ``source``.
        overwrite: whether to replace ``target`` if it is a file; a folder has to be new or empty.

    Returns:
        The numbers of documents and entities written, and notes.

    Raises:
        InputError: ``target`` exists already, or a file cannot be read or written.
    """
    from onoma.corpora import ReadOptions, read

    reader = read(Path(source), format=format, options=options or ReadOptions())
    write_report = write(reader, target, format=to, scheme=to_scheme, layout=layout, overwrite=overwrite)
    unread = (f"{source}: {notice}" for notice in reader.report.unread_notices())
    notes = (*reader.notices(), *unread, *(f"{target}: {notice}" for notice in write_report.notices()))
    return ConvertResult(documents=write_report.documents, entities=write_report.entities, notes=notes)
