"""A file that is read as nonsense is refused with what was seen; its spellings, headers and indices are understood."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read
from onoma.errors import CorpusError

ADA = "Ada {0}\nLovelace {1}\nleft {2}\nTurin {3}\n. {2}\n"


def entities_of(path: Path, **options: object) -> list[tuple[str, str]]:
    reading = read(path, options=ReadOptions(**options))  # type: ignore[arg-type]
    return [(entity.text, entity.label) for document in reading for entity in document.entities]


def written(tmp_path: Path, content: str, name: str = "a.conll") -> Path:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("tags", "options"),
    [
        (("B_PER", "I_PER", "O", "B_LOC"), {}),
        (("PER-B", "PER-I", "O", "LOC-B"), {}),
        (("b-PER", "i-PER", "o", "b-LOC"), {}),
        (("B:PER", "I:PER", "_", "B:LOC"), {}),
        (("B-PER", "I-PER", "-", "B-LOC"), {}),
        (("B-PER", "I-PER", "0", "B-LOC"), {}),
        (("1", "2", "0", "3"), {"tag_names": ("O", "B-PER", "I-PER", "B-LOC")}),
    ],
)
def test_spellings_of_tags(tmp_path: Path, tags: tuple[str, ...], options: dict[str, object]) -> None:
    path = written(tmp_path, ADA.format(*tags))
    assert entities_of(path, **options) == [("Ada Lovelace", "PER"), ("Turin", "LOC")]


def test_a_label_that_only_looks_like_a_prefix_stays(tmp_path: Path) -> None:
    path = written(tmp_path, "cells B_cell\nof O\nT T_cell\nand O\nmore O\n")
    assert entities_of(path) == [("cells", "B_cell"), ("T", "T_cell")]


@pytest.mark.parametrize(
    "lines",
    [
        "0\tAda\tB-PER\n1\tleft\tO\n\n0\tTurin\tB-LOC\n",
        "1 Ada NNP B-PER\n2 left VBD O\n\n1 Turin NNP B-LOC\n",
        "7 1 Ada B-PER\n7 2 left O\n\n8 1 Turin B-LOC\n",
        "id\tword\tner\n1\tAda\tB-PER\n2\tleft\tO\n\n1\tTurin\tB-LOC\n",
        "TOKEN\tNE-COARSE-LIT\tMISC\nAda\tB-PER\t_\nleft\tO\t_\n\nTurin\tB-LOC\tNoSpaceAfter\n",
        "1\tAda\tNNP\tI-NP\tB-PER\n2\tleft\tVBD\tI-VP\tO\n\n1\tTurin\tNNP\tI-NP\tB-LOC\n",
    ],
)
@pytest.mark.parametrize("name", ["a.conll", "a.tsv", "a.txt"])
def test_index_columns_and_headers(tmp_path: Path, lines: str, name: str) -> None:
    assert entities_of(written(tmp_path, lines, name)) == [("Ada", "PER"), ("Turin", "LOC")]


def test_names_of_several_words_in_a_row_are_one_word_each(tmp_path: Path) -> None:
    rows = "Angela\u00a0Merkel\tB-PER\nvisited\tO\nNew York City\tB-LOC\nand\tO\nthe Red Cross\tB-ORG\n.\tO\n\n"
    path = written(tmp_path, rows * 2, "a.tsv")
    assert [entity.text for document in read(path) for entity in document.entities][1] == "New York City"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Ada (PER)\nleft *\nTurin (LOC)\n. *\n. *\n", "brackets around a name"),
        ("Ada PER[1]\nLovelace PER[1]\nleft O\nTurin LOC[2]\n. O\n", "numbers in brackets"),
        ("Ada NNP\nleft VBD\nTurin NNP\nand CC\nRome NNP\n", "parts of speech: NNP"),
        ("EU B-NP\nrejects B-VP\nGerman B-NP\ncall I-NP\nto B-VP\n", "those of phrases"),
        ("1 B-PER\n2 O\n3 O\n4 O\n5 B-LOC\n", "nearly every word is a number"),
        ("a x\nb x\nc y\nd x\ne z\nf x\n", "nearly every word is in an entity"),
        ("O Ada\nB-PER in\nO Rome\nO is\nO .\n", "nearly every word is a tag"),
        ("d Ada B-PER x\nd in O x\nd Rome B-LOC x\nd is O x\nd . O x\n", "most words are the same"),
        ("a begin~PER\nb inside~PER\nc O\nd O\ne O\n", "prefixes that are not those of a scheme"),
        ("NNP B-PER\nVBD O\nIN O\nDT O\nNN B-LOC\n. O\n", "nearly every word is a part of speech"),
        ("a PER~begin\nb PER~in\nc LOC~begin\nd O\ne O\n", "prefixes that are not those of a scheme"),
        ("a O\nb O\nc O\nd O\ne O\n", "no entity at all"),
    ],
)
def test_nonsense_is_refused_and_accepted_on_request(tmp_path: Path, content: str, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(CorpusError, match=f"{message}.*it begins with .*--skip-checks"):
        list(read(path))
    for mode in ("skip_checks", "texts_only"):
        assert list(read(path, options=ReadOptions(**{mode: True})))  # type: ignore[arg-type]


def test_predictions_may_be_empty(tmp_path: Path) -> None:
    path = written(tmp_path, "a O\nb O\nc O\nd O\ne O\n")
    assert list(read(path, options=ReadOptions(may_be_empty=True)))


def test_tags_without_labels(tmp_path: Path) -> None:
    path = written(tmp_path, "lead B\npoisoning I\nwas O\n")
    assert entities_of(path, default_label="DIS") == [("lead poisoning", "DIS")]
    with pytest.raises(CorpusError, match="--default-label"):
        list(read(path))


@pytest.mark.parametrize("tag", ["X-PER", "-BPER", "PER", "o", "b_PER"])
def test_a_tag_without_prefix_among_others_is_no_label(tmp_path: Path, tag: str) -> None:
    path = written(tmp_path, f"Ada {tag}\nleft O\nTurin B-LOC\n. O\n. O\n")
    with pytest.raises(CorpusError, match=rf"a\.conll:1: tag '{tag}' has no prefix.*B-LOC.*--skip-checks"):
        list(read(path))
    assert entities_of(path, skip_checks=True) == [("Ada", tag), ("Turin", "LOC")]


BRACKETS = "Ada (PER*\nByron *)\nleft *\nTurin (LOC)\n. *\n"
CHUNKS = "Ada {0} NNP B-NP\nleft {1} VBD B-VP\nTurin {2} NNP B-NP\nin O IN B-PP\nMay O NNP B-NP\n. O . O\n"
WEBANNO = (
    "#T_SP=webanno.custom.NE|value\n\n#Text=Ada left Turin.\n1-1\t0-3\tAda\tPER[1]\t\n1-2\t4-8\tleft\t_\t\n"
    "1-3\t9-14\tTurin\tLOC[2]\t\n1-4\t14-15\t.\t_\t\n"
)


@pytest.mark.parametrize(
    ("content", "advice", "found"),
    [
        (CHUNKS.format("B-PER", "O", "B-LOC"), {"tag_column": 2}, [("Ada", "PER"), ("Turin", "LOC")]),
        (CHUNKS.format("PER", "O", "LOC"), {"tag_column": 2}, [("Ada", "PER"), ("Turin", "LOC")]),
        (
            "9 Ada B-PER\n7 left O\n5 Turin B-LOC\n3 in O\n1 . O\n",
            {"word_column": 2},
            [("Ada", "PER"), ("Turin", "LOC")],
        ),
        (
            "B-PER\tAda\nO\tleft\nB-LOC\tTurin\nO\tin\nO\t.\n",
            {"word_column": 2, "tag_column": 1},
            [("Ada", "PER"), ("Turin", "LOC")],
        ),
        (
            "w,text,other,t\n1,Ada,x,B-PER\n2,left,y,O\n3,in,y,O\n4,Rome,x,B-LOC\n5,.,z,O\n".replace(",", "\t"),
            {"format": "table", "word_column": 2, "tag_column": 4},
            [("Ada", "PER"), ("Rome", "LOC")],
        ),
        (
            "Ada NNP PER x (S*\nleft VBD O y *)\nin IN O x *\nRome NNP LOC x *\n. . O z *\n",
            {"tag_column": 3},
            [("Ada", "PER"), ("Rome", "LOC")],
        ),
        (
            BRACKETS,
            {"format": "conll2012", "word_column": 1, "tag_column": 2},
            [("Ada Byron", "PER"), ("Turin", "LOC")],
        ),
        (WEBANNO, {"format": "webanno"}, [("Ada", "PER"), ("Turin", "LOC")]),
    ],
)
def test_the_options_that_read_the_file_are_named(
    tmp_path: Path, content: str, advice: dict[str, int | str], found: list[tuple[str, str]]
) -> None:
    path = written(tmp_path, content)
    named = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in advice.items())
    with pytest.raises(CorpusError, match=f"(it makes sense|read the file) with {named}(, or accept|$)"):
        list(read(path, format="conll"))
    changes = {name: value for name, value in advice.items() if name != "format"}
    reading = read(path, format=str(advice.get("format", "conll")), options=ReadOptions(**changes))  # type: ignore[arg-type]
    assert [(entity.text, entity.label) for document in reading for entity in document.entities] == found


def test_the_wrong_column_with_odd_tags_names_the_right_one(tmp_path: Path) -> None:
    path = written(tmp_path, "Ada B-PER E-mail\nleft O x\nTurin B-LOC y\nin O z\nMay O v\n. O x\n")
    reading = read(path)
    assert [entity.label for document in reading for entity in document.entities] == ["PER", "LOC"]
    path.write_text("Ada PER E-mail\nleft O x\nTurin LOC y\nin O z\nMay O v\n. O x\n")
    with pytest.raises(CorpusError, match=r"no prefix.*read the file with --tag-column 2"):
        list(read(path))


def test_where_no_option_helps_the_advice_is_general(tmp_path: Path) -> None:
    path = written(tmp_path, "Ada NNP\nleft VBD\nTurin NNP\nand CC\nRome NNP\n")
    with pytest.raises(CorpusError, match="choose the columns with --word-column and --tag-column, name another"):
        list(read(path))


@pytest.mark.parametrize("label", ["Name:", "Drug (generic)", "-none-", "3D object", "Person/Group", "дата"])
def test_labels_that_a_tool_let_people_invent_are_theirs(tmp_path: Path, label: str) -> None:
    records = [{"text": "Ada left Turin.", "label": [[0, 3, label], [9, 14, "LOC"]]}] * 3
    path = written(tmp_path, "\n".join(map(json.dumps, records)), "a.jsonl")
    assert entities_of(path)[0] == ("Ada", label)


@pytest.mark.parametrize("label", ["*", "(PER", "PER)", "PER[1]", "_", "12", "…"])
def test_one_odd_label_among_many_is_seen(tmp_path: Path, label: str) -> None:
    path = written(tmp_path, ADA.format("B-PER", "I-PER", "O", "B-LOC") * 50 + f"Rome B-{label}\n")
    with pytest.raises(CorpusError, match=r"labels (look|have|are)"):
        list(read(path))


def test_a_sentence_a_line_with_its_tags_is_refused_and_read_with_a_header(tmp_path: Path) -> None:
    lines = "Ada left London .\tB-PER O B-LOC O\nBo ran .\tB-PER O O\n"
    with pytest.raises(CorpusError, match=r"labels are several tags.*text<TAB>tags"):
        list(read(written(tmp_path, lines)))
    documents = list(read(written(tmp_path, f"text\ttags\n{lines}")))
    assert [[entity.text for entity in document.entities] for document in documents] == [["Ada", "London"], ["Bo"]]
