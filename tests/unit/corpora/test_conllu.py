from __future__ import annotations

from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read, write
from onoma.errors import ConfigError, CorpusError
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


def with_misc(folder: Path, *cells: str) -> Path:
    """Write a sentence of words with these cells in MISC."""
    path = folder / "a.conllu"
    words = ["Ada", "Byron", "left", "Turin", "early", "."]
    rows = (
        f"{number}\t{word}{7 * chr(9)}_\t{cell}"
        for number, (word, cell) in enumerate(zip(words, cells, strict=True), start=1)
    )
    path.write_text("\n".join([*rows, "", ""]))
    return path


@pytest.mark.parametrize(
    "cells",
    [
        ("name=B-PER", "name=I-PER", "name=O", "SpaceAfter=No|name=B-LOC", "name=O", "name=O"),
        ("start_char=0|ner=B-PER", "start_char=4|ner=E-PER", "ner=O", "ner=S-LOC", "ner=O", "ner=O"),
        ("ne=B-PER|Gloss=B-x", "ne=I-PER|Gloss=y", "_", "ne=B-LOC", "_", "_"),
        ("NamedEntity=B-PER", "NamedEntity=I-PER", "_", "NamedEntity=B-LOC", "_", "_"),
        ("name=B-X|NER=B-PER", "NER=I-PER", "_", "NER=B-LOC", "_", "_"),
    ],
)
def test_other_attributes_with_tags(tmp_path: Path, cells: tuple[str, ...]) -> None:
    [document] = read(with_misc(tmp_path, *cells))
    assert [(entity.start, entity.label) for entity in document.entities] == [(0, "PER"), (15, "LOC")]


def test_a_name_that_is_no_tag_is_no_entity(tmp_path: Path) -> None:
    [document] = read(with_misc(tmp_path, "name=B-PER", "name=Byron", "_", "_", "_", "_"))
    assert not document.entities


def test_tags_under_an_unknown_attribute_are_refused_until_it_is_chosen(tmp_path: Path) -> None:
    path = with_misc(tmp_path, "Chunk=B-PER", "Chunk=I-PER", "Chunk=O", "Chunk=B-LOC", "_", "_")
    with pytest.raises(CorpusError, match="Chunk= hold tags; read them with --tag-column Chunk"):
        list(read(path))
    [document] = read(path, options=ReadOptions(tag_column="Chunk"))
    assert [entity.label for entity in document.entities] == ["PER", "LOC"]
    [document] = read(path, options=ReadOptions(skip_checks=True))
    assert not document.entities
    with pytest.raises(ConfigError, match="no column 'Chunks'"):
        list(read(path, options=ReadOptions(tag_column="Chunks")))


def test_two_attributes_with_tags_need_a_choice(tmp_path: Path) -> None:
    path = with_misc(tmp_path, "name=B-PER|ner=B-X", "name=I-PER", "_", "name=B-LOC|ner=B-Y", "_", "_")
    with pytest.raises(CorpusError, match="name= and ner= hold tags"):
        list(read(path))
    [document] = read(path, options=ReadOptions(tag_column="ner"))
    assert [entity.label for entity in document.entities] == ["X", "Y"]


def test_tags_of_multiword_tokens(tmp_path: Path) -> None:
    rows = [
        ("1", "Rio", "ner=B-LOC|SpaceAfter=No"),
        ("2-3", "do", "ner=E-LOC"),
        ("2", "de", "_"),
        ("3", "o", "_"),
        ("4-5", "Ana's", "ner=S-PER"),
        ("4", "Ana", "_"),
        ("5", "'s", "_"),
        ("6", "ran", "ner=O"),
    ]
    path = tmp_path / "a.conllu"
    path.write_text("".join(f"{number}\t{word}{7 * chr(9)}_\t{misc}\n" for number, word, misc in rows) + "\n")
    reading = read(path)
    [document] = reading
    assert [(entity.text, entity.label) for entity in document.entities] == [("Riodo", "LOC"), ("Ana's", "PER")]
    assert not reading.report.repairs.count
    assert not reading.report.adjusted
