from __future__ import annotations

from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, WriteOptions, read, write
from onoma.errors import ConfigError, CorpusError, SchemeError
from onoma.text import Document


def reading_of(tmp_path: Path, content: str | bytes, **options: object) -> tuple[list[Document], Path]:
    path = tmp_path / "a.conll"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read(path, options=ReadOptions(**options))), path  # type: ignore[arg-type]


def words_of(document: Document) -> list[str]:
    return [word.text for word in document.words or ()]


def entities_of(document: Document) -> list[tuple[str, str]]:
    return [(entity.text, entity.label) for entity in document.entities]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", ["\t", " ", "   "])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("blank", ["", "\t", "  "])
def test_separators_line_ends_and_marks_of_byte_order(
    tmp_path: Path, end: str, separator: str, mark: str, blank: str
) -> None:
    lines = ["Ada|B-PER", "#tag|O", "#|O", blank, "in|O", "Lyon|B-LOC"]
    documents, _ = reading_of(tmp_path, mark + end.join(lines).replace("|", separator))
    assert [words_of(document) for document in documents] == [["Ada", "#tag", "#"], ["in", "Lyon"]]
    assert [entities_of(document) for document in documents] == [[("Ada", "PER")], [("Lyon", "LOC")]]
    assert documents[0].text == "Ada #tag #"


def test_words_in_a_file_with_tabs_are_kept_verbatim(tmp_path: Path) -> None:
    [document], _ = reading_of(tmp_path, "a \tO\n \tO\n\tO\nNew York\tB-LOC\nx\u2028y\x0b\tO\n")
    assert words_of(document) == ["a ", " ", "", "New York", "x\u2028y\x0b"]
    assert document.entities[0].text == "New York"


def test_marks_separate_documents_and_words_before_the_first_mark_are_a_document(tmp_path: Path) -> None:
    content = "a O\n\n-DOCSTART- -X- O\n\nb O\n\nc O\n\n-DOCSTART- -DOCSTART- O\n-DOCSTART- id-7 O\n\nd O\n"
    documents, _ = reading_of(tmp_path, content)
    assert [(document.id, document.text) for document in documents] == [
        ("", "a"),
        ("", "b\nc"),
        ("", ""),
        ("id-7", "d"),
    ]
    assert len(documents[1].sentences or ()) == 2


def test_comments_give_ids_and_texts(tmp_path: Path) -> None:
    content = (
        "# global.columns = ID WORD NER\n# newdoc id = d1\n# sent_id = s1\n# text = Ada's in  Lyon\n"
        "1 Ada B-PER\n2 's O\n3 in O\n4 Lyon B-LOC\n\n#\thttp://x.y\t[2010]\n# any words\n1 No O\n"
    )
    [document], _ = reading_of(tmp_path, content)
    assert (document.id, document.text) == ("d1", "Ada's in  Lyon\nNo")
    assert document.sentences is not None
    assert document.sentences[0].id == "s1"
    assert entities_of(document) == [("Ada", "PER"), ("Lyon", "LOC")]


def test_a_word_behind_a_hash_is_known_by_a_bare_label_too(tmp_path: Path) -> None:
    [document], _ = reading_of(tmp_path, "Ada person\nran O\n#x person\n# comment\n#two words\n")
    assert entities_of(document) == [("Ada", "person"), ("#x", "person")]


def test_a_text_that_does_not_hold_the_words_is_counted_and_rebuilt(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("# text = something else\nAda B-PER\n")
    reading = read(path)
    assert [document.text for document in reading] == ["Ada"]
    assert [finding.count for finding in reading.report.adjusted.values()] == [1]


@pytest.mark.parametrize(
    "options",
    [
        {"word_column": 2, "tag_column": 3},
        {"word_column": -3, "tag_column": -2},
        {"word_column": "W", "tag_column": "T", "columns": ("N", "W", "T", "X")},
    ],
)
def test_columns_by_number_and_name(tmp_path: Path, options: dict[str, object]) -> None:
    [document], _ = reading_of(tmp_path, "1 Ada B-PER x\n2 ran O y\n", **options)
    assert entities_of(document) == [("Ada", "PER")]


def test_a_single_column_is_words_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("Ada\nran\n\nAh\n")
    reading = read(path)
    assert [words_of(document) for document in reading] == [["Ada", "ran"], ["Ah"]]
    assert reading.report.scheme is None


def test_a_language_prefix_is_left_out_only_where_every_word_has_it(tmp_path: Path) -> None:
    [document], _ = reading_of(tmp_path, "en:Ada\tB-PER\nen:ran\tO\n")
    assert (document.text, document.meta) == ("Ada ran", {"language": "en"})
    [document], _ = reading_of(tmp_path, "en:Ada\tB-PER\nran\tO\n")
    assert (document.text, document.meta) == ("en:Ada ran", {})
    [document], _ = reading_of(tmp_path, "en:Ada\tB-PER\nen:ran\tO\n", language_prefix="")
    assert document.text == "en:Ada en:ran"


def test_the_position_digit_is_removed(tmp_path: Path) -> None:
    [document], _ = reading_of(tmp_path, "科0\tB-ORG\n技1\tI-ORG\n10\tO\n", position_digit=True)
    assert words_of(document) == ["科", "技", "1"]
    with pytest.raises(CorpusError, match="2: word 'b' does not end in its position digit"):
        reading_of(tmp_path, "a0\tO\nb\tO\n", position_digit=True)


def test_repairs_are_counted_with_their_lines_or_refused(tmp_path: Path) -> None:
    content = "a B-PER\nb I-PER\n\nc O\nd I-PER\n\ne B-LOC\nf I-LOC\n\ng B-LOC\n"
    path = tmp_path / "a.conll"
    path.write_text(content)
    report = read(path).report
    assert (report.scheme, report.scheme_forced, report.repairs.count) == ("BIO", False, 1)
    assert str(report.repairs.places[0]) == f"{path}:5: 'I-PER' follows 'O'"
    assert report.notices() == [
        f"transitions that scheme BIO does not allow, repaired: 1, first at {path}:5: 'I-PER' follows 'O'"
    ]
    with pytest.raises(SchemeError, match=r"a\.conll:5: 'I-PER' may not follow 'O' in scheme BIO"):
        list(read(path, options=ReadOptions(strict=True)))


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("a O\nb\nc O\n", {}, r"a\.conll:2: 1 column in 'b'; expected 2 separated by blanks"),
        ("a\tO\nb\tx\tO\nc\tO\n", {}, r"a\.conll:2: 3 columns .* expected 2 separated by tabs"),
        ("a B-X\nb B-\n", {}, r"a\.conll:2: tag 'B-' has no label"),
        ("a O\nb B-\n", {}, r"a\.conll: the tags have no labels \(B-\); .*--default-label"),
        ("a O\nb S-PER\n", {"scheme": "BIO"}, r"a\.conll:2: tag 'S-PER' is not in scheme BIO; expected O, B-<label>"),
        ("a O\n", {"tag_column": 3}, r"a\.conll: there is no column 3; most of its lines have 2"),
        (b"a O\ncaf\xe9 O\n", {}, r"a\.conll:2: byte 0xe9 at column 4 is not UTF-8; convert the file"),
        (b"a\0b O\n", {}, r"a\.conll:1: holds a NUL byte"),
        ("", {}, r"a\.conll: has no documents"),
        ("\n \n", {}, r"a\.conll: has no documents"),
        ("# a comment\n\n", {}, r"a\.conll: has no documents"),
    ],
)
def test_errors_say_where_and_what(
    tmp_path: Path, content: str | bytes, options: dict[str, object], message: str
) -> None:
    with pytest.raises(CorpusError, match=message):
        reading_of(tmp_path, content, **options)


def test_missing_files_folders_and_names(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"none\.conll: cannot be read: No such file"):
        read(tmp_path / "none.conll")
    with pytest.raises(CorpusError, match="is a folder"):
        list(read(tmp_path, format="conll"))
    with pytest.raises(CorpusError, match=r"is a folder without \.ann files"):
        read(tmp_path)
    with pytest.raises(ConfigError, match="unknown corpus format 'x'; choose one of conll"):
        read(tmp_path, format="x")
    with pytest.raises(ConfigError, match="unknown tagging scheme 'x'"):
        reading_of(tmp_path, "a O\n", scheme="x")
    with pytest.raises(ConfigError, match="no column 'NER'; its columns are A, B"):
        reading_of(tmp_path, "a O\n", tag_column="NER", columns=("A", "B"))
    with pytest.raises(ConfigError, match="unknown encoding 'x'"):
        reading_of(tmp_path, "a O\n", encoding="x")


def test_other_encodings_are_read(tmp_path: Path) -> None:
    [document], _ = reading_of(tmp_path, b"caf\xe9 O\n", encoding="latin1")
    assert document.text == "café"
    path = tmp_path / "b.conll"
    path.write_bytes("Ada B-PER\n".encode("utf-16"))
    [document] = read(path, format="conll", options=ReadOptions(encoding="utf-16"))
    assert document.text == "Ada"


def test_a_reading_may_be_iterated_again(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("Ada B-PER\n\nLyon B-LOC\n")
    reading = read(path)
    assert list(reading) == list(reading)
    assert reading.report.labels == {"PER": 1, "LOC": 1}


def test_the_writer_counts_what_it_cannot_hold(tmp_path: Path) -> None:
    document = Document("Ada Lovelace's  book.\nIn Lyon", id="O", meta={"a": 1})
    document = document.with_entities(
        [document.entity(0, 12, "PER", score=0.5), document.entity(4, 12, "LAST"), document.entity(14, 16, "GAP")]
    )
    report = write([document], tmp_path / "a.conll")
    assert (tmp_path / "a.conll").read_text() == (
        "-DOCSTART-\tO\n\nAda\tB-PER\nLovelace's\tI-PER\nbook.\tO\n\nIn\tO\nLyon\tO\n\n"
    )
    assert {reason: finding.count for reason, finding in report.lost.items()} == {
        "the entity is not on word bounds; widened to whole words": 2,
        "the entity covers no word": 1,
        "id cannot be kept": 1,
        "the entity overlaps a longer one": 1,
        "scores cannot be kept": 1,
        "meta cannot be kept": 1,
        "white space cannot be kept as it was": 1,
    }
    assert report.lost["the entity covers no word"].places[0].where == "document 1 'O'"


def test_no_mark_stands_where_none_is_needed(tmp_path: Path) -> None:
    documents = [Document.from_words([["Ada"]]), Document.from_words([["#", "x"]])]
    write(documents, tmp_path / "a.conll", options=WriteOptions(scheme="IOB1"))
    assert (tmp_path / "a.conll").read_text() == "Ada\tO\n\n#\tO\nx\tO\n\n"


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    target = tmp_path / "a.conll"
    target.write_text("before")

    def failing() -> object:
        yield Document.from_words([["Ada"]])
        raise CorpusError("broken")

    with pytest.raises(CorpusError, match="broken"):
        write(failing(), target)  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["a.conll"]
    assert target.read_text() == "before"
    with pytest.raises(CorpusError, match="half of a surrogate pair"):
        write([Document("a\ud800")], target)
    with pytest.raises(CorpusError, match=r"tells no format; use one of \.conll"):
        write([Document("a")], tmp_path / "a.xyz")
    with pytest.raises(CorpusError, match="cannot be written: No such file or directory"):
        write([Document("a")], tmp_path / "none" / "a.conll")


def test_adjacent_entities_that_io_cannot_separate_are_counted(tmp_path: Path) -> None:
    document = Document.from_words([["Ada", "Bob"]])
    document = document.with_entities([document.entity(0, 3, "PER"), document.entity(4, 7, "PER")])
    report = write([document], tmp_path / "a.conll", options=WriteOptions(scheme="IO"))
    assert list(report.lost) == ["touching entities of one label read back as one in scheme IO"]


def test_dash_writes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write([Document.from_words([["Ada"]])], "-", format="conll")
    assert capsys.readouterr().out == "Ada\tO\n\n"


def test_labels_are_renamed_or_left_out_and_a_name_that_occurs_nowhere_is_told(tmp_path: Path) -> None:
    content = "Ada B-person\nin O\nLyon B-place\nto O\nday B-time\n"
    names = {"person": "PER", "time": "", "plaice": "LOC"}
    documents, path = reading_of(tmp_path, content, labels=names, unannotated=frozenset(["ORG"]))
    assert [entities_of(document) for document in documents] == [[("Ada", "PER"), ("Lyon", "place")]]
    assert documents[0].unannotated == {"ORG"}
    reading = read(path, options=ReadOptions(labels=names))
    assert reading.report.labels == {"PER": 1, "place": 1}
    assert f"{path}: no entity has the label 'plaice', so none was renamed" in reading.notices()
