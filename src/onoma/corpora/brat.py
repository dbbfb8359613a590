r"""Reader and writer of brat standoff files: a folder with a ``.txt`` and a ``.ann`` file per document, or one pair.

Offsets count the code points of the text exactly as it is, including carriage returns and a byte order mark. If nearly
all quoted texts show another unit, offsets are read in that unit (see ``offset_units``). Fragments that are separated
only by whitespace (brat's notation of an entity that continues over a line break) form one entity. Discontinuous
entities, relations, events, attributes and notes are left out and counted. The id of a document is the file name
without suffix, relative to the folder.

Source: https://brat.nlplab.org/standoff.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from onoma.corpora.offset_units import units_of
from onoma.corpora.options import WriteOptions
from onoma.corpora.schemeless import SchemelessReader
from onoma.corpora.tally import ReadTally, WriteTally
from onoma.errors import CorpusError
from onoma.io.files import new_file, new_folder
from onoma.io.lines import numbered_lines, whole_text
from onoma.io.suffixes import named_format
from onoma.text import Document, Entity

_SPAN_LINE = re.compile(r"T[^\t]*\t(\S+) (\d{1,12} \d{1,12}(?:;\d{1,12} \d{1,12})*)(?:\t(.*))?")
_OTHER_KINDS = {"R": "a relation", "*": "a relation", "E": "an event", "A": "an attribute", "M": "an attribute"}
_OTHER_KINDS |= {"N": "a normalisation", "#": "a note"}
_APPLE_PREFIX = "._"
"""How the names of the files begin in which macOS stores attributes of others in archives."""

_UNSAFE_CHARACTERS = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class _Span:
    """Label, fragments and quoted text of a span annotation."""

    label: str
    fragments: list[tuple[int, int]]
    quoted: str | None


class BratReader(SchemelessReader):
    """Reader of a folder of pairs, or of one pair given by either of its files."""

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        if not self._path.is_dir():
            yield self._read_pair(_remove_suffix(self._path), self._path.stem, tally)
            return
        for path in sorted(self._path.rglob("*")):
            if named_format(path) not in (None, "brat", "text") and path.is_file():
                tally.left_out.add("a file of another format among annotations", where=str(path), what=path.name)
        paths = (path for kind in ("ann", "txt") for path in self._path.rglob(f"*.{kind}"))
        for stem in sorted({_remove_suffix(path) for path in paths if not path.name.startswith(_APPLE_PREFIX)}):
            yield self._read_pair(stem, stem.relative_to(self._path).as_posix(), tally)

    def _read_pair(self, stem: Path, id: str, tally: ReadTally) -> Document:
        """Read one pair; a text without an annotation file has no entities."""
        text_path, annotation_path = _add_suffix(stem, "txt"), _add_suffix(stem, "ann")
        if not text_path.is_file():
            raise CorpusError(f"its text is missing; expected {text_path.name} beside it", path=annotation_path)
        document = Document(whole_text(text_path, encoding=self._options.encoding, keep_bom=True), id=id)
        tally.annotated = tally.annotated or annotation_path.is_file()
        if not annotation_path.is_file() and not self._options.texts_only:
            reason = "a text has no .ann file; read as one without entities"
            tally.adjusted.add(reason, where=str(text_path), what=annotation_path.name)
        lines = (
            numbered_lines(annotation_path, encoding=self._options.encoding) if annotation_path.is_file() else iter(())
        )
        spans: list[tuple[int, str, _Span]] = []
        for number, line in lines:
            if not line.strip():
                continue
            if not line.startswith("T"):
                reason = f"{_OTHER_KINDS.get(line[0], 'a line of another kind')} is not an entity"
                tally.left_out.add(reason, where=f"{annotation_path}:{number}", what=line)
            elif (span := _parse_span(line)) is not None:
                spans.append((number, line, span))
            else:
                reason = "the line is not a span; expected T1<TAB>LABEL 0 5<TAB>text"
                tally.unusable.add(reason, where=f"{annotation_path}:{number}", what=line)
        bounds = [(span.fragments[0][0], span.fragments[-1][1], span.quoted) for _, _, span in spans]
        units, code_points = units_of(document.text, bounds)
        entities: list[Entity] = []
        for number, line, span in spans:
            entity = _convert_span(span, document, code_points)
            if isinstance(entity, str):
                tally.unusable.add(entity, where=f"{annotation_path}:{number}", what=line)
                continue
            if (entity.start, entity.end) != (span.fragments[0][0], span.fragments[-1][1]):
                tally.adjusted.add(f"offsets count {units}; read so", where=f"{annotation_path}:{number}", what=line)
            entities.append(entity)
        return document.with_entities(entities)


def write_brat(documents: Iterable[Document], path: Path, options: WriteOptions, tally: WriteTally) -> None:
    """Write a new folder with one pair per document; a document without an id is named after its number.

    Raises:
        CorpusError: the folder exists and is not empty, or cannot be written.
    """
    del options
    names: dict[str, int] = {}
    with new_folder(path) as folder:
        for document in documents:
            tally.begin(document)
            name = _unique_name(document.id or f"document-{tally.documents:06}", names)
            if name != document.id:
                tally.lose("the id is written differently", f"{document.id!r} as {name!r}")
            tally.lose_beyond(document, holds=frozenset(["id"]))
            with new_file(_add_suffix(folder / name, "txt")) as target:
                target.write(document.text)
            with new_file(_add_suffix(folder / name, "ann")) as target:
                span_lines = (line for entity in document.entities if (line := _format_entity(entity, tally)))
                target.writelines(f"T{number}\t{line}\n" for number, line in enumerate(span_lines, start=1))


def _parse_span(line: str) -> _Span | None:
    """Return the span of a line; None if it has none."""
    match = _SPAN_LINE.fullmatch(line)
    if match is None:
        return None
    label, ranges, quoted = match.groups()
    fragments = [(int(start), int(end)) for start, end in (fragment.split(" ") for fragment in ranges.split(";"))]
    return _Span(label, fragments, quoted)


def _convert_span(span: _Span, document: Document, code_points: Sequence[int]) -> Entity | str:
    """Return the entity of a span, or the reason why the span is not an entity.

    Args:
        span: the span, with offsets in any unit.
        document: the document with the text.
        code_points: for each offset, the index of its code point.
    """
    text = document.text
    if not all(0 <= start < end < len(code_points) for start, end in span.fragments):
        return "the span is empty or reaches outside the text"
    fragments = [(code_points[start], code_points[end]) for start, end in span.fragments]
    if any(text[end:start].strip() or end > start for (_, end), (start, _) in pairwise(fragments)):
        return "the span is discontinuous"
    covered_text = " ".join(text[start:end] for start, end in fragments)
    if span.quoted is not None and span.quoted.split() != covered_text.split():
        return "the line quotes a text that differs from the document"
    return document.entity(fragments[0][0], fragments[-1][1], span.label)


def _format_entity(entity: Entity, tally: WriteTally) -> str:
    """Return the line of an entity without its number; empty if brat cannot represent the entity."""
    start, end = entity.start, entity.end
    start += len(entity.text) - len(entity.text.lstrip("\r\n"))
    end -= len(entity.text) - len(entity.text.rstrip("\r\n"))
    label = re.sub(r"\s+", "_", entity.label)
    if start >= end or not label:
        tally.lose("the entity covers no text or has no label", f"[{entity.start}, {entity.end}) {entity.label}")
        return ""
    if (start, end) != (entity.start, entity.end):
        tally.lose("line ends at the entity's bounds are left out", f"{entity.text!r} {entity.label}")
    if label != entity.label:
        tally.lose("white space in the label is written as '_'", repr(entity.label))
    tally.wrote(label)
    text = entity.text[start - entity.start : end - entity.start]
    pieces = [(match.start() + start, match.end() + start, match[0]) for match in re.finditer(r"[^\r\n]+", text)]
    ranges = ";".join(f"{first} {last}" for first, last, _ in pieces)
    return f"{label} {ranges}\t{' '.join(piece for _, _, piece in pieces)}"


def _unique_name(id: str, used_names: dict[str, int]) -> str:
    """Return a unique file name for a document id.

    Args:
        id: the id of the document.
        used_names: for each name already taken, the last number that was appended to it; updated.
    """
    safe_name = _UNSAFE_CHARACTERS.sub("_", id).strip(".")[:100] or "document"
    name, number = safe_name, used_names.get(safe_name, 1)
    while name in used_names:
        number += 1
        name = f"{safe_name}-{number}"
    used_names[safe_name] = number
    used_names.setdefault(name, 1)
    return name


def _remove_suffix(path: Path) -> Path:
    return path.with_name(path.stem)


def _add_suffix(stem: Path, kind: str) -> Path:
    return stem.with_name(f"{stem.name}.{kind}")
