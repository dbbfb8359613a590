from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from onoma.errors import EncoderError
from onoma.models import save_tokenizer
from onoma.models.tokenizer import load_tokenizer, prepare_for_words
from support.tiny import byte_level, wordpiece

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "Lyon", "lyon", "e", "##s", "É", "is", "中"]


def vocabulary(folder: Path, settings: dict[str, object] | None = None, *, pieces: list[str] = PIECES) -> Path:
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    if settings is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def tokens(tokenizer: Tokenizer, words: list[str]) -> list[str]:
    found: list[str] = tokenizer.encode(words, is_pretokenized=True).tokens
    return found


def test_tokenizer_json_comes_first(tmp_path: Path) -> None:
    wordpiece().save(str(tmp_path / "tokenizer.json"))
    assert load_tokenizer(vocabulary(tmp_path)).get_vocab_size() == wordpiece().get_vocab_size()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["lyon", "e", "##s"]),
        ({"do_lower_case": True}, ["lyon", "e", "##s"]),
        ({"do_lower_case": False}, ["Lyon", "É", "##s"]),
        ({"do_lower_case": True, "strip_accents": False}, ["lyon", "[UNK]"]),
    ],
)
def test_a_vocabulary_is_read_with_its_case(tmp_path: Path, settings: dict[str, object], expected: list[str]) -> None:
    tokenizer = load_tokenizer(vocabulary(tmp_path, settings))
    assert tokens(tokenizer, ["Lyon", "És"]) == ["[CLS]", *expected, "[SEP]"]


def test_a_vocabulary_may_leave_chinese_words_whole(tmp_path: Path) -> None:
    assert tokens(load_tokenizer(vocabulary(tmp_path)), ["中is"]) == ["[CLS]", "中", "is", "[SEP]"]
    whole = load_tokenizer(vocabulary(tmp_path, {"tokenize_chinese_chars": False}))
    assert tokens(whole, ["中is"]) == ["[CLS]", "[UNK]", "[SEP]"]


def test_a_vocabulary_without_special_tokens_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"vocab\.txt: .*lacks \[CLS\], \[SEP\]"):
        load_tokenizer(vocabulary(tmp_path, pieces=["[PAD]", "[UNK]", "a"]))


def test_a_loaded_tokenizer_neither_truncates_nor_pads(tmp_path: Path) -> None:
    tokenizer = wordpiece()
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=20)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert len(load_tokenizer(tmp_path).encode("a b c d e f")) == 8


@pytest.mark.parametrize("nested", [False, True])
def test_bytes_take_a_word_alike_wherever_it_stands(nested: bool) -> None:
    tokenizer = byte_level()
    if nested:
        stages = [pre_tokenizers.Digits(), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(stages)
    assert tokens(tokenizer, ["Lyon", "Lyon"])[1] == "L"
    assert tokens(prepare_for_words(tokenizer), ["Lyon", "Lyon"]) == ["<s>", "ĠLyon", "ĠLyon", "</s>"]


def test_metaspace_takes_a_word_alike_wherever_it_stands() -> None:
    tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0), ("▁a", -1.0), ("a", -1.0)], unk_id=0, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    assert tokens(prepare_for_words(tokenizer), ["a", "a"]) == ["▁a", "▁a"]


def test_what_needs_no_change_stays_the_same() -> None:
    tokenizer = wordpiece()
    assert prepare_for_words(tokenizer) is tokenizer


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(EncoderError, match=r"tokenizer\.json: cannot be read as a tokenizer"):
        load_tokenizer(tmp_path)


def test_settings_that_are_no_json_are_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text("{")
    with pytest.raises(EncoderError, match=r"tokenizer_config\.json: is not JSON"):
        load_tokenizer(tmp_path)


def test_a_folder_without_a_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot be read as a tokenizer"):
        load_tokenizer(tmp_path)


def test_a_saved_tokenizer_names_its_special_tokens(tmp_path: Path) -> None:
    save_tokenizer(byte_level(), tmp_path, longest=77)
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert settings["pad_token"] == "<pad>"
    assert settings["cls_token"] == "<s>"
    assert settings["model_max_length"] == 77
    assert load_tokenizer(tmp_path).get_vocab() == byte_level().get_vocab()
