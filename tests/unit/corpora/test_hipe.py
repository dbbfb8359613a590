"""HIPE's tables with metadata in comments, flags in MISC, and columns to choose from."""

from __future__ import annotations

from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read
from onoma.errors import CorpusError
from onoma.text import Document

NAMES = "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\tNE-FINE-LIT\tNE-NESTED\tNEL-LIT\tMISC\n"
FIRST = """\
# hipe2022:document_id = d-1
# hipe2022:date = 1850-04-01
# hipe2022:language = fr
# segment_iiif_link = _
Ada\tB-pers\tO\tB-pers.ind\tO\tQ1\t_
vit\tO\tO\tO\tO\t_\t_
à\tO\tO\tO\tO\t_\tEndOfLine
Saint\tB-loc\tB-org\tB-loc.adm\tO\tQ2\tNoSpaceAfter
-\tI-loc\tI-org\tI-loc.adm\tO\tQ2\tNoSpaceAfter
Gall\tI-loc\tI-org\tI-loc.adm\tB-loc\tQ2\tNoSpaceAfter
.\tO\tO\tO\tO\t_\tEndOfSentence
# segment_iiif_link = _
Elle\tO\tO\tO\tO\t_\tNoSpaceAfter|EndOfLine
.\tO\tO\tO\tO\t_\tNoSpaceAfter|EndOfSentence
"""
SECOND = """
# hipe2022:document_id = d-2
Bo\tB-pers\tO\tB-pers.ind\tO\tNIL\t_
dort\tO\tO\tO\tO\t_\t_
"""


def documents_of(tmp_path: Path, content: str, name: str = "a.tsv", **options: object) -> list[Document]:
    (tmp_path / name).write_text(content, encoding="utf-8")
    reading = read(tmp_path / name, options=ReadOptions(**options))  # type: ignore[arg-type]
    assert reading.format == "hipe"
    return list(reading)


def entities_of(documents: list[Document]) -> list[tuple[str, str]]:
    return [(entity.text, entity.label) for document in documents for entity in document.entities]


def test_documents_text_sentences_and_metadata(tmp_path: Path) -> None:
    first, second = documents_of(tmp_path, NAMES + FIRST + SECOND)
    assert first.text == "Ada vit à Saint-Gall.\nElle."
    assert (first.id, first.meta) == ("d-1", {"date": "1850-04-01", "language": "fr"})
    assert (second.id, second.meta, second.text) == ("d-2", {}, "Bo dort")
    assert [len(document.sentences or ()) for document in (first, second)] == [2, 1]
    assert entities_of([first, second]) == [("Ada", "pers"), ("Saint-Gall", "loc"), ("Bo", "pers")]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("NE-FINE-LIT", [("Ada", "pers.ind"), ("Saint-Gall", "loc.adm"), ("Bo", "pers.ind")]),
        ("NE-COARSE-METO", [("Saint-Gall", "org")]),
        (5, [("Gall", "loc")]),
    ],
)
def test_another_column_is_read(tmp_path: Path, column: int | str, expected: list[tuple[str, str]]) -> None:
    assert entities_of(documents_of(tmp_path, NAMES + FIRST + SECOND, tag_column=column)) == expected


def test_comments_of_2020_come_before_the_documents_name_and_have_no_prefix(tmp_path: Path) -> None:
    head = "# language = de\n# newspaper = X\n# date = 1801-01-01\n# document_id = x-1\n# segment_iiif_link = _\n"
    [document] = documents_of(tmp_path, NAMES + head + SECOND.partition("d-2\n")[2], "a.txt")
    assert (document.id, document.meta["language"], document.meta["newspaper"]) == ("x-1", "de", "X")


@pytest.mark.parametrize(
    "content",
    [
        "TOKEN\tNE-COARSE-LIT\nAda\tB-pers\nleft\tO\n",
        "# a comment\nTOKEN\tNE-COARSE-LIT\tMISC\nAda\tB-pers\t_\nleft\tO\tNoSpaceAfter\n",
        "TOKEN\tNE-FINE-LIT\tMISC\r\nAda\tB-pers\t_\r\nleft\tO\tNoSpaceAfter\r\n",
        "TOKEN\tNE-COARSE-LIT\tNE-FINE-LIT\nAda\tB-pers\t_\nleft\tO\t_\n#\tO\tO\n",
    ],
)
def test_fewer_columns_and_no_metadata(tmp_path: Path, content: str) -> None:
    assert entities_of(documents_of(tmp_path, content)) == [("Ada", "pers")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (NAMES + FIRST.replace("\t_\t_\nà", "\t_\nà"), r"a\.tsv:7: 6 columns in 'vit.*expected 7"),
        ("Ada\tB-pers\n", "begins with 'Ada.*expected a first line with TOKEN"),
        (NAMES + FIRST.replace("B-pers\t", "X-pers\t"), r"a\.tsv:6: .*'X-pers'"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "a.tsv").write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        list(read(tmp_path / "a.tsv", format="hipe"))


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no column 'NE-OTHER'; its columns are TOKEN, NE-COARSE-LIT"):
        documents_of(tmp_path, NAMES + FIRST, tag_column="NE-OTHER")


@pytest.mark.parametrize(("flag", "sentences"), [("_", 2), ("EndOfSentence", 1)])
def test_segments_are_sentences_where_no_flag_ends_one_and_never_cut_an_entity(
    tmp_path: Path, flag: str, sentences: int
) -> None:
    rows = ["Ada\tB-pers\t_", "# segment_iiif_link = _", "Byron\tI-pers\t_", "# segment_iiif_link = _"]
    rows += ["left\tO\t_", f".\tO\t{flag}"]
    [document] = documents_of(tmp_path, "\n".join(["TOKEN\tNE-COARSE-LIT\tMISC", "# document_id = d", *rows]) + "\n")
    assert len(document.sentences or ()) == sentences
    assert entities_of([document]) == [("Ada Byron", "pers")]
