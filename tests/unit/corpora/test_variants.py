"""Three and more files of each kind that people's tools export: each is read as it was meant, or refused with help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read
from onoma.corpora.reading import CorpusReader
from onoma.errors import CorpusError

ADA = [("Ada Byron", "PER"), ("Turin", "LOC")]


def reading_of(tmp_path: Path, content: str, name: str, **options: object) -> CorpusReader:
    (tmp_path / name).write_bytes(content.encode())
    return read(tmp_path / name, options=ReadOptions(**options))  # type: ignore[arg-type]


def entities_of(reading: CorpusReader) -> list[tuple[str, str]]:
    return [(entity.text, entity.label) for document in reading for entity in document.entities]


def columns(*tags: str, words: tuple[str, ...] = ("Ada", "Byron", "left", "Turin", ".")) -> str:
    return "".join(f"{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (columns("B", "I", "O", "B", "O"), "a.txt"),
        (columns("b", "i", "o", "b", "o"), "a.conll"),
        (columns("B", "E", "O", "S", "O").replace("\t", " "), "a.conll"),
        ("1\tAda\tB\n2\tByron\tI\n3\tleft\tO\n\n1\tTurin\tB\n2\t.\tO\n", "a.tsv"),
        ("token\tlabel\n" + columns("B-", "I-", "O", "B-", "O"), "a.tsv"),
        (json.dumps({"tokens": ["Ada", "Byron", "in", "Turin"], "tags": ["B", "I", "O", "B"]}), "a.jsonl"),
        ("sentence_id,words,labels\n0,Ada,B\n0,Byron,I\n0,left,O\n1,Turin,B\n", "a.csv"),
    ],
)
def test_tags_without_labels(tmp_path: Path, content: str, name: str) -> None:
    assert entities_of(reading_of(tmp_path, content, name, default_label="X")) == [("Ada Byron", "X"), ("Turin", "X")]
    with pytest.raises(CorpusError, match="--default-label"):
        entities_of(reading_of(tmp_path, content, name))


@pytest.mark.parametrize(
    "tags",
    [
        ("PER_B", "PER_I", "O", "LOC_B", "O"),
        ("PER/B", "PER/E", "O", "LOC/S", "O"),
        ("PER|b", "PER|i", "o", "LOC|b", "o"),
        ("B.PER", "I.PER", "O", "B.LOC", "O"),
        ("S_PER", "S_PER", "O", "S_LOC", "O"),
        ("B_PER", "E_PER", "_", "S_LOC", "_"),
        ("B-PER", "L-PER", "-", "U-LOC", "-"),
        ("b/PER", "i/PER", "0", "b/LOC", "0"),
        ("PER", "PER", "_", "LOC", "_"),
        ("I-PER", "I-PER", "o", "I-LOC", "o"),
    ],
)
@pytest.mark.parametrize("name", ["a.conll", "a.txt", "a.jsonl"])
def test_spellings_of_tags(tmp_path: Path, tags: tuple[str, ...], name: str) -> None:
    words = ("Ada", "Byron", "left", "Turin", ".")
    content = json.dumps({"tokens": words, "ner_tags": tags}) if name == "a.jsonl" else columns(*tags)
    if name == "a.txt" and tags[0] == "PER":
        # Labels alone are no sign of columns in a file that is called a text.
        assert reading_of(tmp_path, content, name).format == "text"
        return
    expected = [("Ada", "PER"), ("Byron", "PER"), ADA[1]] if tags[0] == "S_PER" else ADA
    assert entities_of(reading_of(tmp_path, content, name)) == expected


def conllu(*entities: str, header: str = "eid-etype-head") -> str:
    words = ["Ada", "Byron", "left", "Turin"]
    lines = [
        f"{i}\t{w}\t{w}\tX\t_\t_\t0\troot\t_\t{e}\n" for i, (w, e) in enumerate(zip(words, entities, strict=True), 1)
    ]
    return "".join([f"# global.Entity = {header}\n" if header else "", "# text = Ada Byron left Turin\n", *lines, "\n"])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (conllu("Entity=(e1-PER-1", "Entity=e1)", "_", "Entity=(e2-LOC-1)"), ADA),
        (conllu("SpaceAfter=_|Entity=(e1-PER-1", "Entity=e1)|X=y", "_", "Entity=(e2-LOC-1)"), ADA),
        (conllu("Entity=(PER-1", "Entity=PER-1)", "_", "Entity=(LOC-2)", header="etype-eid"), ADA),
        (conllu("Entity=(1-PER-new", "Entity=1)", "_", "Entity=(2-LOC-new)", header=""), ADA),
        (
            conllu("Entity=(e1-PER-2(e3-x-1)", "Entity=e1)", "_", "Entity=(e2-LOC-1)"),
            [("Ada Byron", "PER"), ("Ada", "x"), ("Turin", "LOC")],
        ),
        (conllu("Entity=(e1-PER-2", "Entity=e1)", "Entity=(e4-x-1", "Entity=(e2-LOC-1)"), ADA),
        (conllu("Entity=(e1-PER-2", "Entity=e1)", "Entity=(e4[1/2]-x-1)", "Entity=(e4[2/2]-x-1)(e2-LOC-1)"), ADA),
        (conllu("Entity=B-PER", "Entity=I-PER", "_", "NER=B-LOC", header=""), ADA),
    ],
)
def test_entities_in_conllu(tmp_path: Path, content: str, expected: list[tuple[str, str]]) -> None:
    reading = reading_of(tmp_path, content, "a.conllu")
    assert entities_of(reading) == expected
    assert bool(reading.report.unusable) == ("e4" in content)


def ontonotes(*names: str, begin: bool = True, more: str = "-") -> str:
    words = ["Ada", "Byron", "left", "Turin"]
    rows = [
        f"nw/x 0 {place} {word} NNP (S* - - - - {name} * {more}\n"
        for place, (word, name) in enumerate(zip(words, names, strict=True))
    ]
    head, foot = ("#begin document (nw/x); part 000\n", "\n#end document\n") if begin else ("", "\n")
    return "".join([head, *rows, foot])


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (ontonotes("(PER*", "*)", "*", "(LOC)"), "a.conll", ADA),
        (ontonotes("(PER*", "*)", "*", "(LOC)", more="* * (1)"), "a_gold_conll", ADA),
        (ontonotes("(PER*", "*)", "*", "(LOC)").replace(" - ", "\t-\t"), "a.v4_gold_conll", ADA),
        (ontonotes("(PER*", "*)", "*", "(LOC)") + ontonotes("*", "*", "*", "*"), "a.txt", ADA),
        (ontonotes("(PER(x)", "*)", "*", "(LOC)"), "a.conll", [("Ada Byron", "PER"), ("Ada", "x"), ADA[1]]),
        (ontonotes("(PER*", "*)", "(ORG*", "(LOC)"), "a.conll", ADA),
    ],
)
def test_conll2012_is_read(tmp_path: Path, content: str, name: str, expected: list[tuple[str, str]]) -> None:
    reading = reading_of(tmp_path, content, name)
    assert entities_of(reading) == expected
    assert reading.format == "conll2012"
    assert len(list(reading)) == content.count("#begin")


def test_conll2012_without_its_first_line_is_refused_with_the_option(tmp_path: Path) -> None:
    content = ontonotes("(PER*", "*)", "*", "(LOC)", begin=False) + ontonotes("*", "*", "*", "*", begin=False)
    with pytest.raises(CorpusError, match="--format conll2012"):
        entities_of(reading_of(tmp_path, content, "a.conll"))
    (tmp_path / "b").write_text(content)
    assert entities_of(read(tmp_path / "b", format="conll2012")) == ADA


@pytest.mark.parametrize(
    "content",
    [
        "1 Ada NNP B-NP I-PER\n2 Byron NNP I-NP I-PER\n3 left VBD B-VP O\n\n1 Turin NNP B-NP I-LOC\n2 . . O O\n",
        "0\tAda\tB-PER\n1\tByron\tI-PER\n2\tleft\tO\n\n0\tTurin\tB-LOC\n",
        "1 Ada B-PER\n2 Byron I-PER\n3 left O\n4 1999 O\n5 Turin B-LOC\n",
        "3 1 Ada B-PER\n3 2 Byron I-PER\n\n4 1 Turin B-LOC\n4 2 4 O\n",
        "-DOCSTART- -X- O O\n\n1 Ada NNP B-PER\n2 Byron NNP I-PER\n\n1 Turin NNP B-LOC\n",
    ],
)
@pytest.mark.parametrize("name", ["a.conll", "a.txt"])
def test_words_with_numbers(tmp_path: Path, content: str, name: str) -> None:
    assert entities_of(reading_of(tmp_path, content, name)) == ADA


def test_words_that_are_numbers_are_no_index(tmp_path: Path) -> None:
    content = "1 B-NUM\n2 B-NUM\nAda O\n7 B-NUM\nBo O\nran O\n"
    assert entities_of(reading_of(tmp_path, content, "a.conll")) == [("1", "NUM"), ("2", "NUM"), ("7", "NUM")]


def webanno(layers: str, *cells: str, text: str = "Ada Byron left Turin") -> str:
    words, position, lines = text.split(), 0, []
    for number, (word, cell) in enumerate(zip(words, cells, strict=True), start=1):
        lines.append(f"1-{number}\t{position}-{position + len(word)}\t{word}\t{cell}\t\n")
        position += len(word) + 1
    return "".join(["#FORMAT=WebAnno TSV 3.3\n", layers, "\n\n#Text=", text, "\n", *lines])


LAYER = "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value\n"


@pytest.mark.parametrize(
    "content",
    [
        webanno(LAYER, "*[1]\tPER[1]", "*[1]\tPER[1]", "_\t_", "*\tLOC"),
        webanno(LAYER, "Q7[1]\tPER[1]", "Q7[1]\tPER[1]", "_\t_", "*[2]\tLOC[2]"),
        webanno("#T_SP=webanno.custom.Names|kind\n", "PER[4]", "PER[4]", "_", "LOC"),
        webanno("#T_SP=x.type.Lemma|value\n" + LAYER, "ada\t*[1]\tPER[1]", "b\t*[1]\tPER[1]", "l\t_\t_", "t\t*\tLOC"),
        webanno(
            "#T_CH=x.Coref|a|b\n" + LAYER, "_\t_\t*[1]\tPER[1]", "_\t_\t*[1]\tPER[1]", "_\t_\t_\t_", "_\t_\t*\tLOC"
        ),
        webanno(LAYER, "*[1]\tPER[1]", "*[1]\tPER[1]", "_\t_", "*\tLOC").replace("\n", "\r\n"),
    ],
)
def test_webanno_is_read(tmp_path: Path, content: str) -> None:
    assert entities_of(reading_of(tmp_path, content, "a.tsv")) == ADA


def test_annotations_of_other_layers_of_webanno_are_counted(tmp_path: Path) -> None:
    layers = "#T_SP=webanno.custom.Person|kind\n#T_SP=webanno.custom.Place|kind|size\n#T_SP=x.type.POS|PosValue\n"
    content = webanno(layers, "PER[1]\t_\t_\tN", "PER[1]\t_\t_\tN", "_\ta[2]\tbig[2]\tV", "_\ta[2]|b\tbig[2]|*\tN")
    reading = reading_of(tmp_path, content, "a.tsv")
    assert entities_of(reading) == [("Ada Byron", "PER")]
    reason = "the layer is not read; --tag-column webanno.custom.Place reads it"
    assert {each: found.count for each, found in reading.report.left_out.items()} == {reason: 2}
    chosen = reading_of(tmp_path, content, "a.tsv", tag_column="webanno.custom.Place")
    assert entities_of(chosen) == [("left Turin", "a"), ("Turin", "b")]
    assert not chosen.report.left_out


def test_entities_of_parts_of_words_of_webanno_are_counted(tmp_path: Path) -> None:
    content = webanno(LAYER, "_\t_", "_\t_", text="Adas Turin-Reise")
    lines = content.splitlines(keepends=True)
    lines[-1:] = ["1-1.1\t0-3\tAda\t*\tPER\t\n", lines[-1], "1-2.1\t5-10\tTurin\t*\tLOC\t\n"]
    reading = reading_of(tmp_path, "".join(lines), "a.tsv")
    assert entities_of(reading) == [("Adas", "PER"), ("Turin-Reise", "LOC")]
    assert reading.report.adjusted["the entity covers part of a word; widened to the word"].count == 2


def test_an_entity_of_webanno_over_the_end_of_a_sentence_is_counted(tmp_path: Path) -> None:
    content = webanno(LAYER, "_\t_", "*[1]\tLOC[1]", text="in New") + (
        "\n#Text=York now\n2-1\t7-11\tYork\t*[1]\tLOC[1]\t\n2-2\t12-15\tnow\t_\t_\t\n"
    )
    reading = reading_of(tmp_path, content, "a.tsv")
    assert entities_of(reading) == [("New", "LOC"), ("York", "LOC")]
    [finding] = reading.report.adjusted.values()
    assert finding.count == 1
    assert "York LOC" in finding.places[0].what


KAGGLE = (
    "Sentence #,Word,POS,Tag\nSentence: 1,Ada,NNP,B-PER\n,Byron,NNP,I-PER\n,left,VBD,O\nSentence: 2,Turin,NNP,B-LOC\n"
)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (KAGGLE, "a.csv"),
        (KAGGLE.replace(",", ";"), "a.csv"),
        (KAGGLE.replace(",", "\t"), "a.tsv"),
        (KAGGLE.replace("\n,", "\nSentence: 1,").replace("\n", "\r\n"), "a.csv"),
        (KAGGLE.replace("Word,", '"Word",').replace("left", '"le""ft"'), "a.csv"),
        (KAGGLE.replace("Sentence #", "sentence_id").replace("Sentence: ", ""), "a.csv"),
        ("\ufeff" + KAGGLE, "a.csv"),
    ],
)
def test_tables_of_words_are_read(tmp_path: Path, content: str, name: str) -> None:
    reading = reading_of(tmp_path, content, name)
    assert entities_of(reading) == ADA
    assert len(list(reading)) == 2


SPANS = [[0, 9, "PER"], [15, 20, "LOC"]]
TEXT = "Ada Byron left Turin."
RESULT = [
    {"type": "labels", "value": {"start": 0, "end": 9, "text": "Ada Byron", "labels": ["PER"]}},
    {"type": "labels", "value": {"start": 15, "end": 20, "text": "Turin", "labels": ["LOC"]}},
]
TASK = {"id": 1, "data": {"text": TEXT}}
DONE = {**TASK, "annotations": [{"id": 3, "was_cancelled": False, "result": RESULT}]}


@pytest.mark.parametrize(
    ("tasks", "left_out"),
    [
        ([{**TASK, "annotations": []}, DONE], 1),
        ([DONE, {**TASK, "annotations": [{"was_cancelled": True, "result": RESULT}]}], 1),
        ([DONE, {**TASK, "completions": [{"skipped": True, "result": []}]}], 1),
        ([DONE, {**TASK, "annotations": [], "predictions": [{"result": RESULT}]}], 1),
        ([{**TASK, "predictions": [{"result": RESULT}]}, DONE], 1),
        ([{**TASK, "annotations": [{"was_cancelled": True, "result": []}, *DONE["annotations"]]}], 0),  # type: ignore[misc]
        ([{**TASK, "annotations": [{"result": []}, {"ground_truth": True, "result": RESULT}]}], 1),
        ([{**DONE, "annotations": [{"result": [*RESULT, {"type": "choices", "value": {"choices": ["x"]}}]}]}], 1),
        ([{**DONE, "annotations": [{"result": [*RESULT, {"type": "relation", "from_id": "a", "to_id": "b"}]}]}], 1),
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_tasks_of_label_studio_are_read(tmp_path: Path, tasks: list[object], left_out: int, name: str) -> None:
    content = json.dumps(tasks) if name == "a.json" else "\n".join(map(json.dumps, tasks))
    reading = reading_of(tmp_path, content, name)
    assert entities_of(reading) == ADA
    found = (*reading.report.left_out.values(), *reading.report.unusable.values())
    assert sum(each.count for each in found) == left_out


@pytest.mark.parametrize(
    "value",
    [
        {"classes": ["PER"], "annotations": [[TEXT, {"entities": SPANS}], ["Bo.", {"entities": []}]]},
        {"annotations": [None, [TEXT, {"entities": SPANS}], ["Bo.", {"entities": []}]]},
        [[TEXT, {"entities": SPANS}], ["Bo.", {"entities": []}]],
        {"examples": [{"text": TEXT, "spans": SPANS}, {"text": "Bo.", "spans": []}]},
        {"rows": [{"row_idx": 0, "row": {"text": TEXT, "entities": SPANS}}, {"row": {"text": "Bo.", "entities": []}}]},
        {"data": [{"text": TEXT, "label": SPANS}, {"text": "Bo.", "label": []}]},
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_one_json_value_on_one_line_or_many(tmp_path: Path, value: object, indent: int | None) -> None:
    reading = reading_of(tmp_path, json.dumps(value, indent=indent), "a.json")
    assert entities_of(reading) == ADA
    assert len(list(reading)) == 2


OBJECTS = [{"start": 0, "end": 9, "label": "PER"}, {"start": 15, "end": 20, "label": "LOC"}]


@pytest.mark.parametrize(
    "record",
    [
        {"text": TEXT, "annotation": [["PER", 0, 9], ["LOC", 15, 20]], "prediction": None},
        {"text": TEXT, "tokens": ["Ada", "Byron", "left", "Turin", "."], "annotation": OBJECTS, "status": "Validated"},
        {"fields": {"text": TEXT}, "responses": {"names": [{"value": OBJECTS, "status": "submitted"}]}},
        {"fields": {"body": TEXT}, "responses": {"x": [{"value": "yes"}], "names": [{"value": OBJECTS}]}},
        {
            "text": TEXT,
            "annotations": [
                {"start_offset": 0, "end_offset": 9, "label": "PER"},
                {"label": "LOC", "start": 15, "end": 20},
            ],
        },
    ],
)
def test_argilla_is_read(tmp_path: Path, record: dict[str, object]) -> None:
    assert entities_of(reading_of(tmp_path, json.dumps(record), "a.jsonl")) == ADA


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ner", SPANS),
        ("named_entities", OBJECTS),
        ("mentions", [{"begin": 0, "end": 9, "type": "PER"}]),
        ("results", [{"offset": 0, "length": 9, "type": "PER"}]),
        ("gold", [["PER", 0, 9]]),
    ],
)
def test_an_unknown_key_that_holds_spans(tmp_path: Path, key: str, value: object) -> None:
    with pytest.raises(CorpusError, match=rf"a\.jsonl:1: the key '{key}' .*entities.*doccano"):
        entities_of(reading_of(tmp_path, json.dumps({"text": TEXT, key: value}), "a.jsonl"))


TOKENS = ["Ada", "Byron", "left", "Turin"]
TAGS = ["B-PER", "I-PER", "O", "B-LOC"]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"tokens": TOKENS, "ner": TAGS}, "'ner' seems to hold tags .*--tag-column ner"),
        ({"words": TOKENS, "pos": ["NNP", "NNP", "VBD", "NNP"], "iob": TAGS}, "'iob' seems to hold tags"),
        ({"text": "Ada Byron left Turin", "tokens": TOKENS, "ner": TAGS}, "'ner' seems to hold tags"),
        (
            {"tokens": TOKENS, "entities": [{"label": "PER", "start": 0, "end": 2}]},
            "'entities' seems to hold spans of tok",
        ),
        ({"tokens": TOKENS, "ner": [[0, 1, "PER"]]}, "'ner' seems to hold spans of tokens"),
    ],
)
def test_tokens_with_annotation_under_an_unknown_key(tmp_path: Path, record: dict[str, object], message: str) -> None:
    content = "\n".join(map(json.dumps, [{"tokens": ["Bo", "left"], "ner_tags": ["O", "O"]}, record]))
    with pytest.raises(CorpusError, match=rf"a\.jsonl:2: the key {message}"):
        entities_of(reading_of(tmp_path, content, "a.jsonl"))


def test_the_tag_column_names_the_key_of_tags_in_json(tmp_path: Path) -> None:
    records = [{"tokens": TOKENS, "tags": ["NNP", "NNP", "VBD", "NNP"], "ner": TAGS}, {"tokens": ["Bo"], "tags": ["O"]}]
    reading = reading_of(tmp_path, "\n".join(map(json.dumps, records)), "a.jsonl", tag_column="ner")
    assert entities_of(reading) == [("Ada Byron", "PER"), ("Turin", "LOC")]


@pytest.mark.parametrize(
    "record",
    [
        {"text": "a \ud83d Ada", "entities": [{"start": 4, "end": 7, "label": "PER"}]},
        {"text": "\udc00 Ada", "label": [[2, 5, "PER"]]},
        {"text": "x \ud83d\ud83d\ude00 Ada", "spans": [{"start": 5, "end": 8, "label": "PER"}]},
        {"tokens": ["\ud83d", "Ada"], "tags": ["O", "B-PER"]},
    ],
)
def test_half_of_a_surrogate_pair(tmp_path: Path, record: dict[str, object]) -> None:
    content = json.dumps(record)
    assert entities_of(reading_of(tmp_path, content, "a.jsonl")) == [("Ada", "PER")]
    reading = reading_of(tmp_path, content, "a.jsonl", replace_surrogates=True)
    [document] = reading
    assert "\ufffd" in document.text
    assert [entity.text for entity in document.entities] == ["Ada"]
    assert "half of a surrogate pair is read as U+FFFD" in reading.report.adjusted


@pytest.mark.parametrize(
    "record",
    [
        {"text": "💩 Ada Byron left Turin.", "label": [[3, 12, "PER"], [18, 23, "LOC"]]},
        {"text": "Ada Byron 💩💩 left Turin.", "entities": [{"start": 0, "end": 9, "label": "PER"}, [20, 25, "LOC"]]},
        {
            "text": "💩Ada Byron left Turin",
            "spans": [{"start": 2, "end": 11, "label": "PER", "text": "Ada Byron"}, [17, 22, "LOC"]],
        },
        {
            "data": {"text": "🙂 Ada Byron left\r\nTurin"},
            "annotations": [
                {
                    "result": [
                        {"value": {"start": 3, "end": 12, "labels": ["PER"]}},
                        {"value": {"start": 18, "end": 23, "labels": ["LOC"]}},
                    ]
                }
            ],
        },
        {"text": "Ada Byron\r\nleft\r\nTurin.", "label": [[0, 9, "PER"], [15, 20, "LOC"]]},
        {
            "text": "é Ada Byron left Turin",
            "spans": [
                {"start": 3, "end": 12, "label": "PER", "text": "Ada Byron"},
                {"start": 18, "end": 23, "label": "LOC", "text": "Turin"},
            ],
        },
    ],
)
def test_offsets_in_other_units(tmp_path: Path, record: dict[str, object]) -> None:
    reading = reading_of(tmp_path, json.dumps(record), "a.jsonl")
    assert entities_of(reading) == ADA
    assert any("offsets count" in reason for reason in reading.report.adjusted)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("\U0001f600 Ada left", 3, 6),
        ("\U0001f600\U0001f600 so Ada.", 8, 11),
        ("\U0001f600 left Ada", 8, 11),
        ("one\r\ntwo\r\nAda left", 8, 11),
        ("x\r\n\U0001f600 Ada left", 6, 9),
    ],
)
def test_one_unquoted_span_in_other_units(tmp_path: Path, text: str, start: int, end: int) -> None:
    reading = reading_of(tmp_path, json.dumps({"text": text, "label": [[start, end, "PER"]]}), "a.jsonl")
    assert entities_of(reading) == [("Ada", "PER")]
    assert any("offsets count" in reason for reason in reading.report.adjusted)


@pytest.mark.parametrize(
    "beginning", ["\U0001f600 ", "\U0001f600\U0001f600, ", "I\r\nam\r\nA ", "x \U0001f4a9\r\n\U0001f4a9"]
)
@pytest.mark.parametrize(
    "span",
    [
        "Ada",
        "(Ada)",
        "@ada",
        "#Ada",
        "Ada Inc.",
        "Ada\u2019s",
        "A",
        "[Turin]er",
        "anti-[Turin]",
        "x[Ada]",
        "[Ada ]left",
    ],
)
@pytest.mark.parametrize("end", ["", ".", " left", "\U0001f600", "\r\nI"])
def test_one_span_in_code_points_stays_as_it_is(tmp_path: Path, beginning: str, span: str, end: str) -> None:
    before, _, rest = span.rpartition("[")
    inner, _, after = rest.partition("]")
    start = len(beginning + before)
    record = {"text": beginning + before + inner + after + end, "label": [[start, start + len(inner), "PER"]]}
    reading = reading_of(tmp_path, json.dumps(record), "a.jsonl")
    assert entities_of(reading) == [(inner, "PER")]
    assert not reading.report.adjusted


@pytest.mark.parametrize(
    ("text", "annotations"),
    [
        ("Ada Byron left\r\nto\r\nTurin.", "T1\tPER 0 9\tAda Byron\nT2\tLOC 18 23\tTurin\n"),
        ("Well,\r\nAda Byron\r\nleft Turin.", "T1\tPER 6 15\tAda Byron\r\nT2\tLOC 21 26\tTurin\r\n"),
        ("💩 Ada Byron left Turin", "T1\tPER 3 12\tAda Byron\nT2\tLOC 18 23\tTurin\n"),
    ],
)
def test_offsets_of_brat_in_other_units(tmp_path: Path, text: str, annotations: str) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode())
    (tmp_path / "a.ann").write_bytes(annotations.encode())
    reading = read(tmp_path)
    assert entities_of(reading) == ADA
    assert any("offsets count" in reason for reason in reading.report.adjusted)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Ada B-PER +\nByron I-PER +\nleft O +\nTurin B-LOC -\n. O +\n", "Ada Byron left Turin."),
        ("Ada\tB-PER\t+\nByron\tI-PER\t+\nleft\tO\t+\nTurin\tB-LOC\t-\n.\tO\t-\n", "Ada Byron left Turin."),
        ("Ada NNP + B-PER\nByron NNP + I-PER\nleft VBD + O\nTurin NNP - B-LOC\n. . - O\n", "Ada Byron left Turin."),
        ("Ada B-PER +\nByron I-PER -\n, O +\nTurin B-LOC +\n", "Ada Byron, Turin"),
    ],
)
def test_flairs_column_of_blanks(tmp_path: Path, content: str, text: str) -> None:
    reading = reading_of(tmp_path, content, "a.conll")
    assert entities_of(reading) == ADA
    assert [document.text for document in reading] == [text]
