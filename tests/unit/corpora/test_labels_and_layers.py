"""Labels of words and of sentences read from files, and layers written to files and read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, WriteOptions, read, write
from onoma.errors import ConfigError, CorpusError
from onoma.text import Document, join, split_sentences

WORDS = ReadOptions(labelled="words")
SENTENCES = ReadOptions(labelled="sentences")

TREE = """\
# text = Vou no Porto
1\tVou\tir\tVERB\tV\t_\t_\t_\t_\t_
2-3\tno\t_\t_\t_\t_\t_\t_\t_\t_
2\tem\tem\tADP\tP\t_\t_\t_\t_\t_
3\to\to\tDET\tD\t_\t_\t_\t_\tEntity=B-LOC
4\tPorto\tPorto\t_\tN\t_\t_\t_\t_\tEntity=I-LOC
"""


def write_file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def labels(path: Path, options: ReadOptions, format: str | None = None) -> list[list[tuple[str, str]]]:
    documents = read(path, format=format, options=options)
    return [[(entity.text, entity.label) for entity in document.entities] for document in documents]


def test_a_column_of_conllu_labels_its_words(tmp_path):
    path = write_file(tmp_path / "a.conllu", TREE)
    options = ReadOptions(labelled="words", tag_column="UPOS")
    assert labels(path, options) == [[("Vou", "VERB"), ("no", "ADP")]]
    reading = read(path, options=options)
    assert (reading.scheme, reading.report.scheme) == (None, None)
    assert "the written word stands for several; it has the label of the first" in reading.report.adjusted
    assert labels(path, ReadOptions(labelled="words", tag_column="XPOS"))[0][-1] == ("Porto", "N")


def test_a_column_of_any_file_labels_its_words_whatever_the_labels_look_like(tmp_path):
    path = write_file(tmp_path / "a.conll", "He\tPRP\tO\nran\tB-VBD\tO\n,\t,\tB-X\n\nBo\tO\tO\n")
    options = ReadOptions(labelled="words", tag_column=2)
    assert labels(path, options) == [[("He", "PRP"), ("ran", "B-VBD"), (",", ",")], [("Bo", "O")]]


def test_tokens_of_records_have_labels_under_a_key(tmp_path):
    record = {"tokens": ["He", "ran"], "ner_tags": ["O", "O"], "upos": [1, 0]}
    path = write_file(tmp_path / "a.jsonl", json.dumps(record) + "\n")
    numbered = ReadOptions(labelled="words", tag_column="upos", tag_names=("VERB", "PRON"))
    assert labels(path, numbered) == [[("He", "PRON"), ("ran", "VERB")]]


def test_words_of_a_table_have_labels(tmp_path):
    path = write_file(tmp_path / "a.csv", "sentence_id,word,pos,tag\n1,He,PRON,O\n1,ran,VERB,O\n2,Bo,PROPN,B-PER\n")
    options = ReadOptions(labelled="words", tag_column="pos")
    assert labels(path, options) == [[("He", "PRON"), ("ran", "VERB")], [("Bo", "PROPN")]]


@pytest.mark.parametrize("key", ["label", "intent"])
def test_texts_of_records_have_one_label(tmp_path, key):
    records = [{"text": "Hi there.\nYou", key: "greeting"}, {"tokens": ["Who", "?"], key: 3}]
    path = write_file(tmp_path / "a.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    assert labels(path, SENTENCES) == [[("Hi there.\nYou", "greeting")], [("Who ?", "3")]]
    assert [len(document.sentences or ()) for document in read(path, options=SENTENCES)] == [1, 1]


def test_numbers_of_texts_have_names(tmp_path):
    path = write_file(tmp_path / "a.jsonl", '{"text": "Hi", "label": 1}\n')
    assert labels(path, ReadOptions(labelled="sentences", tag_names=("no", "yes"))) == [[("Hi", "yes")]]
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: no label has the number 1; there are 1 names"):
        labels(path, ReadOptions(labelled="sentences", tag_names=("no",)))


def test_a_table_of_two_columns_has_texts_and_labels(tmp_path):
    path = write_file(tmp_path / "a.csv", 'text,label\n"Hi, you",greeting\nWho?,question\n')
    assert labels(path, SENTENCES) == [[("Hi, you", "greeting")], [("Who?", "question")]]
    tabs = write_file(tmp_path / "b.txt", "sentence\tkind\nHi\tgreeting\n")
    options = ReadOptions(labelled="sentences", tag_column="kind")
    assert labels(tabs, options, format="table") == [[("Hi", "greeting")]]


def test_the_texts_of_a_table_of_texts_and_labels_can_be_read_alone(tmp_path):
    path = write_file(tmp_path / "a.csv", 'text,label\n"Hi, you",greeting\nWho?,question\n')
    assert [document.text for document in read(path, options=ReadOptions(texts_only=True))] == ["Hi, you", "Who?"]


def test_a_table_without_labels_is_refused(tmp_path):
    path = write_file(tmp_path / "a.csv", "text,note\nHi,1\n")
    with pytest.raises(CorpusError, match="no column is called label; the columns are text, note"):
        labels(path, SENTENCES)


def test_columns_have_no_labels_of_sentences(tmp_path):
    path = write_file(tmp_path / "a.conll", "He\tO\n")
    with pytest.raises(ConfigError, match="conll has no labels of sentences"):
        read(path, options=SENTENCES)


def layered() -> Document:
    document = Document.from_words([["Ada", "met", "Bo", "Li"], ["Fine"]])
    return document.with_entities([document.entity(0, 3, "PER")]).with_layers(
        {
            "pos": [document.entity(start, end, label) for start, end, label in [(0, 3, "PROPN"), (4, 7, "VERB")]],
            "style": [document.entity(0, 3, "up|per")],
            "mood": [document.entity(0, 13, "calm"), document.entity(14, 18, "glad")],
            "chunks": [document.entity(0, 3, "NP"), document.entity(8, 13, "NP")],
        }
    )


def test_layers_survive_json_lines(tmp_path):
    document = layered()
    assert not write([document], tmp_path / "a.jsonl").lost
    assert list(read(tmp_path / "a.jsonl")) == [document]


def test_a_layer_is_read_in_the_place_of_the_entities(tmp_path):
    write([layered(), Document("Bo").with_entities([Document("Bo").entity(0, 2, "X")])], tmp_path / "a.jsonl")
    found = labels(tmp_path / "a.jsonl", ReadOptions(labelled="words", layer="pos"))
    assert found == [[("Ada", "PROPN"), ("met", "VERB")], [("Bo", "X")]]


def test_entities_are_no_labels_of_sentences(tmp_path):
    document = Document("Ada left")
    write([document.with_entities([document.entity(0, 3, "PER")])], tmp_path / "a.jsonl")
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: the text has no label; expected it under one of label, labels"):
        list(read(tmp_path / "a.jsonl", options=SENTENCES))


def test_records_with_other_layers_only_are_refused(tmp_path):
    write([layered()], tmp_path / "a.jsonl")
    with pytest.raises(CorpusError, match=r"a\.jsonl: has no layer 'xpos'; its layers are chunks, mood, pos, style"):
        list(read(tmp_path / "a.jsonl", options=ReadOptions(labelled="words", layer="xpos")))


def test_conllu_has_columns_tags_and_comments(tmp_path):
    kinds = WriteOptions(layers={"pos": "words", "style": "words", "mood": "sentences", "chunks": "spans"})
    assert not write([layered()], tmp_path / "a.conllu", options=kinds).lost
    lines = (tmp_path / "a.conllu").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("# mood")] == ["# mood = calm", "# mood = glad"]
    rows = [line.split("\t") for line in lines if line[:1].isdigit()]
    assert [row[3] for row in rows] == ["PROPN", "VERB", "_", "_", "_"]
    assert [row[9] for row in rows] == [
        "Entity=B-PER|style=up/per|chunks=B-NP", "_", "chunks=B-NP", "chunks=I-NP", "_",
    ]  # fmt: skip
    assert next(iter(read(tmp_path / "a.conllu"))).entities == layered().entities


def test_what_a_layer_is_can_be_seen(tmp_path):
    write([layered()], tmp_path / "told.conllu", options=WriteOptions(layers={"pos": "words", "mood": "sentences"}))
    write([layered()], tmp_path / "seen.conllu")
    assert (tmp_path / "seen.conllu").read_text() == (tmp_path / "told.conllu").read_text()


def test_layers_that_a_format_cannot_hold_are_counted(tmp_path):
    document = layered()
    assert "layers cannot be kept" in write([document], tmp_path / "a.conll").lost
    assert "layers cannot be kept" in write([document], tmp_path / "a.iob2").lost
    odd = Document("Bo").with_layers({"a b": [Document("Bo").entity(0, 2, "X")]})
    assert "a layer cannot be kept under this name" in write([odd], tmp_path / "b.conllu").lost


def test_a_span_of_a_layer_must_agree_with_the_text():
    with pytest.raises(ValueError, match="does not agree with the text"):
        Document("Ada").with_layers({"pos": [Document("Bob").entity(0, 3, "X")]})


def test_a_new_text_keeps_layers_in_place():
    renewed = layered().with_text(layered().text.upper())
    assert [span.text for span in renewed.layers["pos"]] == ["ADA", "MET"]
    assert [entity.text for entity in renewed.entities] == ["ADA"]


def test_layers_are_joined_and_split_with_their_documents():
    parts = split_sentences(layered())
    assert [[span.text for span in part.layers["mood"]] for part in parts] == [["Ada met Bo Li"], ["Fine"]]
    assert [[span.label for span in part.layers["pos"]] for part in parts] == [["PROPN", "VERB"], []]
    assert join(parts).layers == layered().layers


def test_a_span_of_a_layer_over_several_sentences_is_in_none_of_them():
    document = Document.from_words([["a"], ["b"]])
    over = document.with_layers({"mood": [document.entity(0, 3, "calm")]})
    assert [part.layers["mood"] for part in split_sentences(over)] == [(), ()]
