from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from onoma.corpora import read, write
from onoma.errors import CorpusError
from onoma.text import Document


def write_pair(folder: Path, name: str, text: str, annotations: str) -> None:
    (folder / f"{name}.txt").write_bytes(text.encode())
    (folder / f"{name}.ann").write_bytes(annotations.encode())


def test_offsets_count_carriage_returns(tmp_path: Path) -> None:
    write_pair(tmp_path, "b", "Ada\r\nLovelace ran", "T1\tPER 0 3;5 13\tAda Lovelace\r\nR1\tx Arg1:T1 Arg2:T1\n")
    write_pair(
        tmp_path, "a.1", "one two three", "T1\tX 0 3;8 13\tone three\nT2\tY 4 7\ttwo\nT3\tZ 4 7\tone\nT4\tZ 4 99\tq\n"
    )
    (tmp_path / "c.txt").write_text("no annotations")
    reading = read(tmp_path)
    documents = list(reading)
    assert reading.format == "brat"
    assert [document.id for document in documents] == ["a.1", "b", "c"]
    assert [entity.text for entity in documents[0].entities] == ["two"]
    assert [entity.text for entity in documents[1].entities] == ["Ada\r\nLovelace"]
    unusable = reading.report.unusable
    assert {reason: finding.count for reason, finding in unusable.items()} == {
        "the span is discontinuous": 1,
        "the line quotes a text that differs from the document": 1,
        "the span is empty or reaches outside the text": 1,
    }
    assert {reason: finding.count for reason, finding in reading.report.left_out.items()} == {
        "a relation is not an entity": 1
    }
    assert unusable["the span is discontinuous"].places[0].where == f"{tmp_path / 'a.1.ann'}:1"


@pytest.mark.parametrize("suffix", ["txt", "ann"])
def test_either_file_of_a_pair_is_read(tmp_path: Path, suffix: str) -> None:
    write_pair(tmp_path, "a", "Ada", "T1\tPER 0 3\tAda\n")
    [document] = read(tmp_path / f"a.{suffix}")
    assert (document.id, document.entities[0].label) == ("a", "PER")


def test_texts_without_annotation_are_counted(tmp_path: Path) -> None:
    write_pair(tmp_path, "a", "Ada", "T1\tPER 0 3\tAda\n")
    (tmp_path / "b.txt").write_text("Bo", encoding="utf-8")
    reading = read(tmp_path)
    assert [len(document.entities) for document in reading] == [1, 0]
    (found,) = reading.report.adjusted.values()
    assert (found.count, found.places[0].what) == (1, "b.ann")


def test_a_missing_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.ann").write_text("T1\tPER 0 3\tAda\n")
    with pytest.raises(CorpusError, match=r"a\.ann: its text is missing; expected a\.txt beside it"):
        list(read(tmp_path))


def test_writing_makes_a_new_folder(tmp_path: Path) -> None:
    documents = [Document("a", id="x/y"), Document("b", id="x_y"), Document("c")]
    report = write(documents, tmp_path / "out", format="brat")
    assert sorted(path.name for path in (tmp_path / "out").glob("*.txt")) == [
        "document-000003.txt",
        "x_y-2.txt",
        "x_y.txt",
    ]
    assert report.lost["the id is written differently"].count == 3
    with pytest.raises(CorpusError, match="exists already; choose a folder that is new or empty"):
        write(documents, tmp_path / "out", format="brat")


def test_attributes_of_files_from_a_mac_are_no_pairs(tmp_path: Path) -> None:
    write_pair(tmp_path, "a", "Ada left.", "T1\tPER 0 3\tAda\n")
    for folder in (tmp_path, tmp_path / "__MACOSX"):
        folder.mkdir(exist_ok=True)
        for suffix in ("txt", "ann"):
            (folder / f"._a.{suffix}").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X")
    assert [document.id for document in read(tmp_path)] == ["a"]


def test_the_folder_is_not_listed_for_each_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[Path] = []
    iterdir = Path.iterdir

    def counted(path: Path) -> Iterator[Path]:
        listed.append(path)
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", counted)
    write(
        [Document("a")] * 20 + [Document("b", id="x")] * 3 + [Document("c", id="x-2")], tmp_path / "out", format="brat"
    )
    assert len(listed) < 20
    names = {path.stem for path in (tmp_path / "out").glob("*.txt")}
    assert {name for name in names if name.startswith("x")} == {"x", "x-2", "x-3", "x-2-2"}


def test_half_of_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="half of a surrogate pair"):
        write([Document("\ud83d")], tmp_path / "out", format="brat")
    assert not list(tmp_path.iterdir())


def test_what_brat_cannot_hold_is_counted(tmp_path: Path) -> None:
    document = Document("a\nb\n")
    document = document.with_entities([document.entity(0, 4, "A B"), document.entity(1, 2, "X")])
    report = write([document], tmp_path / "out", format="brat")
    assert (tmp_path / "out" / "document-000001.ann").read_text() == "T1\tA_B 0 1;2 3\ta b\n"
    assert {finding.count for finding in report.lost.values()} == {1}
    assert report.entities == 1


def test_brat_is_read_and_written_as_conll(tmp_path: Path) -> None:
    write_pair(tmp_path, "a", "Ada ran.", "T1\tPER 0 3\tAda\n")
    reading = read(tmp_path)
    written = write(reading, tmp_path / "a.conll")
    assert (reading.report.entities, written.entities) == (1, 1)
    assert (tmp_path / "a.conll").read_text() == "-DOCSTART-\ta\tO\n\nAda\tB-PER\nran.\tO\n\n"
