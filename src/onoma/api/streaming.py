"""Streaming input and output of tagging: documents without their entities are read, tagged ones written to one file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike, check_replaceable
from onoma.errors import InputError
from onoma.io.files import is_special, replacing
from onoma.io.lines import HOLDS_NUL, OFFICE_SUFFIXES, binary_problem, codec_without_bom
from onoma.io.once import STANDARD_INPUT, ReadOnce
from onoma.io.suffixes import COMPRESSIONS, named_format, plain_name
from onoma.text import Document

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.bulk import DeadLetter, Found
    from onoma.bulk.sources import Input
    from onoma.corpora import Labelled
    from onoma.tagger import Tagger

STREAMED = ("pretty", "jsonl", "conll", "conllu", "html")
"""Output formats that :func:`write_documents` writes as a stream."""

SHARDED = ("jsonl", "csv", "tsv", "parquet")
"""Output formats that a bulk job writes in shards."""

TARGETS = tuple(dict.fromkeys((*STREAMED, *SHARDED)))
"""All output formats of tagging."""


def target_of(output: PathLike | None, *, to: str | None, inputs: Sequence[Input] = ()) -> str:
    """Return the format of an output: ``to`` if it is given, else the format of the suffix, else `pretty`.

    The suffix ``.tsv`` stands for a table if all inputs are tables, else for columns of words and tags.

    Raises:
        InputError: ``to`` is unknown, or the suffix is that of an office document.
    """
    if to is not None:
        if to not in TARGETS:
            raise InputError(f"--to {to}: unknown output; choose one of {', '.join(TARGETS)}")
        return to
    if output is None:
        return "pretty"
    from onoma.bulk import is_folder

    if (suffix := plain_name(Path(output)).suffix.lower()) in OFFICE_SUFFIXES:
        raise InputError(f"{output}: no {suffix} files are written; name a .csv file, which spreadsheets open")
    suffix_format = named_format(Path(output))
    if is_folder(output) or suffix_format == "json":
        return "jsonl"
    if plain_name(Path(output)).suffix.lower() == ".tsv" and inputs and all(each.kind == "csv" for each in inputs):
        return "tsv"
    return suffix_format if suffix_format in TARGETS else "pretty"


def check_streamed(target: str, *, resume: bool, workers: int, engine: str) -> None:
    """Check that neither the options nor the format of a streamed output need a bulk job.

    Raises:
        InputError: an option or the format is only supported by bulk jobs.
    """
    if target not in STREAMED:
        raise InputError(
            f"{target} needs files as input, which can be read more than once, and an --output to write to; or choose "
            f"one of {', '.join(STREAMED)}"
        )
    if resume or workers > 1 or engine != "local":
        raise InputError(
            "--resume, --workers and --engine need files as input, which can be read more than once, and an --output "
            f"in {', '.join(SHARDED)}"
        )


def documents_of(found: Found, *, failed: Callable[[DeadLetter], None]) -> Iterator[Document]:
    """Yield the documents of files in order, without the entities that a file may contain.

    Args:
        found: the files.
        failed: function called with each row that cannot be read or tagged.
    """
    from onoma.bulk import stream

    for source in found.inputs:
        if source.path == STANDARD_INPUT and source.once is not None and source.kind in ("text", "lines"):
            yield from _read_standard_input(
                source.once, by_line=source.kind == "lines", encoding=source.options.encoding
            )
        else:
            options = replace(source.options, replace_surrogates=True)
            yield from stream([replace(source, options=options)], failed=failed)


def _read_standard_input(source: ReadOnce, *, by_line: bool, encoding: str) -> Iterator[Document]:
    """Yield standard input as one document, or each of its lines as a document.

    Blank lines become documents too, so that the output has as many lines as the input.

    Raises:
        InputError: standard input is closed, is not in this encoding, or contains a NUL byte.
    """
    codec = codec_without_bom(encoding)
    with source.reading() as file:
        for number, line in enumerate(file if by_line else [file.read()], start=1):
            location = f"standard input:{number}" if by_line else "standard input"
            try:
                text = line.decode(codec)
            except UnicodeDecodeError as error:
                if number == 1 and (problem := binary_problem(line)):
                    raise InputError(f"standard input {problem}") from None
                byte = f"byte 0x{line[error.start]:02x} at {error.start + 1}"
                raise InputError(f"{location}: {byte} is not {encoding.upper()}; name its encoding") from error
            if "\0" in text:
                raise InputError(f"{location}: {HOLDS_NUL}")
            yield Document(text.rstrip("\r\n"), id=str(number)) if by_line else Document(text)


def untagged(letter: DeadLetter) -> str:
    """Return the message about a row that cannot be tagged."""
    return f"{letter.file}:{letter.row}: {letter.reason}; not tagged"


def check_free(output: PathLike, *, overwrite: bool) -> None:
    """Check that an output file may be written as a stream; ``-`` is standard output.

    Raises:
        InputError: the file exists and may not be overwritten, is compressed, or is a folder, a device or a pipe.
    """
    path = Path(output)
    if str(path) == "-":
        return
    from onoma.bulk import is_folder, output_paths

    output_paths(output)
    if is_folder(output):
        raise InputError(f"{output}: is a folder; this output is a single file, so name a file to write to")
    if path.suffix.lower() in COMPRESSIONS:
        raise InputError(f"{path}: compression needs files as input and an output in JSON Lines, CSV or TSV")
    if is_special(path):
        raise InputError(f"{path}: is a device or a pipe; name a file to write to, or - for standard output")
    check_replaceable(path, overwrite=overwrite)


def tagged(tagger: Tagger, found: Found, documents: Iterable[Document]) -> Iterator[Document]:
    """Tag the documents of files; documents of a pipe are tagged as soon as they arrive."""
    if found.once:
        from onoma.api.live_stream import tag_stream

        return tag_stream(tagger, documents)
    return tagger.tag_many(documents)


def layer_kinds(tagger: Tagger) -> dict[str, Labelled]:
    """Return for each layer that a tagger predicts whether it labels spans, words or sentences."""
    from onoma.bundle import ENTITIES, SentencesCard, WordsCard

    kinds: dict[str, Labelled] = {}
    for name, card in tagger.bundle.manifest.tasks.items():
        if name != ENTITIES:
            words, sentences = isinstance(card, WordsCard), isinstance(card, SentencesCard)
            kinds[name] = "words" if words else "sentences" if sentences else "spans"
    return kinds


def write_documents(
    documents: Iterable[Document], path: Path, *, to: str, layers: Mapping[str, Labelled] | None = None
) -> None:
    """Write documents as a stream.

    Args:
        documents: tagged documents.
        path: the file to write, which appears only when it is complete; ``-`` is standard output.
        to: output format, one of ``STREAMED``.
        layers: for each layer, whether it labels spans, words or sentences.
    """
    if to == "pretty":
        _write_pretty(documents, path)
    elif to == "html":
        from onoma.views import html_page

        with replacing(path) as file:
            file.writelines(html_page(documents, title="onoma"))
    else:
        from onoma.corpora import WriteOptions, write
        from onoma.encoding import segment

        write(documents, path, format=to, options=WriteOptions(segment=segment, layers=layers or {}))


def _write_pretty(documents: Iterable[Document], path: Path) -> None:
    from rich.console import Console

    from onoma.views import Palette, to_terminal

    with replacing(path, styled=True) as file:
        console = Console(file=file, soft_wrap=True, highlight=False)
        palette = Palette()
        for document in documents:
            console.print(to_terminal(document, colour=console.is_terminal, palette=palette))
