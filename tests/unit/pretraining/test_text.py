from __future__ import annotations

import gzip
import json
import lzma
import textwrap
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from onoma.corpora import detect_format
from onoma.errors import ConfigError, CorpusError, InputError
from onoma.pretraining.text import LONGEST_SECTION, DocumentUnit, Section, TextSettings, read_sections
from support.real import DATA, needs_data

ANNOTATED = "Ada B-PER\nLovelace I-PER\nwrote O\n. O\n\nShe O\nsaid O\nso O\n. O\n"


def sections(
    *paths: Path,
    documents: DocumentUnit = "auto",
    format: str | None = None,
    encoding: str = "utf-8",
    notice: Callable[[str], object] = str,
) -> list[Section]:
    settings = TextSettings(documents=documents, format=format, encoding=encoding)
    return list(read_sections(paths, settings=settings, notice=notice))


def documents_of(found: list[Section]) -> list[list[str]]:
    documents: list[list[str]] = []
    for section in found:
        if section.continues:
            documents[-1] += section.sentences
        else:
            documents.append(list(section.sentences))
    return documents


def written(folder: Path, content: str | bytes, name: str = "text.txt") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def visible(found: list[Section]) -> str:
    return "".join("".join(sentence for section in found for sentence in section.sentences).split())


def test_each_line_is_a_document_where_no_blank_line_stands_between_two(tmp_path: Path) -> None:
    notices: list[str] = []
    path = written(tmp_path, "He came. She left.\nIt rained.\n\n")
    found = sections(path, notice=notices.append)
    assert documents_of(found) == [["He came.", "She left."], ["It rained."]]
    assert len(notices) == 2
    assert f"{path}: plain text, each line is a document" in notices[0]
    assert "--set data.documents=lines, blank-lines or files" in notices[0]
    assert "in onoma train, adapt.documents" in notices[0]
    assert notices[1] == "1 document without text skipped"


def test_blank_lines_separate_documents(tmp_path: Path) -> None:
    notices: list[str] = []
    path = written(tmp_path, "\n\nHe came.\nShe left.\n \t\n\nIt rained. It\npoured.\n")
    found = documents_of(sections(path, notice=notices.append))
    assert found == [["He came.", "She left."], ["It rained.", "It poured."]]
    assert "blank lines separate documents" in notices[0]


def test_lines_that_are_sentences_stay_whole(tmp_path: Path) -> None:
    text = "he came .\nMr. Big said : Go . Now !\nshe left .\nthe end .\n\nit rained .\nit poured .\nall day .\n"
    found = documents_of(sections(written(tmp_path, text)))
    assert found[0] == ["he came .", "Mr. Big said : Go . Now !", "she left .", "the end ."]
    assert len(found) == 2


def test_whole_lines_and_wrapped_ones_are_told_apart_by_the_file(tmp_path: Path) -> None:
    lines = [" ".join(["such a line"] * (number % 7 + 1)) for number in range(60)]
    notices: list[str] = []
    whole = sections(written(tmp_path, "x\n\n" + "\n".join(lines)), notice=notices.append)
    assert documents_of(whole)[1] == lines
    assert "no sentence continues in the next line" in notices[1]
    wrapped = textwrap.fill("She saw that " + "such words went on and on " * 60 + "to the end.", 60)
    assert len(documents_of(sections(written(tmp_path, f"x\n\n{wrapped}\n")))[1]) == 1


@pytest.mark.parametrize(("unit", "count"), [("lines", 3), ("blank-lines", 2), ("files", 1)])
def test_the_unit_can_be_chosen(tmp_path: Path, unit: DocumentUnit, count: int) -> None:
    notices: list[str] = []
    path = written(tmp_path, "A man came\nA dog left\n\nAnother one stayed")
    assert len(documents_of(sections(path, documents=unit, notice=notices.append))) == count
    assert not any("data.documents" in notice for notice in notices)


def test_only_real_line_ends_end_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, "one\r\ntwo\rthree\nfo\u2028ur\x85\x0b\x1cfive\r\n".encode())
    assert [len(document) for document in documents_of(sections(path))] == [1, 1, 1, 1]
    assert visible(sections(path)) == "onetwothreefourfive"


def test_control_characters_stay(tmp_path: Path) -> None:
    assert sections(written(tmp_path, "a\x01b\x7f \x1bc\n"))[0].sentences == ("a\x01b\x7f \x1bc",)


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    assert sections(written(tmp_path, b"\xef\xbb\xbfone\n"))[0].sentences == ("one",)
    assert sections(written(tmp_path, "one\n".encode("utf-16")), encoding="utf-16")[0].sentences == ("one",)


@pytest.mark.parametrize("size", [0, 100_000])
def test_a_file_in_another_encoding_is_refused_with_line_and_byte(tmp_path: Path, size: int) -> None:
    path = written(tmp_path, b"x" * size + b"one\r\ntwo\r\nZ\xfcrich\n")
    with pytest.raises(CorpusError, match=r"text\.txt:3: byte 0xfc .*--encoding latin1") as caught:
        sections(path)
    assert f"at byte {size + 12:,} of" in str(caught.value)
    assert visible(sections(path, encoding="latin1")).endswith("Zürich")


def test_utf_16_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"--encoding utf-16"):
        sections(written(tmp_path, "one\n".encode("utf-16")))
    with pytest.raises(CorpusError, match=r"text\.txt:1: holds a NUL byte.*--encoding utf-16"):
        sections(written(tmp_path, "one\n".encode("utf-16-le")))


def test_a_file_that_ends_within_a_character_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"text\.txt:2: byte 0xc3 at byte 5"):
        sections(written(tmp_path, b"one\n\xc3"))


def test_empty_files_are_skipped_and_counted(tmp_path: Path) -> None:
    notices: list[str] = []
    paths = [written(tmp_path, "", "a.txt"), written(tmp_path, " \n\t\n", "b.txt"), written(tmp_path, "c", "c.txt")]
    assert len(sections(*paths, written(tmp_path, "", "d.jsonl"), notice=notices.append)) == 1
    assert notices[-1] == "3 files without text skipped"
    with pytest.raises(InputError, match=r"no text in .*a\.txt"):
        sections(*paths[:2])
    with pytest.raises(InputError, match="no files"):
        sections()


def test_a_folder_stands_for_its_files_and_says_once_how_they_are_read(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / str(number)).mkdir()
        written(tmp_path / str(number), f"text {number}\n")
    notices: list[str] = []
    found = sections(tmp_path, notice=notices.append)
    assert [section.sentences for section in found] == [("text 0",), ("text 1",), ("text 2",), ("text 3",)]
    assert len(notices) == 2
    assert notices[1] == "3 more files: plain text, each line is a document"


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
def test_compressed_files_are_read(tmp_path: Path, suffix: str) -> None:
    packs: dict[str, Callable[[bytes], bytes]] = {
        ".gz": gzip.compress,
        ".xz": lzma.compress,
        ".zst": zstandard.ZstdCompressor().compress,
    }
    pack = packs[suffix]
    packed = pack(b"one\ntwo\n" * 20_000)
    assert len(sections(written(tmp_path, packed, f"a.txt{suffix}"))) == 40_000
    with pytest.raises(CorpusError, match=rf"a\.txt\{suffix}"):
        sections(written(tmp_path, packed[:-9], f"a.txt{suffix}"))
    with pytest.raises(CorpusError, match=r"annotated files .* uncompressed"):
        sections(written(tmp_path, pack(b'{"text": "one"}\n'), f"a.jsonl{suffix}"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for name in ("none.txt", "none.jsonl"):
        with pytest.raises(CorpusError, match=name):
            sections(tmp_path / name)


@pytest.mark.parametrize(
    "settings", [{"documents": "pages"}, {"encoding": "utf-99"}], ids=["unit of documents", "encoding"]
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"pages|utf-99"):
        TextSettings(**settings)  # type: ignore[arg-type]


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sgml"):
        sections(written(tmp_path, "a"), format="sgml")


def test_columns_give_their_sentences(tmp_path: Path) -> None:
    notices: list[str] = []
    path = written(tmp_path, "-DOCSTART- O\n\n" + ANNOTATED)
    assert documents_of(sections(path, notice=notices.append)) == [["Ada Lovelace wrote .", "She said so ."]]
    assert notices[0].startswith(f"{path}: read as conll")
    assert visible(sections(path, format="text")).startswith("-DOCSTART-OAdaB-PER")


def test_records_without_entities_give_their_texts(tmp_path: Path) -> None:
    records = [{"text": "He came. She left.\r\n\r\nIt rained."}, {"text": " "}, {"text": "An end \ud83d."}]
    path = written(tmp_path, "".join(json.dumps(record) + "\n" for record in records), "a.jsonl")
    notices: list[str] = []
    assert documents_of(sections(path, notice=notices.append)) == [
        ["He came.", "She left.", "It rained."],
        ["An end \ufffd."],
    ]
    assert notices[-1] == "1 document without text skipped"
    assert len(documents_of(sections(path.rename(tmp_path / "a.txt")))) == 2


def test_a_text_with_its_brat_annotation_is_read_once(tmp_path: Path) -> None:
    written(tmp_path, "Ada wrote it.\nSo they said.\n", "a.txt")
    written(tmp_path, "T1\tPER 0 3\tAda\n", "a.ann")
    assert documents_of(sections(tmp_path)) == [["Ada wrote it.", "So they said."]]
    assert sections(tmp_path / "a.ann") == sections(tmp_path / "a.txt")


@pytest.mark.parametrize(
    "text",
    ["Vitamin B-12\n", "[1]\nA source\n", "{\n  int x;\n}\n", "{}\nno record\n", "I O\nU O\n", "12\tone\n13\ttwo\n"],
)
def test_plain_text_that_looks_annotated_at_first_is_plain_text(tmp_path: Path, text: str) -> None:
    assert visible(sections(written(tmp_path, text))) == "".join(text.split())


@needs_data
def test_real_files_are_taken_for_what_they_are() -> None:
    for path in sorted(file for file in DATA.rglob("*") if file.is_file()):
        notices: list[str] = []
        section = next(read_sections([path], settings=TextSettings(), notice=notices.append))
        expected = detect_format(path)
        assert notices[0].startswith(f"{path}: {'plain text' if expected == 'text' else f'read as {expected}'}")
        assert section.sentences


@needs_data
def test_the_digits_of_segmented_characters_are_no_text() -> None:
    settings = TextSettings()
    path = DATA / "weibo" / "weiboNER_2nd_conll.dev"
    first = next(read_sections([path], settings=settings, notice=str))
    assert "0" not in first.sentences[0]


@pytest.mark.parametrize("unit", ["lines", "blank-lines", "files"])
@pytest.mark.parametrize("text", ["word " * 60_000, "Some words. " * 30_000, "x" * 300_000, "A line.\n" * 40_000])
def test_long_documents_come_in_sections(tmp_path: Path, unit: DocumentUnit, text: str) -> None:
    found = sections(written(tmp_path, text), documents=unit)
    assert visible(found) == "".join(text.split())
    assert all(sum(map(len, section.sentences)) <= LONGEST_SECTION for section in found)
    if "\n" not in text or unit != "lines":
        assert len(found) > 3
        assert [section.continues for section in found] == [False] + [True] * (len(found) - 1)


@pytest.mark.parametrize("piece", ["word word Word. ", "word ", "x", " " * 99 + "\n", "A sentence is here.\n"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, piece: str) -> None:
    path = written(tmp_path, piece * (6_000_000 // len(piece)) + "end")
    tracemalloc.start()
    count = sum(1 for _ in read_sections([path], settings=TextSettings(documents="files"), notice=str))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count
    assert peak < 5_000_000


@given(
    text=st.text(st.sampled_from('aB.!?。" \n\r\t\u2028\x851é👍'), max_size=300),
    unit=st.sampled_from(["auto", "lines", "blank-lines", "files"]),
)
def test_nothing_is_lost(tmp_path_factory: pytest.TempPathFactory, text: str, unit: DocumentUnit) -> None:
    path = written(tmp_path_factory.mktemp("texts"), text + "x")
    found = sections(path, documents=unit, format="text")
    assert visible(found) == "".join(f"{text}x".split())
    assert all(sentence.strip() for section in found for sentence in section.sentences)
    assert all(section.sentences for section in found)
