"""Safe automatic fixes: white space at the ends of spans, label names, duplicates, invalid tag sequences."""

from __future__ import annotations

import difflib
import shlex
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from onoma.corpora import WRITABLE, ChangedLine, ReadOptions, WriteOptions, read, retag, write
from onoma.doctor.annotation import trimmed
from onoma.doctor.cases import CheckedFile
from onoma.doctor.duplicates import repeated
from onoma.doctor.labels import same_names
from onoma.encoding import segment
from onoma.errors import InputError
from onoma.io.files import replacing
from onoma.text import Document, Entity

DIFF = "changes.diff"
"""Name of the file that contains all changes as a unified diff."""
_CONTEXT_LINES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A file that was written with fixes.

    Attributes:
        source, target: path of the original file, and path of the fixed one.
        dropped: number of documents that were left out as copies of an earlier one.
        changed: number of documents whose tags or entities were changed.
        lost: annotation that was repaired, left out or read in another form, and information that the format cannot
            represent, one sentence each. Empty for column files.
    """

    source: Path
    target: Path
    dropped: int
    changed: int
    lost: tuple[str, ...]


def fix(files: Sequence[CheckedFile], folder: Path, *, options: ReadOptions) -> list[Fixed]:
    """Write a fixed copy of each file to a new folder, together with ``changes.diff``.

    Column files keep everything but their tags, character for character. Other formats are written in onoma's own
    layout; their diff compares with the same file written without fixes and new labels.

    Args:
        files: the files to fix, as they were read.
        folder: path of the output folder, which must be empty or not exist.
        options: options with which the files were read.

    Raises:
        InputError: the folder is not empty, two files have the same name, or a file could not be read completely or
            has a format that is read-only.
    """
    check_fixable(files, folder)
    names = same_names(
        Counter(entity.label for file in files for case in file.cases for entity in case.document.entities)
    )
    folder.mkdir(parents=True, exist_ok=True)
    result: list[Fixed] = []
    notices: tuple[str, ...]
    with replacing(folder / DIFF) as diff:
        for file in files:
            documents = [case.document for case in file.cases]
            fixed = fixed_documents(documents, names=names)
            target = folder / file.reading.path.name
            if file.reading.format == "conll":
                lines = _retag(file, fixed, target, options)
                changed_lines = {number for number, (old, new) in enumerate(lines, start=1) if new not in (None, old)}
                notices, changed = (), sum(not changed_lines.isdisjoint(case.lines) for case in file.cases)
                diff.writelines(_hunks(lines, source=file.reading.path, target=target))
            else:
                originals = _with_original_labels(file, documents, options)
                notices, changes = _rewrite(file, originals, fixed, target)
                changed = sum(new is not None and new != old for old, new in zip(originals, fixed, strict=True))
                diff.writelines(changes)
            result.append(
                Fixed(
                    source=file.reading.path,
                    target=target,
                    dropped=fixed.count(None),
                    changed=changed,
                    lost=notices,
                )
            )
    return result


def fixed_documents(documents: Sequence[Document], *, names: Mapping[str, str]) -> list[Document | None]:
    """Return each document with its entities fixed, or None if it is then a copy of an earlier document.

    Args:
        documents: the documents of one file.
        names: new names of labels by old name, as returned by :func:`~onoma.doctor.labels.same_names`.
    """
    fixed = [document.with_entities(_fix_entities(document, names)) for document in documents]
    copies = repeated(fixed)
    return [None if position in copies else document for position, document in enumerate(fixed)]


def _fix_entities(document: Document, names: Mapping[str, str]) -> Iterator[Entity]:
    seen: set[tuple[int, int, str]] = set()
    for entity in document.entities:
        inner = trimmed(entity, document.text)
        label = names.get(entity.label, entity.label)
        if inner is not None and (inner.start, inner.end, label) not in seen:
            seen.add((inner.start, inner.end, label))
            yield replace(document.entity(inner.start, inner.end, label), score=entity.score)


def check_fixable(files: Sequence[CheckedFile], folder: Path) -> None:
    """Check that :func:`fix` can write files to a folder.

    Raises:
        InputError: as in :func:`fix`.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: exists and is not empty; name a new folder for the fixed files")
    name_counts = Counter(file.reading.path.name for file in files)
    if duplicates := [name for name, count in name_counts.items() if count > 1]:
        raise InputError(f"{folder}: two files are called {duplicates[0]}; fix them one by one")
    for file in files:
        path, format = file.reading.path, file.reading.format
        if format not in WRITABLE:
            advice = f"convert it first, as with: onoma convert {shlex.quote(path.name)} {shlex.quote(path.stem)}.jsonl"
            raise InputError(f"{path}: {format} can be read but not written, so it cannot be fixed; {advice}")
        unreadable = next((each for each in file.findings if each.check == "unreadable"), None)
        if unreadable is not None:
            raise InputError(f"{unreadable.where}: {unreadable.what}; this has to be fixed by hand before --fix")


def _retag(
    file: CheckedFile, fixed: Sequence[Document | None], target: Path, options: ReadOptions
) -> list[ChangedLine]:
    lines = (case.lines for case in file.cases)
    changes = list(retag(file.reading.path, zip(fixed, lines, strict=True), options=options))
    with replacing(target) as written:
        written.writelines(after for _, after in changes if after is not None)
    return changes


def _with_original_labels(file: CheckedFile, documents: list[Document], options: ReadOptions) -> list[Document]:
    """Return documents as they are without new labels from the options."""
    if not options.labels:
        return documents
    return list(read(file.reading.path, format=file.reading.format, options=replace(options, labels={})))


def _rewrite(
    file: CheckedFile, documents: Sequence[Document], fixed: Sequence[Document | None], target: Path
) -> tuple[tuple[str, ...], list[str]]:
    scheme = file.reading.scheme
    options = WriteOptions(segment=segment) if scheme is None else WriteOptions(segment=segment, scheme=scheme.name)
    format = file.reading.format
    report = write((each for each in fixed if each is not None), target, format=format, options=options)
    with tempfile.TemporaryDirectory() as scratch:
        unfixed = Path(scratch) / target.name
        write(documents, unfixed, format=format, options=options)
        names = sorted({each.relative_to(root) for root in (unfixed, target) for each in _files(root)})
        changes = [
            line
            for name in names
            for line in difflib.unified_diff(
                _lines(unfixed / name), _lines(target / name), str(file.reading.path / name), str(target / name), n=0
            )
        ]
    read = file.reading.report
    return (*read.notices(), *read.unread_notices(), *report.notices()), changes


def _files(path: Path) -> list[Path]:
    return [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []


def _hunks(changes: Sequence[ChangedLine], *, source: Path, target: Path) -> Iterator[str]:
    """Yield the changes as a unified diff with two lines of context."""
    changed_positions = [position for position, (before, after) in enumerate(changes) if before != after]
    if not changed_positions:
        return
    yield f"--- {source}\n+++ {target}\n"
    removed = 0
    groups: list[tuple[int, int]] = []
    for position in changed_positions:
        first, end = max(0, position - _CONTEXT_LINES), min(len(changes), position + _CONTEXT_LINES + 1)
        if groups and first <= groups[-1][1]:
            groups[-1] = groups[-1][0], end
        else:
            groups.append((first, end))
    for first, end in groups:
        kept = sum(after is not None for _, after in changes[first:end])
        yield f"@@ -{first + 1},{end - first} +{first + 1 - removed},{kept} @@\n"
        for before, after in changes[first:end]:
            if before == after:
                yield " " + _diff_line(before)
                continue
            yield "-" + _diff_line(before)
            if after is not None:
                yield "+" + _diff_line(after)
        removed += end - first - kept


def _diff_line(line: str) -> str:
    """Return a line as a diff contains it, with a mark if it is the last one of a file and has no line feed."""
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
