"""A folder of an encoder whose files are broken, or ask for more than there is: one error, at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from onoma.errors import EncoderError
from onoma.models import load_pretrained
from support.tiny import write_distilbert, write_encoder

DEEP = "[" * 100_000 + "]" * 100_000

Edit = Callable[[Path], object]


def configured(**fields: object) -> Edit:
    def edit(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields), encoding="utf-8")

    return edit


def written(name: str, text: str) -> Edit:
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def sharded(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(DEEP, encoding="utf-8")


def without_subwords(folder: Path) -> None:
    path = folder / "tokenizer.json"
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["model"]["vocab"] = {}
    path.write_text(json.dumps(fields | {"added_tokens": [], "post_processor": None}), encoding="utf-8")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (written("config.json", DEEP), r"config\.json: is not JSON"),
        (written("tokenizer_config.json", DEEP), r"tokenizer_config\.json: is not JSON"),
        (sharded, r"index\.json: is not an index of shards"),
        (without_subwords, r"tokenizer\.json: the tokenizer cannot encode every character"),
        (configured(vocab_size=10**12), "config.json asks for"),
        (configured(hidden_size=10**9, num_attention_heads=1), "config.json asks for"),
        (configured(num_hidden_layers=10**9), "1,000,000,000 layers"),
        (configured(num_attention_heads=0), "num_attention_heads is 0"),
        (configured(hidden_size=-4), "hidden_size is -4"),
    ],
)
def test_a_hostile_folder_of_the_bert_family_is_refused(tmp_path: Path, edit: Edit, said: str) -> None:
    edit(write_encoder(tmp_path / "encoder"))
    with pytest.raises(EncoderError, match=said):
        load_pretrained(str(tmp_path / "encoder"))


@pytest.mark.parametrize(
    "edit",
    [
        configured(dim=10**7),
        configured(vocab_size=10**11),
        configured(dim="wide"),
        configured(n_heads=0),
        configured(more=json.loads("[" * 500 + "]" * 500)),
    ],
)
def test_a_hostile_folder_of_another_family_is_refused(tmp_path: Path, edit: Edit) -> None:
    edit(write_distilbert(tmp_path / "encoder"))
    with pytest.raises(EncoderError, match="transformers cannot load this encoder"):
        load_pretrained(str(tmp_path / "encoder"))
