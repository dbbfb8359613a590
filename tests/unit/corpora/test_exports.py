"""What annotation tools export: variants of each kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read
from onoma.errors import ConfigError, CorpusError


def entities_of(path: Path, content: str, **options: object) -> list[tuple[str, str]]:
    path.write_bytes(content.encode())
    reading = read(path, options=ReadOptions(**options))  # type: ignore[arg-type]
    return [(entity.text, entity.label) for document in reading for entity in document.entities]


ADA = [("Ada", "PER"), ("Turin", "LOC")]
SPANS = (
    '"[{""start"":0,""end"":3,""text"":""Ada"",""labels"":[""PER""]},{""start"":9,""end"":14,""labels"":[""LOC""]}]"'
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "sentence_id,words,labels\n0,Ada,B-PER\n0,left,O\n1,Turin,B-LOC\n"),
        ("a.csv", "Sentence #;Word;Tag\nSentence: 1;Ada;B-PER\n;left;O\nSentence: 2;Turin;B-LOC\n"),
        ("a.tsv", "sentence_id\tword\ttag\n0\tAda\tB-PER\n0\tleft\tO\n1\tTurin\tB-LOC\n"),
        ("a.csv", "word,tag\nAda,B-PER\nleft,O\n\nTurin,B-LOC\n"),
        ("a.csv", "sep=;\r\nword;tag\r\nAda;B-PER\r\nleft;O\r\n\r\nTurin;B-LOC\r\n"),
        ("a.csv", f'"sep=,"\nid,text,label\n7,Ada left Turin.,{SPANS}\n'),
        ("a.csv", 'sentence_id, words, labels\n0, Ada, B-PER\n0, "left", O\n1, Turin, B-LOC\n'),
        ("a.csv", "text,entities\nAda left Turin,\"[(0, 3, 'PER'), (9, 14, 'LOC')]\"\nBo ran,[]\n"),
        ("a.csv", "text,label\nAda left,\"[{'start': 0, 'end': 3, 'label': 'PER'}]\"\nTurin,\"[(0, 5, 'LOC')]\"\n"),
        ("a.csv", f"annotator,id,text,label\n1,7,Ada left Turin.,{SPANS}\n"),
        ("a.csv", 'text,labels\nAda left Turin,B-PER O B-LOC\n"Bo, ran",O O\n'),
        ("a.csv", "tokens,ner_tags\n\"['Ada' 'left'\n 'Turin']\",['B-PER' 'O' 'B-LOC']\n['Bo'],['O']\n"),
        ("a.csv", "Sentence #,Sentence,POS,Tag\nSentence: 1,Ada left Turin,x,\"['B-PER', 'O', 'B-LOC']\"\n"),
    ],
)
def test_tables(tmp_path: Path, name: str, content: str) -> None:
    assert entities_of(tmp_path / name, content) == ADA


@pytest.mark.parametrize(
    "rows",
    [
        ["sentence_number,word,tag", "1,Ada,B-PER", "1,left,O", "2,Bo,B-PER"],
        ["doc_id,sent_id,token,ner", "a,1,Ada,B-PER", "a,1,left,O", "b,1,Bo,B-PER"],
        ["doc_id,sent_id,token,ner", "a,1,Ada,B-PER", ",,left,O", "b,1,Bo,B-PER"],
        ["doc_id,token,ner", "a,Ada,B-PER", "a,left,O", "b,Bo,B-PER"],
        ["Sentence #,Word,Tag", "Sentence: 1,Ada,B-PER", "nan,left,O", "Sentence: 2,Bo,B-PER"],
    ],
)
def test_sentences_of_a_table_of_words(tmp_path: Path, rows: list[str]) -> None:
    (tmp_path / "a.csv").write_text("\n".join(rows))
    assert [document.text for document in read(tmp_path / "a.csv")] == ["Ada left", "Bo"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_in_a_quoted_cell_are_text(tmp_path: Path, end: str) -> None:
    rows = ["text,label", '"Ada\r\nleft\r\nTurin.","[[0, 3, ""PER""], [11, 16, ""LOC""]]"', 'Bo ran,"[]"', ""]
    assert entities_of(tmp_path / "a.csv", end.join(rows)) == ADA


@pytest.mark.parametrize("column", ["ner_spans", "named_entities"])
def test_a_column_of_spans_with_an_unknown_name_is_refused(tmp_path: Path, column: str) -> None:
    content = f"id,{column},text\n7,{SPANS},Ada left Turin.\n"
    with pytest.raises(CorpusError, match=rf"a\.csv:2: .*with --tag-column {column}$"):
        entities_of(tmp_path / "a.csv", content)
    assert entities_of(tmp_path / "a.csv", content, tag_column=column) == ADA
    assert entities_of(tmp_path / "a.csv", content, texts_only=True) == []


def test_spans_of_a_further_column_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert entities_of(path, f"text,label,places\nAda left Turin.,{SPANS},{SPANS}\n") == ADA
    assert [(reason, found.count) for reason, found in read(path).report.unusable.items()] == [
        ("the annotation is under 'places', and that under a known key is read", 2)
    ]


def test_tags_that_are_numbers_in_an_array_of_numpy(tmp_path: Path) -> None:
    content = 'id,tokens,ner_tags\n0,"[\'Ada\' ""d\'Arc"" \'left\']",[1 2 0]\n'
    assert entities_of(tmp_path / "a.csv", content, tag_names=("O", "B-PER", "I-PER")) == [("Ada d'Arc", "PER")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", 'sentence_id\tword\ttag\n0\t"\tO\n0\tAda\tB-PER\n0\t"\tO\n1\t"Turin"\tB-LOC\n'),
        ("a.tsv", 'sentence_id\ttag\tword\n0\tO\t"\n0\tB-PER\tAda\n0\tO\t"\n1\tB-LOC\tTurin\n'),
        ("a.csv", 'sentence_id,word,tag\n0,",O\n0,Ada,B-PER\n0,"left,O\n1,Turin,B-LOC\n'),
        ("a.csv", 'sentence_id,word,tag\n0,"""",O\n0,Ada,B-PER\n0,"""",O\n1,"Turin",B-LOC\n'),
    ],
)
def test_words_that_are_quotation_marks(tmp_path: Path, name: str, content: str) -> None:
    assert entities_of(tmp_path / name, content) == ADA
    words = [word.text for document in read(tmp_path / name) for word in document.words or ()]
    assert len(words) == content.count("\n") - 1
    assert words[0] == '"'


@pytest.mark.parametrize("columns", [{}, {"word_column": 1, "tag_column": 2}])
def test_a_table_without_names_of_columns_is_refused(tmp_path: Path, columns: dict[str, int]) -> None:
    with pytest.raises(CorpusError, match=r"a\.csv:1: the first line is Ada, B-PER; expected the names of the columns"):
        entities_of(tmp_path / "a.csv", "Ada,B-PER\nleft,O\n\nTurin,B-LOC\nis,O\nbig,O\n", **columns)


@pytest.mark.parametrize("text", ['"Hello" said Ada', '"Hello said Ada'])
def test_a_text_with_quotation_marks_that_are_not_doubled_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match=r"a\.csv:2: .*quotation marks inside a quoted cell are doubled"):
        entities_of(tmp_path / "a.csv", f'id;text;spans\n1;{text};[[13, 16, "PER"]]\n')


def test_the_line_of_the_separator_counts_as_a_line(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"a\.csv:4: 3 cells; expected 2"):
        entities_of(tmp_path / "a.csv", 'sep=,\nid,text\n1,Ada\n2,"left",now\n')


def test_quotation_marks_of_tabs_are_text_where_they_quote_no_cell(tmp_path: Path) -> None:
    rows = ['1\t"Hello" said Ada', '2\t"Hello said Ada', '3\tHello, said Ada"', '4\t"Hello,\nsaid ""Ada"" to us"']
    (tmp_path / "a.tsv").write_text("id\ttext\n" + "\n".join(rows) + "\n", encoding="utf-8")
    texts = {document.id: document.text for document in read(tmp_path / "a.tsv")}
    assert texts == {
        "1": '"Hello" said Ada',
        "2": '"Hello said Ada',
        "3": 'Hello, said Ada"',
        "4": 'Hello,\nsaid "Ada" to us',
    }


RESULT = [{"value": {"start": 0, "end": 3, "labels": ["PER"]}}, {"value": {"start": 9, "end": 14, "labels": ["LOC"]}}]
SPANS_OF_ARGILLA = [{"start": 0, "end": 3, "label": "PER"}, {"start": 9, "end": 14, "label": "LOC"}]
TEXT = "Ada left Turin."


@pytest.mark.parametrize(
    "record",
    [
        {"data": {"text": TEXT}, "completions": [{"result": RESULT}]},
        {"text": TEXT, "annotation": [["PER", 0, 3], ["LOC", 9, 14]]},
        {"text": TEXT, "annotation": [{"label": "PER", "start": 0, "end": 3}, {"label": "LOC", "start": 9, "end": 14}]},
        {"fields": {"text": TEXT}, "responses": {"n": [{"value": SPANS_OF_ARGILLA}]}},
        {"text": TEXT, "entities": {"PER": [{"indices": [0, 3]}], "LOC": [{"indices": [9, 14]}]}},
        {"annotations": [[TEXT, {"entities": [[0, 3, "PER"], [9, 14, "LOC"]]}], None]},
        {"examples": [{"text": TEXT, "spans": [[0, 3, "PER"], [9, 14, "LOC"]]}]},
    ],
)
def test_records(tmp_path: Path, record: dict[str, object]) -> None:
    assert entities_of(tmp_path / "a.jsonl", json.dumps(record)) == ADA


def test_what_nobody_has_annotated_is_counted_and_tagged_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    records = [None, {"text": "Bo", "label": None}, {"data": {"text": "Al"}, "annotations": []}]
    path.write_text("\n".join(map(json.dumps, [*records, {"text": TEXT, "label": [[0, 3, "PER"]]}])))
    reading = read(path)
    assert [document.text for document in reading] == [TEXT]
    assert sum(found.count for found in reading.report.left_out.values()) == 3
    texts = [document.text for document in read(path, options=ReadOptions(texts_only=True))]
    assert texts == ["Bo", "Al", TEXT]


def test_pending_records_of_argilla_are_left_out(tmp_path: Path) -> None:
    fields = {"fields": {"text": TEXT}}
    suggestions = {"n": {"value": SPANS_OF_ARGILLA, "score": None, "agent": "model"}}
    records: list[dict[str, object]] = [
        {"id": "1", **fields, "responses": {"n": [{"value": SPANS_OF_ARGILLA}]}, "status": "completed"},
        {"id": "2", **fields, "responses": {}, "suggestions": suggestions, "status": "pending"},
        {"id": "3", **fields, "responses": {"n": [{"value": None}]}, "suggestions": {}, "status": "pending"},
        {"id": "4", **fields, "responses": {"n": [{"value": []}]}, "status": "pending"},
        {"id": "5", **fields, "responses": {}, "status": "completed"},
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    reading = read(path)
    assert [(document.id, len(document.entities)) for document in reading] == [("1", 2), ("4", 0), ("5", 0)]
    assert {reason: found.count for reason, found in reading.report.left_out.items()} == {
        "the record has suggestions only": 1,
        "the record is not annotated": 1,
    }
    assert len(list(read(path, options=ReadOptions(texts_only=True)))) == 5


def test_brackets_over_several_words_and_inside_one_another(tmp_path: Path) -> None:
    lines = [("Uni", "(ORG*"), ("of", "*"), ("Turin", "(LOC))")]
    rows = "".join(f"d 0 {place} {word} X * - - - - {cell} -\n" for place, (word, cell) in enumerate(lines))
    found = entities_of(tmp_path / "a.txt", f"#begin document (d); part 000\n{rows}\n#end document\n")
    assert found == [("Uni of Turin", "ORG"), ("Turin", "LOC")]


def test_stacked_values_and_another_feature_of_webanno(tmp_path: Path) -> None:
    content = (
        "#FORMAT=WebAnno TSV 3.3\n#T_SP=x.type.POS|PosValue\n#T_SP=x.NamedEntity|identifier|value\n\n\n"
        "#Text=Uni Turin\n1-1\t0-3\tUni\tNN\tq1[1]\tORG[1]\t\n1-2\t4-9\tTurin\tNN\tq1[1]|q2\tORG[1]|LOC\t\n"
    )
    assert entities_of(tmp_path / "a.tsv", content) == [("Uni Turin", "ORG"), ("Turin", "LOC")]
    assert entities_of(tmp_path / "a.tsv", content, tag_column="identifier")[0] == ("Uni Turin", "q1")
    with pytest.raises(ConfigError, match=r"x\.NamedEntity\|value"):
        entities_of(tmp_path / "a.tsv", content, tag_column="none")


def test_a_carriage_return_and_a_line_feed_counted_as_one(tmp_path: Path) -> None:
    record = {"text": "Ada\r\nleft\r\nTurin.", "label": [[0, 3, "PER"], [9, 14, "LOC"]]}
    assert entities_of(tmp_path / "a.jsonl", json.dumps(record)) == ADA


def test_half_a_surrogate_pair_is_replaced_on_request(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a \\ud83d Ada", "entities": [{"start": 4, "end": 7, "label": "PER"}]}')
    reading = read(path, options=ReadOptions(replace_surrogates=True))
    [document] = reading
    assert (document.text, document.entities[0].text) == ("a \ufffd Ada", "Ada")
    assert reading.report.adjusted


def test_a_relation_behind_the_names_of_webanno_and_lines_that_have_become_one(tmp_path: Path) -> None:
    layers = "#T_SP=x.NamedEntity|value\n#T_RL=x.Relation|kind|BT_x.NamedEntity\n"
    head = f"#FORMAT=WebAnno TSV 3.3\n{layers}\n\n#Text=Ada Turin\n"
    first, second = "1-1\t0-3\tAda\tPER\t_\t_\t", "1-2\t4-9\tTurin\tLOC\tat\t1-1\t"
    assert entities_of(tmp_path / "a.tsv", f"{head}{first}\n{second}\n") == ADA
    with pytest.raises(CorpusError, match=r"a\.tsv:7: .*not a word of WebAnno TSV 3; .* 4 columns of features"):
        entities_of(tmp_path / "a.tsv", f"{head}{first}{second}\n")
    with pytest.raises(CorpusError, match=r"a\.tsv:7: 'PER\[' is not an annotation"):
        entities_of(tmp_path / "a.tsv", f"{head}{first.replace('PER', 'PER[')}\n{second}\n")
