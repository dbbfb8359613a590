from __future__ import annotations

from pathlib import Path

import pytest

from onoma.corpora import read, write
from onoma.errors import CorpusError
from onoma.text import Document

TREE = """\
# newdoc id = d1
# newpar id = p1
# sent_id = s1
# text = Vou no Porto, don't!
1\tVou\t_\t_\t_\t_\t_\t_\t_\t_
2-3\tno\t_\t_\t_\t_\t_\t_\t_\t_
2\tem\t_\t_\t_\t_\t_\t_\t_\t_
3\to\t_\t_\t_\t_\t_\t_\t_\tEntity=B-LOC
4\tPorto\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No|Entity=I-LOC
4.1\tgone\t_\t_\t_\t_\t_\t_\t_\tEntity=B-PER
5\t,\t_\t_\t_\t_\t_\t_\t_\t_
6-7\tdon't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
6\tdo\t_\t_\t_\t_\t_\t_\t_\t_
7\tn't\t_\t_\t_\t_\t_\t_\t_\t_
8\t!\t_\t_\t_\t_\t_\t_\t_\t_

1\tFim\t_\t_\t_\t_\t_\t_\t_\t_
"""


@pytest.mark.parametrize("with_text", [True, False])
def test_written_words_empty_nodes_and_blanks(tmp_path: Path, with_text: bool) -> None:
    path = tmp_path / "a.conllu"
    lines = [line for line in TREE.split("\n") if with_text or not line.startswith("# text")]
    path.write_text("\n".join(lines))
    reading = read(path)
    [document] = reading
    assert document.text == "Vou no Porto, don't!\nFim"
    assert [word.text for word in document.words or ()] == ["Vou", "no", "Porto", ",", "do", "n't", "!", "Fim"]
    assert [(entity.text, entity.label) for entity in document.entities] == [("no Porto", "LOC")]
    assert [sentence.id for sentence in document.sentences or ()] == ["s1", ""]
    assert document.meta == {"newpar": [[0, "p1"]]}
    assert "the entity covers part of a written word; widened to the word" in reading.report.adjusted


def test_no_marks_give_a_document_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.iob2"
    path.write_text("1\tAda\tB-PER\t-\tme\n\n1\tran\tO\t-\t-\n")
    assert [document.text for document in read(path)] == ["Ada", "ran"]


def test_paragraphs_come_back(tmp_path: Path) -> None:
    document = Document.from_words([["a"], ["b"]], id="d", meta={"newpar": [[0, ""], [1, "p2"]]})
    assert not write([document], tmp_path / "a.conllu").lost
    assert list(read(tmp_path / "a.conllu")) == [document]


def test_paragraphs_without_document_marks_belong_to_their_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.iob2"
    path.write_text(
        "# newpar id = p1\n1\tAda\tB-PER\t-\tme\n\n1\tran\tO\t-\t-\n\n# newpar id = p2\n1\tBo\tB-PER\t-\tme\n"
    )
    assert [dict(document.meta) for document in read(path)] == [{"newpar": [[0, "p1"]]}, {}, {"newpar": [[0, "p2"]]}]
    documents = list(read(path))
    write(documents, tmp_path / "b.iob2")
    assert [document.meta for document in read(tmp_path / "b.iob2")] == [document.meta for document in documents]


def test_a_label_with_brackets_comes_back(tmp_path: Path) -> None:
    document = Document.from_words([["Ada"]], id="d")
    document = document.with_entities([document.entity(0, 3, "Person (real)")])
    write([document], tmp_path / "a.conllu")
    assert list(read(tmp_path / "a.conllu")) == [document]


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.conllu"
    path.write_text(TREE + "2\tx\n")
    with pytest.raises(CorpusError, match=r"a\.conllu:18: '2\\tx' has 2 columns; expected a word's number and 9 more"):
        list(read(path))
