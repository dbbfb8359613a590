"""Writing of annotated documents to files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike, check_replaceable
from onoma.errors import InputError
from onoma.text import Document

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.corpora import WriteReport


def write(
    documents: Document | Iterable[Document],
    path: PathLike,
    *,
    format: str | None = None,
    scheme: str = "BIO",
    layout: str = "onoma",
    overwrite: bool = False,
) -> WriteReport:
    """Write documents as a stream; the target appears complete or, on any error, not at all.

    Texts without given words are split into words for formats that need them.

    Args:
        documents: the documents to write, or a single one.
        path: the target file, or for `brat` a folder.
        format: `conll`, `conllu`, `jsonl`, `brat`, `germeval` or `text`; chosen by the suffix of ``path`` if None.
        scheme: tagging scheme, for formats with tags: `BIO`, `IOB1` or `BIOES`, for example.
        layout: layout of JSON Lines: `onoma`, `doccano`, `prodigy`, `spacy` or `labelstudio`.
        overwrite: whether to replace ``path`` if it is a file; a folder has to be new or empty.

    Returns:
        Counts of what was written, and of what the target could not represent.

    Raises:
        InputError: ``path`` exists already, or something other than documents is passed.
        CorpusError: ``path`` cannot be written, or its suffix belongs to no format.
        ConfigError: the format, the scheme or the layout is unknown, or the format is read-only.
    """
    from onoma.corpora import WriteOptions
    from onoma.corpora import write as write_corpus
    from onoma.encoding import segment

    path = Path(path)
    check_replaceable(path, overwrite=overwrite)
    options = WriteOptions(scheme=scheme, layout=layout, segment=segment)
    return write_corpus(_documents_in(documents), path, format=format, options=options)


def _documents_in(documents: Document | Iterable[Document]) -> Iterator[Document]:
    for document in [documents] if isinstance(documents, Document | str) else documents:
        if not isinstance(document, Document):
            raise InputError(f"expected documents to write, got {type(document).__name__}: {document!r:.60}")
        yield document
