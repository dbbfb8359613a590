from __future__ import annotations

import hashlib
import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from onoma.errors import EncoderError
from onoma.models import load_pretrained
from onoma.models.weights import digest, find_weights, read_weights


def test_safetensors_come_before_pickles(bert_folder: Path) -> None:
    (bert_folder / "pytorch_model.bin").write_bytes(b"not even read")
    assert find_weights(bert_folder) == (bert_folder / "model.safetensors",)


def test_a_pickle_of_tensors_is_read(bert_folder: Path) -> None:
    tensors = load_file(bert_folder / "model.safetensors")
    (bert_folder / "model.safetensors").unlink()
    torch.save(tensors, bert_folder / "pytorch_model.bin")
    found = read_weights(find_weights(bert_folder))
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())
    assert load_pretrained(str(bert_folder)).family == "bert"


def test_shards_are_put_together(bert_folder: Path) -> None:
    tensors = load_file(bert_folder / "model.safetensors")
    (bert_folder / "model.safetensors").unlink()
    names = sorted(tensors)
    shards = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for shard, part in shards.items():
        save_file({name: tensors[name] for name in part}, bert_folder / shard)
    placed = {name: shard for shard, part in shards.items() for name in part}
    (bert_folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": placed}))
    found = read_weights(find_weights(bert_folder))
    assert all(torch.equal(found[name], tensors[name]) for name in names)

    (bert_folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(EncoderError, match=r"model-00002-of-00002\.safetensors: the weight file is missing"):
        read_weights(find_weights(bert_folder))


@pytest.mark.parametrize("index", ["[]", "{}", '{"weight_map": 1}', "no JSON", '{"weight_map": {"a": "../secret"}}'])
def test_a_broken_index_is_refused(tmp_path: Path, index: str) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(index)
    with pytest.raises(EncoderError, match=r"model\.safetensors\.index\.json: "):
        find_weights(tmp_path)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"neither model\.safetensors nor pytorch_model\.bin"):
        find_weights(tmp_path)


@pytest.mark.parametrize("kept", [0, 7, 100, 5_000])
def test_a_file_that_was_cut_short_is_named(bert_folder: Path, kept: int) -> None:
    path = bert_folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(
        EncoderError, match=r"model\.safetensors: the weight file is truncated or broken .*download again"
    ):
        load_pretrained(str(bert_folder))


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (str(tmp_path / "exploded"),)

    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(EncoderError, match=r"pytorch_model\.bin"):
        read_weights([path])
    assert not (tmp_path / "exploded").exists()


def test_the_digest_is_the_file_s_sha_256(bert_folder: Path) -> None:
    path = bert_folder / "model.safetensors"
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest([path]) == load_pretrained(str(bert_folder)).digest == f"sha256:{expected}"
    assert digest([path, path]) != digest([path])
