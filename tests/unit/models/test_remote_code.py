"""A folder of an encoder that brings code or sends a reader elsewhere: neither is followed, and nobody is asked."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from onoma.errors import EncoderError
from onoma.models import load_pretrained, save_encoder
from onoma.models.tokenizer import load_tokenizer
from onoma.models.transformers_encoder import classifier_of
from support.tiny import write_distilbert, write_encoder

CODE = """
from pathlib import Path
Path(__file__).with_name("ran").touch()
from transformers import PreTrainedTokenizerFast as Tokenizer, DistilBertConfig as Config, DistilBertModel as Model
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DistilBERT, the code of a stranger beside it, and a user who would say yes to everything."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n" * 9))
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path / "modules"))
    folder = write_distilbert(tmp_path / "encoder")
    (folder / "stranger.py").write_text(CODE, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def nothing_ran(folder: Path, capfd: pytest.CaptureFixture[str]):
    yield
    assert not list(folder.parent.rglob("ran"))
    assert sys.stdin.read() == "y\n" * 9
    assert "custom code" not in capfd.readouterr().out


def change(path: Path, **fields: object) -> None:
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps(known | fields), encoding="utf-8")


@pytest.mark.parametrize(
    "auto_map",
    [
        {"AutoTokenizer": [None, "stranger.Tokenizer"]},
        {"AutoTokenizer": ["stranger.Tokenizer", None]},
        ["stranger.Tokenizer", None],
    ],
)
@pytest.mark.parametrize("family", ["distilbert", "strange"])
def test_a_tokenizer_that_is_code(folder: Path, auto_map: object, family: str) -> None:
    (folder / "tokenizer.json").unlink()
    change(folder / "config.json", model_type=family)
    change(folder / "tokenizer_config.json", tokenizer_class="Tokenizer", auto_map=auto_map)
    with pytest.raises(EncoderError, match=r"encoder: the tokenizer is code in the folder \(stranger\.Tokenizer\)"):
        load_tokenizer(folder)


def test_a_model_that_is_code(folder: Path) -> None:
    change(
        folder / "config.json",
        model_type="strange",
        auto_map={"AutoConfig": "stranger.Config", "AutoModel": "stranger.Model"},
    )
    with pytest.raises(EncoderError, match=r"encoder: the model is code in the folder \(stranger\.Model\)"):
        load_pretrained(str(folder))


def test_code_beside_a_model_that_is_known_is_ignored(folder: Path) -> None:
    change(
        folder / "config.json",
        auto_map={
            "AutoConfig": "stranger.Config",
            "AutoModel": "stranger.Model",
            "AutoModelForTokenClassification": "stranger.Model",
        },
    )
    pretrained = load_pretrained(str(folder))
    assert pretrained.family == "distilbert"
    assert classifier_of(pretrained.hf_config, frozenset()) is None


def test_what_is_saved_names_no_code(tmp_path: Path) -> None:
    source = write_encoder(tmp_path / "bert")
    change(source / "config.json", auto_map={"AutoModel": "stranger.Model"}, attn_implementation="strangers/kernel")
    saved = tmp_path / "saved"
    saved.mkdir()
    save_encoder(load_pretrained(str(source)), saved)
    kept = json.loads((saved / "config.json").read_text(encoding="utf-8"))
    assert kept["model_type"] == "bert"
    assert not {"auto_map", "attn_implementation"} & set(kept)


def test_a_configuration_that_names_a_kernel_to_download(folder: Path) -> None:
    change(folder / "config.json", attn_implementation="strangers/kernel", _attn_implementation="strangers/kernel")
    pretrained = load_pretrained(str(folder))
    assert classifier_of(pretrained.hf_config, frozenset()) is None


def test_an_adapter_that_names_a_model_elsewhere(folder: Path, tmp_path: Path) -> None:
    other = write_encoder(tmp_path / "other")
    change(folder / "adapter_config.json", peft_type="LORA", base_model_name_or_path=str(other))
    with pytest.raises(EncoderError, match=r"adapter_config\.json: an adapter .* merge it"):
        load_pretrained(str(folder))
