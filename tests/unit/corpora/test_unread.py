"""Columns and keys that are not read are named, with the number of words or records that have one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import onoma
from onoma.corpora import ReadOptions, read

SPAN = {"start": 0, "end": 3, "label": "PER"}

TEXTS = {
    "conll": "# speaker = Bo\nAda NNP B-NP B-PER\nleft VBD B-VP O\n",
    "columns named": "FORM\tPOS\tTAG\nAda\tNNP\tB-PER\nleft\tVBD\tO\n",
    "conllu": (
        "# newdoc id = a\n# sent_id = 1\n# text_en = Ada left\n"
        "1\tAda\tAda\tPROPN\t_\t_\t2\tnsubj\t_\tNER=B-PER|Gloss=x\n"
        "2\tleft\tleave\tVERB\t_\t_\t0\troot\t_\tSpaceAfter=No\n2.1\tx\t_\t_\t_\t_\t_\t_\t_\t_\n\n"
    ),
    "uner": "# sent_id = 1\n1\tAda\tB-PER\t-\tbo\n2\tleft\tO\t-\tbo\n\n",
    "conll2012": (
        "#begin document (a); part 000\n"
        "a 0 0 Ada NNP (NP*) - - - - (PERSON) (ARG0*) (1)\na 0 1 left VBD * leave 01 - - * (V*) -\n#end document\n"
    ),
    "wikiner": "Ada|NNP|I-PER left|VBD|O\n",
    "hipe": "TOKEN\tNE-COARSE-LIT\tNE-NESTED\tNEL-LIT\tMISC\nAda\tB-pers\tO\tQ1\t_\nleft\tO\tO\t_\tEndOfSentence\n",
    "pubtator": "1|t|Ada left.\n1|a|Flu came.\n1\t0\t3\tAda\tPerson\tQ1\n1\t10\t13\tFlu\tDisease\n",
    "webanno": (
        "#FORMAT=WebAnno TSV 3.2\n#T_SP=webanno.custom.NamedEntity|identifier|value\n"
        "#T_RL=webanno.custom.Relation|type|BT_webanno.custom.NamedEntity\n\n#Text=Ada left\n"
        "1-1\t0-3\tAda\tQ1\tPER\t_\t_\t_\n1-2\t4-8\tleft\t_\t_\tfrom\t1-1\t_\n"
    ),
    "words in a table": "Sentence #,Word,POS,Tag\n1,Ada,NNP,B-PER\n1,left,VBD,O\n2,Bo,,B-PER\n",
    "table": 'id,text,entities,author,empty\n1,Ada left.,"[[0, 3, ""PER""]]",Bo,\n',
}

RECORDS: dict[str, object] = {
    "onoma": {"id": "1", "text": "Ada left.", "entities": [{**SPAN, "kb_id": "Q1"}], "meta": {"a": 1}, "url": "b"},
    "prodigy": {
        "text": "Ada",
        "spans": [{**SPAN, "token_start": 0, "token_end": 0}],
        "tokens": [{"text": "Ada", "start": 0, "end": 3, "id": 0, "ws": False, "lemma": "Ada"}],
        "answer": "accept",
        "label": "news",
    },
    "spacy": ["Ada", {"entities": [[0, 3, "PER"]], "cats": {"news": 1.0}}],
    "tokens": {"tokens": ["Ada"], "ner_tags": ["B-PER"], "pos_tags": [1], "chunk_tags": [0]},
    "gliner": {"tokenized_text": ["Ada"], "ner": [[0, 0, "PER"]], "source": "a"},
    "labelstudio": {
        "data": {"text": "Ada", "url": "a"},
        "annotations": [{"result": [{"type": "labels", "value": {"start": 0, "end": 3, "labels": ["PER"]}}]}],
    },
    "argilla": {
        "fields": {"text": "Ada", "context": "b"},
        "responses": {"ner": [{"value": [SPAN], "status": "submitted"}]},
        "metadata": {"a": 1},
    },
    "bioc": {
        "passages": [
            {
                "offset": 0,
                "text": "Ada",
                "annotations": [
                    {"infons": {"type": "PER", "id": "Q1"}, "locations": [{"offset": 0, "length": 3}], "text": "Ada"}
                ],
            }
        ]
    },
    "pubannotation": {
        "text": "Ada",
        "denotations": [{"id": "T1", "span": {"begin": 0, "end": 3}, "obj": "PER", "note": "x"}],
    },
    "gate": {"text": "Ada", "entities": {"Person": [{"indices": [0, 3], "gender": "female"}]}},
    "a key per label": {"text": "Ada left.", "PER": ["Ada"]},
}

UNREAD_COLUMNS = {
    "conll": {"comments": 1, "column 2": 2, "column 3": 2},
    "columns named": {"POS": 2},
    "conllu": {
        "comments": 1,
        "LEMMA": 2,
        "UPOS": 2,
        "HEAD": 2,
        "DEPREL": 2,
        "Gloss in MISC": 1,
        "empty nodes": 1,
    },
    "uner": {"OTHER": 2, "ANNOTATOR": 2},
    "conll2012": {
        "parts of speech": 2,
        "parse trees": 1,
        "predicates": 2,
        "coreference": 1,
        "lemmas": 1,
        "frame sets": 1,
    },
    "wikiner": {"part of speech": 2},
    "hipe": {"NEL-LIT": 1},
    "pubtator": {"concepts": 1},
    "webanno": {
        "NamedEntity|identifier": 1,
        "Relation|type": 1,
        "Relation|BT_webanno.custom.NamedEntity": 1,
    },
    "words in a table": {"column POS": 1},
    "table": {"column author": 1},
}

UNREAD_KEYS = {
    "onoma": {"url": 1, "kb_id of spans": 1},
    "prodigy": {"label": 1, "lemma of tokens": 1},
    "spacy": {"cats": 1},
    "tokens": {"pos_tags": 1, "chunk_tags": 1},
    "gliner": {"source": 1},
    "labelstudio": {"url": 1},
    "argilla": {"context": 1, "metadata": 1},
    "bioc": {"id of spans": 1},
    "pubannotation": {"id of spans": 1, "note of spans": 1},
    "gate": {"gender of spans": 1},
    "a key per label": {"PER": 1},
}


def unread(path: Path, **options: object) -> dict[str, int]:
    corpus = read(path, options=ReadOptions(**options))  # type: ignore[arg-type]
    assert list(corpus)
    return dict(corpus.report.unread)


@pytest.mark.parametrize("name", TEXTS)
def test_columns(name: str, tmp_path: Path) -> None:
    path = tmp_path / ("a.csv" if "table" in name else "a.conllu" if name in ("conllu", "uner") else "a.txt")
    path.write_text(TEXTS[name], encoding="utf-8")
    assert unread(path) == UNREAD_COLUMNS[name]


@pytest.mark.parametrize("name", RECORDS)
def test_keys(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([RECORDS[name]]), encoding="utf-8")
    assert unread(path) == UNREAD_KEYS[name]


def test_chosen_columns_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.conllu"
    path.write_text(TEXTS["conllu"], encoding="utf-8")
    assert "UPOS" not in unread(path, tag_column="UPOS", labelled="words")


def test_the_meta_column_of_a_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text,entities,meta\nAda left.,"[[0, 3, ""PER""]]","{""url"": ""b""}"\n', encoding="utf-8")
    corpus = read(path)
    assert [document.meta for document in corpus] == [{"url": "b"}]
    assert not corpus.report.unread


def test_spans_under_a_second_key_are_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "Ada", "entities": [SPAN], "other": [SPAN]}), encoding="utf-8")
    corpus = read(path)
    assert list(corpus)
    assert not corpus.report.unread
    assert sum(each.count for each in corpus.report.unusable.values()) == 1


def test_many_names_are_shortened(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    record = {"text": "Ada", "entities": [SPAN], **{f"key{number}": 1 for number in range(12)}}
    path.write_text(json.dumps(record), encoding="utf-8")
    corpus = read(path)
    assert list(corpus)
    (notice,) = corpus.report.unread_notices()
    assert notice == f"not read, and so not written: {', '.join(f'key{number}: 1' for number in range(10))}, and 2 more"


@pytest.mark.parametrize("kind", ["choices", "relation"])
def test_other_results_of_label_studio_are_left_out(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    result = {"type": kind, "value": {"choices": ["news"]}}
    path.write_text(json.dumps([{"data": {"text": "Ada"}, "annotations": [{"result": [result]}]}]), encoding="utf-8")
    corpus = read(path)
    assert list(corpus)
    assert not corpus.report.unusable
    assert list(corpus.report.left_out) == [f"a result of type {kind} is not an entity"]


def test_convert_and_fix_tell_what_the_copy_will_not_have(tmp_path: Path) -> None:
    path = tmp_path / "a.conllu"
    path.write_text(TEXTS["conllu"], encoding="utf-8")
    expected = "not read, and so not written: comments: 1, LEMMA: 2"
    converted = onoma.convert(path, tmp_path / "a.jsonl")
    assert any(expected in note for note in converted.notes)
    (fixed,) = onoma.check(path, fix=tmp_path / "fixed").fixed
    assert any(expected in lost for lost in fixed.lost)
    assert not any("not read" in notice for notice in read(path).notices())  # training does not need these columns


def test_a_file_without_entities_says_what_was_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "Ada", "PER": ["Ada"], "LOC": []}), encoding="utf-8")
    corpus = read(path)
    assert list(corpus)
    assert corpus.notices() == [f"{path}: there are no entities, and these were not read: PER: 1"]
    assert corpus.report.unread_notices() == []
