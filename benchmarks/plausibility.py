"""Error rates of the plausibility check: real corpora read correctly, and read from the wrong columns.

    python benchmarks/plausibility.py

Every corpus in the data folder is read correctly; the check must not reject any of them. Files with several columns are
then read with every wrong pair of columns. A wrong reading is detected if it is rejected; the advice in the message is
correct if the options that it names yield the same entities as the correct columns. All corpora are also written with
offsets, without quoted texts, as they are and counted in four other ways (the first 400 documents of each).
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from pathlib import Path

from results import DATA, write_result

from onoma.corpora import CorpusReader, ReadOptions, read
from onoma.corpora.reading import read_through
from onoma.errors import OnomaError
from onoma.text import Entity

_NO_CORPORA = frozenset(["README.md"])
_SENTENCES = 400
_OPTION = re.compile(r"--(format|word-column|tag-column) (\S+?)(?=[ ,]|$)")

_FEWEST_SPANS = 3
OFFSETS: dict[str, Callable[[str, Entity], list[object]]] = {
    "as they are": lambda _, span: [span.start, span.end, span.label],
    "from 1": lambda _, span: [span.start + 1, span.end + 1, span.label],
    "last character included": lambda _, span: [span.start, span.end - 1, span.label],
    "from 1, last character included": lambda _, span: [span.start + 1, span.end, span.label],
    "bytes": lambda text, span: [*(len(text[:offset].encode()) for offset in (span.start, span.end)), span.label],
}

Table = list[list[str]]
"""Rows of cells; an empty row ends a sentence."""


def main() -> None:
    measures: dict[str, dict[str, float]] = {}
    refused: list[str] = []
    for path in sorted(path for path in DATA.rglob("*") if path.is_file() and path.name not in _NO_CORPORA):
        name = path.relative_to(DATA).as_posix()
        try:
            measures[name] = shares(read(path))
        except OnomaError as error:
            refused.append(f"{name}: {error}")
    greatest = {key: max(each[key] for each in measures.values()) for key in next(iter(measures.values()))}
    wrong = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (table, word, tag) in tables().items():
            path = Path(folder) / f"{name}.conll"
            path.write_text("".join("\t".join(row) + "\n" for row in table), encoding="utf-8")
            wrong[name] = wrong_readings(path, width=len(table[0]), word=word, tag=tag)
        paths = [DATA / name for name in measures]
        offsets = {way: offsets_read(paths, Path(folder), way=way) for way in OFFSETS}
    figures = {"corpora": len(measures), "refused": refused, "greatest": greatest}
    write_result("plausibility", {**figures, "wrong_columns": wrong, "offsets": offsets})


def offsets_read(paths: Sequence[Path], folder: Path, *, way: str) -> dict[str, object]:
    """Count the corpora whose offsets are refused, and read as something else, if they are counted in a way."""
    counts, read_otherwise = Counter[str](), list[str]()
    for path in paths:
        documents = [document for document in islice(read(path), _SENTENCES) if document.entities]
        spans = [[OFFSETS[way](each.text, entity) for entity in each.entities] for each in documents]
        if sum(map(len, spans)) < _FEWEST_SPANS:
            continue
        rows = ({"text": each.text, "label": label} for each, label in zip(documents, spans, strict=True))
        (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        counts["corpora"] += 1
        try:
            found = list(read(folder / "a.jsonl"))
        except OnomaError:
            counts["refused"] += 1
        else:
            same = [[(each.start, each.end) for each in document.entities] for document in documents]
            if [[(each.start, each.end) for each in document.entities] for document in found] != same:
                read_otherwise.append(path.relative_to(DATA).as_posix())
    return {**counts, "read as something else": read_otherwise}


def shares(reading: CorpusReader) -> dict[str, float]:
    """Return the shares that the check compares with its thresholds."""
    tally = read_through(reading)
    words, sample = max(tally.words, 1), tally.sample
    size = max(sample.size, 1)
    return {
        "words in entities": round(tally.covered_words / words, 3),
        "numbers": round(sample.numbers / size, 3),
        "tags": round(sample.tags / size, 3),
        "parts of speech": round(sample.speech / max(sample.lettered, 1), 3),
        "the same as the word before": round(sample.repeated / size, 3),
    }


def tables() -> dict[str, tuple[Table, int, int]]:
    """Return column tables by name, each with the numbers of its word column and its tag column."""
    return {
        "English Web Treebank, eight columns": (_treebank(), 2, 8),
        "wikigold, five columns": (_widened(DATA / "wikigold" / "wikigold.conll.txt"), 2, 5),
        "BC5CDR, five columns": (_widened(DATA / "bc5cdr" / "devel.tsv"), 2, 5),
        "GermEval, four columns": (_rows(DATA / "germeval2014" / "NER-de-dev.tsv", "\t"), 2, 3),
    }


def wrong_readings(path: Path, *, width: int, word: int, tag: int) -> dict[str, object]:
    """Count how the check handles every wrong pair of columns."""
    right = _entities(read(path, format="conll", options=ReadOptions(word_column=word, tag_column=tag)))
    counts, accepted = Counter[str](), list[str]()
    for first, second in product(range(1, width + 1), repeat=2):
        if first == second or (first, second) == (word, tag):
            continue
        counts["readings"] += 1
        options = ReadOptions(word_column=first, tag_column=second)
        try:
            list(read(path, format="conll", options=options))
        except OnomaError as error:
            counts["refused"] += 1
            named = {key.replace("-", "_"): value for key, value in _OPTION.findall(str(error).rpartition("; ")[2])}
            counts["options named"] += bool(named)
            counts["options right"] += bool(named) and _advised(path, options, named) == right
        else:
            accepted.append(f"words {first}, tags {second}")
    return {**counts, "accepted": accepted}


def _advised(path: Path, options: ReadOptions, named: dict[str, str]) -> list[tuple[int, int, str]]:
    word, tag = named.get("word_column", options.word_column), named.get("tag_column", options.tag_column)
    changed = ReadOptions(word_column=int(word or 1), tag_column=int(tag or 1))
    return _entities(read(path, format=named.get("format", "conll"), options=changed))


def _entities(reading: CorpusReader) -> list[tuple[int, int, str]]:
    """Return entities by word index, so that readings with other word columns can be compared."""
    found: list[tuple[int, int, str]] = []
    before = 0
    for document in reading:
        starts = [word.start for word in document.words or ()]
        ends = [word.end for word in document.words or ()]
        found += [
            (before + starts.index(each.start), before + ends.index(each.end), each.label) for each in document.entities
        ]
        before += len(starts)
    return found


def _treebank() -> Table:
    """Return the columns number, word, lemma, two part-of-speech tags, head, relation and entity tag of the EWT."""
    tags = dict(_sentences(DATA / "ewt" / "en_ewt-ud-dev.iob2"))
    table: Table = []
    for sentence, rows in _sentences(DATA / "ewt" / "en_ewt-ud-dev.conllu"):
        words = [row for row in rows if row[0].isdecimal()]
        if sentence in tags and [row[1] for row in words] == [row[1] for row in tags[sentence]]:
            table += [
                [row[0], row[1], row[2], row[3], row[4], row[6], row[7], tagged[2]]
                for row, tagged in zip(words, tags[sentence], strict=True)
            ]
            table.append([])
    return table


def _sentences(path: Path) -> Iterator[tuple[str, Table]]:
    """Yield the id and the rows of each sentence."""
    name, rows = "", list[list[str]]()
    for line in [*path.read_text(encoding="utf-8").split("\n"), ""]:
        if line.startswith("# sent_id"):
            name = line.partition("= ")[2]
        elif line and not line.startswith("#"):
            rows.append(line.split("\t"))
        elif not line and rows:
            yield name, rows
            rows = []


def _widened(path: Path) -> Table:
    """Return a file of words and tags with additional columns: word number, lower-cased word and word shape."""
    table: Table = []
    number = 0
    for row in _rows(path, None):
        number = number + 1 if row else 0
        if row:
            shape = re.sub(r"\d", "d", re.sub(r"[a-z]", "x", re.sub(r"[A-Z]", "X", row[0])))
            table.append([str(number), row[0], row[0].lower(), shape, row[-1]])
        else:
            table.append([])
    return table


def _rows(path: Path, separator: str | None) -> Table:
    lines = path.read_text(encoding="utf-8").split("\n")
    rows = [line.split(separator) for line in lines if not line.startswith(("#", "-DOCSTART-"))]
    ends = [place for place, row in enumerate(rows) if row in ([], [""])][:_SENTENCES]
    return [[] if row == [""] else row for row in rows[: ends[-1] + 1]]


if __name__ == "__main__":
    main()
