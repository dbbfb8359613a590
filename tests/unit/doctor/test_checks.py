"""Each check on small files: what it finds, where, and how gravely; and what it lets be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onoma import check
from onoma.corpora import ReadOptions, read
from onoma.errors import CorpusError, InputError
from support.learnable import write_corpus


def _conll(path: Path, *sentences: str) -> Path:
    return write_corpus(path, list(sentences))


def _jsonl(path: Path, *records: tuple[str, list[tuple[int, int, str]]]) -> Path:
    lines = [
        json.dumps({"text": text, "entities": [{"start": s, "end": e, "label": label} for s, e, label in spans]})
        for text, spans in records
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _found(checkup, name):
    return [finding for finding in checkup.findings if finding.check == name]


def test_a_clean_corpus_has_no_errors_and_no_warnings_but_rare_labels(tmp_path):
    path = _conll(tmp_path / "a.conll", "Ada/B-PER Lovelace/I-PER wrote/O to/O Turin/B-LOC", "She/O left/O soon/O")
    assert {finding.check for finding in check(path).findings} == {"label"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"text": "Ada left."}\n', "no entities in 1 document"),
        ('{"text": "Ada left.", "PER": ["Ada"]}\n', "no entities in 1 document; these were not read: PER: 1"),
    ],
)
def test_a_file_without_entities_is_a_finding_that_names_what_was_not_read(tmp_path, text, what):
    path = tmp_path / "a.jsonl"
    path.write_text(text, encoding="utf-8")
    (finding,) = check(path).findings
    assert (finding.check, finding.severity, finding.file, finding.what) == ("label", "warning", path, what)


def test_every_broken_step_is_named_with_its_line(tmp_path):
    good = ["Ada/B-PER Lovelace/I-PER left/O"] * 3
    path = _conll(tmp_path / "a.conll", *good, *["left/O Turin/I-LOC"] * 7)
    found = _found(check(path, options=ReadOptions(scheme="BIO")), "scheme")
    assert [finding.line for finding in found] == [14 + 3 * step for step in range(7)]
    assert {finding.severity for finding in found} == {"error"}


def test_a_tag_without_a_label_is_a_finding_and_a_missing_file_is_an_error(tmp_path):
    path = _conll(tmp_path / "a.conll", "Ada/B-PER left/O", "Turin/B-")
    [finding] = _found(check(path), "unreadable")
    assert (finding.file, finding.line, finding.severity) == (path, 4, "error")
    assert "record or sentence could not be checked" in finding.why
    with pytest.raises(CorpusError, match=r"none\.conll"):
        check(tmp_path / "none.conll")
    with pytest.raises(InputError, match="--train"):
        check([])


def test_the_rest_of_a_file_is_checked_behind_a_line_that_cannot_be_read(tmp_path):
    sentences = ["Ada/B-PER left/O", "in/O Turin/B- Ada/I-PER", "Bo/B-PER left/O", "Cy/O", "Cy/I-PER left/O"]
    path = _conll(tmp_path / "a.conll", *sentences)
    path.write_text(path.read_text(encoding="utf-8").replace("Cy\tO\n", "Cy\n"), encoding="utf-8")
    checkup = check(path, options=ReadOptions(scheme="BIO"))
    assert [finding.line for finding in _found(checkup, "unreadable")] == [5, 11]
    assert [(finding.file, finding.line) for finding in _found(checkup, "scheme")] == [(path, 13)]
    assert [case.document.text for case in checkup.cases] == ["Ada left", "Bo left", "Cy left"]


BAD_RECORDS = ['{"text": 5}', "\xff", '{"text": "a"', "[1, 2]"]
"""Where the last two come first, the file does not look like JSON Lines."""


@pytest.mark.parametrize(
    ("bad", "place"),
    [(bad, place) for number, bad in enumerate(BAD_RECORDS) for place in (0, 1, 2) if place or number < 2],
)
def test_records_are_checked_before_and_behind_one_that_cannot_be_read(tmp_path, bad, place):
    path = _jsonl(tmp_path / "a.jsonl", ("Ada left.", [(0, 3, "PER")]), ("Bo left.", [(0, 30, "PER")]))
    lines = path.read_bytes().splitlines()
    lines.insert(place, bad.encode("latin-1"))
    path.write_bytes(b"\n".join(lines))
    checkup = check(path, format="jsonl")
    assert [(finding.file, finding.line) for finding in _found(checkup, "unreadable")] == [(path, place + 1)]
    assert [(finding.file, finding.line) for finding in _found(checkup, "unusable")] == [(path, 3 if place < 2 else 2)]
    assert len(checkup.cases) == 2


@pytest.mark.parametrize("bad", BAD_RECORDS[2:])
def test_a_first_line_after_which_nothing_looks_like_json_lines(tmp_path, bad):
    path = tmp_path / "a.jsonl"
    path.write_text(bad + '\n{"text": "Ada"}\n{"text": "Bo"}', encoding="utf-8")
    [finding] = _found(check(path), "unreadable")
    assert finding.why == "nothing after this line could be checked"


@pytest.mark.parametrize("text", ['[\n{"text": "Ada"},\n{"text": 5}\n]', '[\n{"text": 5}\n]'])
def test_a_json_list_ends_at_a_record_that_cannot_be_read(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    [finding] = _found(check(path), "unreadable")
    assert finding.why == "nothing after this line could be checked"


def test_a_file_with_very_many_such_lines_is_not_read_to_its_end(tmp_path):
    path = _conll(tmp_path / "a.conll", *["Turin/B-"] * 40, "Ada/B-PER left/O")
    checkup = check(path)
    assert [finding.line for finding in _found(checkup, "unreadable")] == list(range(1, 42, 2))
    assert "nothing after this line" in sorted(_found(checkup, "unreadable"), key=lambda each: each.line)[-1].why


def test_a_file_without_readable_sentences_has_one_finding_and_no_cases(tmp_path):
    checkup = check(_conll(tmp_path / "a.conll", "Ada/B-PER Turin/B-"))
    assert ([finding.check for finding in checkup.findings], checkup.cases) == (["unreadable"], [])


def test_numbers_of_tags_have_their_names_behind_a_record_that_cannot_be_read(tmp_path):
    names = {"features": {"ner_tags": {"feature": {"names": ["O", "B-PER"]}}}}
    (tmp_path / "dataset_info.json").write_text(json.dumps(names), encoding="utf-8")
    records = [json.dumps({"tokens": [name, "left"], "ner_tags": [1, 0]}) for name in ("Ada", "Bo")]
    (tmp_path / "a.jsonl").write_text("\n".join([records[0], "{bad", records[1]]), encoding="utf-8")
    checkup = check(tmp_path / "a.jsonl")
    assert [finding.line for finding in _found(checkup, "unreadable")] == [2]
    assert [entity.label for case in checkup.cases for entity in case.document.entities] == ["PER", "PER"]


def test_an_implausible_rest_of_a_file_is_named(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("Ada NNP\nleft\n\nBo NNP\nleft VBD\nin IN\nTurin NNP\nand CC\n", encoding="utf-8")
    rest, line = sorted(_found(check(path), "unreadable"), key=lambda each: each.line or 0)
    assert (rest.line, line.line) == (None, 2)
    assert "parts of speech" in rest.what


def test_annotations_that_cannot_be_used_are_errors(tmp_path):
    path = _jsonl(tmp_path / "a.jsonl", ("Ada left.", [(0, 3, "PER")]), ("Ada left.", [(0, 30, "PER"), (2, 2, "PER")]))
    assert [(finding.line, finding.severity) for finding in _found(check(path), "unusable")] == [(2, "error")] * 2


def test_annotations_that_are_no_entities_are_notes(tmp_path):
    relation = {"id": 1, "from_id": 1, "to_id": 2, "type": "left"}
    record = {"text": "Ada left.", "entities": [[0, 3, "PER"]], "relations": [relation]}
    (tmp_path / "a.jsonl").write_text(json.dumps(record), encoding="utf-8")
    assert [finding.severity for finding in _found(check(tmp_path / "a.jsonl"), "unusable")] == ["note"]


def test_a_file_of_a_folder_that_cannot_be_read_is_named(tmp_path):
    for name, text in (("a", b"Ada left."), ("b", b"Jos\xe9 left.")):
        (tmp_path / f"{name}.txt").write_bytes(text)
        (tmp_path / f"{name}.ann").write_bytes(b"T1\tPER 0 3\t" + text[:3] + b"\n")
    (found,) = _found(check(tmp_path), "unreadable")
    assert (found.file, found.line) == (tmp_path / "b.txt", 1)
    assert "byte 0xe9" in found.what


def test_white_space_partial_words_duplicates_and_overlaps_are_reported(tmp_path):
    path = _jsonl(
        tmp_path / "a.jsonl",
        ("Ada Lovelace left.", [(0, 13, "PER")]),
        ("Ada Lovelace left.", [(0, 6, "PER")]),
        ("Ada Lovelace left.", [(0, 3, "PER"), (0, 3, "LOC")]),
        ("Ada Lovelace left.", [(0, 12, "PER"), (4, 12, "LOC")]),
    )
    found = sorted(_found(check(path), "span"), key=lambda finding: finding.line)
    assert [(finding.line, finding.severity, finding.fixable) for finding in found] == [
        (1, "warning", True),
        (2, "warning", False),
        (3, "error", False),
        (4, "note", False),
    ]
    assert (found[0].start, found[0].end) == (0, 13)


@pytest.mark.parametrize(
    ("text", "said", "severity"),
    [
        ("Ada\nLovelace left.", "end of a line", "note"),
        ("Ada\r\nLovelace left.", "end of a line", "note"),
        ("Ada\tLovelace left.", "a tab", "warning"),
        ("Ada\n \nLovelace left.", "blank line", "warning"),
    ],
)
def test_spans_across_lines_and_cells_are_reported(tmp_path, text, said, severity):
    path = _jsonl(tmp_path / "a.jsonl", (text, [(0, text.index(" left"), "PER")]))
    [finding] = _found(check(path), "span")
    assert said in finding.why
    assert finding.severity == severity


def test_a_span_across_sentences_is_named_once(tmp_path):
    path = tmp_path / "a.jsonl"
    entity = {"start": 0, "end": 12, "label": "PER"}
    record = {"text": "Ada\nLovelace", "sentences": [[0, 3], [4, 12]], "entities": [entity]}
    path.write_text(json.dumps(record), encoding="utf-8")
    [finding] = _found(check(path), "span")
    assert "end of a sentence" in finding.why


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("José Garc\u00c3\u00ada left Turin", "warning"),
        ("she said \u00e2\u20ac\u0153yes", "warning"),
        ("a \ufffd left", "warning"),
        ("a \x07 left", "warning"),
        ("half \ud83d left", "error"),
    ],
)
def test_wrongly_decoded_text_is_reported(tmp_path, text, severity):
    path = _jsonl(tmp_path / "a.jsonl", (text, []))
    [finding] = _found(check(path), "characters")
    assert finding.severity == severity


@pytest.mark.parametrize("text", ["José à São Paulo: «CAFÉ»", "Ångström, naïve, 🎻 日本", "line\r\nend\ttab", "Ã é Â"])
def test_correct_text_has_no_findings(tmp_path, text):
    assert not _found(check(_jsonl(tmp_path / "a.jsonl", (text, []))), "characters")


def test_label_names_that_mean_one_thing_are_found(tmp_path):
    path = _conll(
        tmp_path / "a.conll", "Ada/B-PER met/O Bo/B-PER", "Cy/B-per met/O Di/B-Person", "Turin/B-LOC has/O Fiat/B-ORG"
    )
    found = [finding for finding in _found(check(path), "label") if "beside" in finding.what]
    assert [(finding.what, finding.line, finding.severity, finding.fixable) for finding in found] == [
        ("per (1) beside PER (2)", 5, "error", True),
        ("Person (1) beside PER (2)", 7, "warning", False),
    ]


def test_parts_with_different_label_shares_are_reported(tmp_path):
    train = _conll(tmp_path / "train.conll", *["Ada/B-PER left/O Turin/B-LOC"] * 100)
    test = _conll(tmp_path / "test.conll", *["Ada/B-PER met/O Bo/B-PER near/O Fiat/B-ORG"] * 100)
    found = _found(check(train=train, test=test), "split")
    assert {(finding.what.split(":")[0], finding.severity) for finding in found} == {("ORG", "warning")}
    test = _conll(tmp_path / "test.conll", *["Ada/B-PER met/O Bo/B-PER"] * 100, *["near/O Turin/B-LOC"] * 4)
    assert "LOC" in {finding.what.split(":")[0] for finding in _found(check(train=train, test=test), "split")}


def test_duplicates_and_leaks_are_found(tmp_path):
    long = [f"word{number}/O" for number in range(40)]
    near = " ".join([*long[:20], "other/O", *long[21:]])
    train = _conll(
        tmp_path / "train.conll",
        "Ada/B-PER left/O Turin/B-LOC at/O noon/O",
        "Ada/B-PER left/O Turin/B-LOC at/O noon/O",
        "Ada/B-PER left/O Turin/O at/O noon/O",
        "Thanks/O !/O",
        "Thanks/O !/O",
        " ".join(long),
    )
    test = _conll(tmp_path / "test.conll", "ada/O left/O turin/O at/O noon/O", near)
    checkup = check(train=train, test=test)
    assert [(finding.line, finding.severity) for finding in _found(checkup, "duplicate")] == [
        (13, "error"),
        (7, "warning"),
    ]
    leaks = _found(checkup, "leak")
    assert [(finding.file, finding.line, finding.severity) for finding in leaks] == [
        (test, 1, "error"),
        (test, 7, "warning"),
    ]
    assert f"{train}:1" in leaks[0].why


def test_the_same_words_labelled_otherwise_are_ranked_by_log_odds(tmp_path):
    sentences = [f"Turin/B-LOC is/O number/O n{number}/O" for number in range(40)]
    sentences += [f"Ada/B-PER met/O m{number}/O" for number in range(9)]
    path = _conll(tmp_path / "a.conll", *sentences, "in/O Turin/O then/O", "in/O Turin/B-PER now/O", "Ada/O sat/O")
    found = _found(check(path), "surface")
    assert [finding.what for finding in found] == [
        "'Turin' is labelled nothing",
        "'Turin' is labelled PER",
        "'Ada' is labelled nothing",
    ]
    assert found[0].score > found[2].score
    inside = _conll(tmp_path / "b.conll", *sentences, *["Turin/B-ORG Motor/I-ORG Company/I-ORG grew/O"] * 3)
    assert not _found(check(inside), "surface")


def test_part_of_a_word_is_not_a_surface_form(tmp_path):
    path = _jsonl(tmp_path / "a.jsonl", *[("Adam left.", [])] * 9, ("Adam left.", [(0, 3, "PER")]))
    assert not _found(check(path), "surface")


def test_lengths_far_from_the_others_and_documents_without_words(tmp_path):
    long = " ".join(["w/B-ORG", *["w/I-ORG"] * 59])
    path = _conll(tmp_path / "a.conll", *["Ada/B-PER left/O", "Ada/B-PER Byron/I-PER left/O"] * 20, long)
    [finding] = _found(check(path), "length")
    assert (finding.severity, finding.line) == ("note", 20 * (3 + 4) + 1)
    [empty] = _found(check(_jsonl(tmp_path / "a.jsonl", ("Ada left.", [(0, 3, "PER")]), (" ", []))), "length")
    assert (empty.line, empty.severity) == (2, "warning")


def test_findings_come_gravest_first_and_as_json(tmp_path):
    path = _conll(tmp_path / "a.conll", "Ada/B-PER left/O", "Bo/B-per left/O")
    checkup = check(path)
    order = ["error", "warning", "note"]
    ranks = [order.index(finding.severity) for finding in checkup.findings]
    assert ranks == sorted(ranks)
    assert checkup.fails("error")
    told = json.loads(json.dumps(checkup.to_json()))
    assert told["severities"]["error"] == 1
    assert told["findings"][0]["file"] == str(path)
    assert told["files"][0]["documents"] == 2


def test_lines_of_words_are_those_of_the_file(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("-DOCSTART- O\n\nAda B-PER\nleft O\n\nTurin B-LOC\n", encoding="utf-8")
    assert [lines for _, lines in read(path).placed()] == [(3, 4, 6)]
    path = _jsonl(tmp_path / "a.jsonl", ("Ada", [(0, 3, "PER")]), ("Bo", []))
    assert [lines for _, lines in read(path).placed()] == [(1,), (2,)]
