from __future__ import annotations

from pathlib import Path

import pytest

from onoma.corpora import FORMATS, ReadOptions, detect_format, files_of, read, write
from onoma.corpora.format_detection import format_to_write
from onoma.errors import ConfigError, CorpusError
from onoma.text import Document

UNER = "# text = Ada\n1\tAda\tB-PER\t-\t-\n"
GERMEVAL = "#\thttp://x.y\t[2010]\t\n1\tAda\tB-PER\tO\n"


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.conll", "Ada B-PER\n", "conll"),
        ("a.txt", "Ada B-PER\n\nran O\n", "conll"),
        ("a.txt", "\ufeffAda\tB-PER\r\n", "conll"),
        ("a", "-DOCSTART- -X- O O\n\nAda NNP I-NP I-PER\n", "conll"),
        ("a.tsv", "1\tAda\tB-PER\n", "conll"),
        ("a.tsv", GERMEVAL, "germeval"),
        ("a.tsv", UNER, "conllu"),
        ("a.conll", UNER, "conllu"),
        ("a.conllu", UNER, "conllu"),
        ("a.conllu", "1\ta" + "\t_" * 7 + "\tEntity=B-E\n", "conllu"),
        ("a.conll", "1\ta" + "\t_" * 7 + "\tB-E\n", "conll"),
        ("a.jsonl", "x", "jsonl"),
        ("a.txt", '{"text": "a"}\n', "jsonl"),
        ("a.txt", '[\n  {"text": "a"}\n]', "jsonl"),
        ("a.txt", "[sic] no JSON\n", "text"),
        ("a.txt", "Ada ran to Lyon.\n# and back\n", "text"),
        ("a.txt", "# one\n# two\n", "text"),
        ("a.txt", "The U.S. army left Lyon.\n", "text"),
        ("a.txt", "Ada drives on the I-35\n", "text"),
        ("a.txt", "Use this form to register an entity.\nAda is in Lyon.\n", "text"),
        ("a.txt", "Text, and more of it, here\nAda left Lyon, and more\n", "text"),
        ("a.txt", "Text, and more\n", "text"),
        ("a.txt", "Text, and more.\nAda is in Lyon, with Bo.\n", "text"),
        ("a.txt", "id,text\n1,Ada left\n", "table"),
        ("a.txt", "[1]\nAda Byron: Notes.\n", "text"),
    ],
)
def test_the_format_is_detected(tmp_path: Path, name: str, content: str, format: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert detect_format(tmp_path / name) == format
    assert format in FORMATS


def test_columns_beside_annotations_of_the_same_name_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Paris is big.", encoding="utf-8")
    (tmp_path / "a.ann").write_text("T1\tLOC 0 5\tParis\n", encoding="utf-8")
    (tmp_path / "a.conll").write_text("Ada B-PER\nsleeps O\n", encoding="utf-8")
    (document,) = read(tmp_path / "a.conll")
    assert [entity.text for entity in document.entities] == ["Ada"]
    assert files_of(tmp_path / "a.conll") == [tmp_path / "a.conll"]
    assert sorted(files_of(tmp_path / "a.ann")) == [tmp_path / "a.ann", tmp_path / "a.txt"]


def test_a_text_beside_annotations_is_brat(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ada")
    (tmp_path / "a.ann").write_text("")
    assert detect_format(tmp_path / "a.txt") == detect_format(tmp_path / "a.ann") == detect_format(tmp_path) == "brat"


def test_a_file_without_readable_text_has_no_format(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(" \n\t\n")
    with pytest.raises(CorpusError, match="has no documents"):
        detect_format(tmp_path / "a")
    with pytest.raises(CorpusError, match="cannot be read"):
        detect_format(tmp_path / "b")
    (tmp_path / "c").write_bytes("Ada\tO\n".encode("utf-16"))
    with pytest.raises(CorpusError, match="is not UTF-8"):
        detect_format(tmp_path / "c")
    assert detect_format(tmp_path / "c", encoding="utf-16") == "conll"


@pytest.mark.parametrize(
    ("separator", "name"),
    [("\u00a0", "no-break spaces"), ("\u3000", "ideographic spaces"), (",", "commas"), (";", "semicolons")],
)
def test_columns_with_another_separator_are_refused(tmp_path: Path, separator: str, name: str) -> None:
    rows = [("Ada", "B-PER"), ("Byron", "I-PER"), ("left", "O"), ("Turin", "B-LOC"), (".", "O")]
    (tmp_path / "a.conll").write_text("\n".join(map(separator.join, rows)) + "\n\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=f"separated by {name}; expected tabs or spaces"):
        detect_format(tmp_path / "a.conll")
    (tmp_path / "b.conll").write_text("Ada,\nByron\nleft\nTurin\n.\n\n", encoding="utf-8")
    assert detect_format(tmp_path / "b.conll") == "conll"


@pytest.mark.parametrize("name", ["a.conll", "a.tsv", "a.txt"])
def test_lines_that_end_in_a_carriage_return_alone_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"Ada\tB-PER\rleft\tO\r\rTurin\tB-LOC\r")
    with pytest.raises(CorpusError, match=f"{name}: .*carriage return.*line feed"):
        detect_format(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [("a.parquet", b"PAR1\x15\x04\x80", "JSON Lines.*to_json"), ("a.XLSX", b"PK\x03\x04", "spreadsheet.*CSV")],
)
def test_tables_that_are_not_read_are_refused_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, advice: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=rf"{name}: is .*{advice}"):
        detect_format(tmp_path / name)


def test_the_suffix_chooses_the_written_format(tmp_path: Path) -> None:
    names = {"a.TSV": "conll", "a.json": "jsonl", "a.iob2": "conllu"}
    assert {name: format_to_write(Path(name)) for name in names} == names
    assert format_to_write(tmp_path) == "brat"


def test_a_file_may_be_converted_in_place(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("Ada I-PER\nran O\n")
    write(read(path), path)
    assert path.read_text() == "Ada\tB-PER\nran\tO\n\n"


def test_raw_text_is_a_document_a_file_or_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\n \r\ntwo\x0b\xe2\x80\xa8three\n")
    [document] = read(path)
    assert (document.text, document.id, document.words) == ("one\r\n \r\ntwo\x0b\u2028three\n", "a", None)
    lines = read(path, options=ReadOptions(text_unit="line"))
    assert [(each.text, each.id) for each in lines] == [("one", "1"), ("two\x0b\u2028three", "3")]


def test_writing_raw_text_counts_what_it_drops(tmp_path: Path) -> None:
    document = Document("Ada\nran", id="d")
    report = write(
        [document.with_entities([document.entity(0, 3, "PER")]), Document(" ")], tmp_path / "a", format="text"
    )
    assert (tmp_path / "a").read_text() == "Ada ran\n"
    assert {reason: finding.count for reason, finding in report.lost.items()} == {
        "id cannot be kept": 1,
        "entities cannot be kept": 1,
        "line ends in the text are written as blanks": 1,
        "a document without text cannot be kept": 1,
    }
    assert report.notices()[0] == "id cannot be kept: 1, first at document 1 'd': 'd'"
    [notice] = write([Document("Ada", meta={"note": "x" * 1_000})], tmp_path / "b", format="text").notices()
    assert len(notice) < 300


def test_two_levels_of_germeval_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("#\thttp://x.y\t[2010]\t\n1\tUni\tB-ORG\tO\n2\tLyon\tI-ORG\tB-LOC\n\n1\tAda\tB-PER\tB-PER\n")
    reading = read(path)
    first, second = reading
    assert [(entity.text, entity.label) for entity in first.entities] == [("Uni Lyon", "ORG"), ("Lyon", "LOC")]
    assert first.meta == {"source": "http://x.y", "date": "2010"}
    assert len(second.entities) == 1
    assert reading.report.unusable["the entity is annotated twice"].count == 1
    path.write_text("1\tAda\tB-PER\n")
    with pytest.raises(CorpusError, match=r"a\.tsv:1: 3 columns in .* expected 4"):
        list(read(path, format="germeval"))


@pytest.mark.parametrize(
    "lines",
    [
        ["Angela Merkel flew to the U.S.", "Tim Cook lives in the U.S."],
        ["She e-mailed Angela Merkel today", "He e-mailed Tim Cook yesterday"],
        ["Angela Merkel visited room B-12", "Tim Cook visited room B-13"],
        ["Take I-95", "Take I-80", "Take I-5"],
    ],
)
def test_prose_with_words_like_tags_is_text(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert detect_format(path) == "text"
    path.write_text("\n".join(f"{line} O" for line in lines), encoding="utf-8")
    assert detect_format(path) == "conll"


def test_a_table_of_texts_without_a_known_column_is_a_table_whatever_separates_it(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("id\ttweet\tlang\n1\tAngela Merkel visited Paris\ten\n2\tTim Cook in Rome\ten\n", encoding="utf-8")
    assert detect_format(path) == "table"
    path.write_text("Angela\tNNP\nMerkel\tNNP\nvisited\tVBD\n", encoding="utf-8")
    assert detect_format(path) == "conll"


@pytest.mark.parametrize(
    ("name", "header", "separator"),
    [
        ("a.conll", "text tag", " "),
        ("a.conll", "text\ttag", "\t"),
        ("a.tsv", "text\tlabel", "\t"),
        ("a.csv", "text,tag", ","),
        ("a.txt", "word,tag", ","),
    ],
)
def test_a_column_called_text_with_one_word_a_row_holds_words(
    tmp_path: Path, name: str, header: str, separator: str
) -> None:
    rows = [("Ada", "B-PER"), ("ran", "O"), (), ("Bonn", "B-LOC"), (".", "O")]
    path = tmp_path / name
    path.write_text("\n".join([header, *map(separator.join, rows)]), encoding="utf-8")
    documents = list(read(path))
    assert [document.text for document in documents] == ["Ada ran", "Bonn ."]
    assert [[entity.text for entity in document.entities] for document in documents] == [["Ada"], ["Bonn"]]


def test_texts_of_one_word_without_tags_stay_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\nBonn,B-LOC\nLyon,B-LOC\n", encoding="utf-8")
    assert [document.text for document in read(path)] == ["Bonn", "Lyon"]


def test_labels_without_prefixes_in_a_last_column_are_tags(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"  # as in Few-NERD
    rows = ["Ada\tperson-scholar", "Lovelace\tperson-scholar", "left\tO", "Lyon\tlocation-GPE"]
    path.write_text("\n".join(rows), encoding="utf-8")
    [document] = read(path)
    found = [(entity.text, entity.label) for entity in document.entities]
    assert found == [("Ada Lovelace", "person-scholar"), ("Lyon", "location-GPE")]
    path.write_text("eins\tone\nzwei\ttwo\nO\tletter\n", encoding="utf-8")
    assert detect_format(path) == "text"


@pytest.mark.parametrize(
    "text",
    [
        "<PER>Ada</PER> left.",
        '<ENAMEX TYPE="PERSON">Ada</ENAMEX> left.',
        "<START:person> Ada <END> left .",
        "- [Ada](person) left",
        "Ada/B-PER left/O .",
        "Ada_B-PER left_O .",
    ],
)
def test_names_marked_in_a_text_are_counted_as_left_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{text}\nAn <unclosed tag, a [link](https://x.org) and a/b.\n", encoding="utf-8")
    reader = read(path)
    assert [document.entities for document in reader] == [()]
    [(reason, found)] = reader.report.unusable.items()
    assert (reason, found.count) == ("the name is marked in the text itself", 1)


def test_an_unknown_format_to_write_names_those_that_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown corpus format 'csv'; choose one of (?!.*table)"):
        write([Document("Ada")], tmp_path / "a.csv", format="csv")
