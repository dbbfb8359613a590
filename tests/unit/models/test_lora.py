"""Adapters begin as nothing, learn, and leave plain weights behind that give the same."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from onoma.errors import ConfigError, MissingExtraError
from onoma.models import AutoEncoder, Encoder, load_pretrained
from onoma.models.families import read_config
from onoma.models.lora import LoraSettings, add_lora, merge_lora
from support.tiny import hf_config, ragged, shake, write_distilbert

IDS, MASK = ragged([5, 9], vocabulary=60, pad=0)


def bert() -> Encoder:
    encoder = Encoder(read_config(hf_config("bert", vocabulary=60)))
    shake(encoder)
    return encoder.eval()


@pytest.fixture(params=["ours", "theirs"])
def encoder(request: pytest.FixtureRequest, tmp_path: Path) -> Encoder | AutoEncoder:
    pytest.importorskip("peft")
    if request.param == "ours":
        return bert()
    return load_pretrained(str(write_distilbert(tmp_path / "distilbert"))).encoder


def learn(encoder: Encoder | AutoEncoder) -> None:
    """Some steps, so that the adapters are no longer nothing."""
    optimizer = torch.optim.SGD([weights for weights in encoder.parameters() if weights.requires_grad], lr=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        encoder(IDS, MASK)[MASK == 1].square().mean().backward()
        optimizer.step()


def test_adapters_begin_as_nothing_learn_and_are_merged(encoder):
    names, before = list(encoder.state_dict()), encoder(IDS, MASK)
    add_lora(encoder, settings=LoraSettings(rank=4, alpha=8.0))
    torch.testing.assert_close(encoder(IDS, MASK), before)
    learn(encoder)
    learnt = encoder(IDS, MASK)
    assert not torch.allclose(learnt, before, atol=1e-3)
    merge_lora(encoder)
    assert list(encoder.state_dict()) == names
    assert all(weights.requires_grad for weights in encoder.parameters())
    torch.testing.assert_close(encoder(IDS, MASK), learnt)


def test_only_adapters_learn(encoder):
    before = {name: weights.clone() for name, weights in encoder.named_parameters()}
    add_lora(encoder, settings=LoraSettings())
    learn(encoder)
    learning = [name for name, weights in encoder.named_parameters() if weights.requires_grad]
    assert learning
    assert all("lora_" in name for name in learning)
    for name, weights in encoder.named_parameters():
        if "lora_" not in name:
            assert torch.equal(weights, before[name.replace(".base_layer", "")])


def test_the_packed_way_goes_through_adapters_as_well():
    pytest.importorskip("peft")
    encoder = bert()
    add_lora(encoder, settings=LoraSettings())
    learn(encoder)
    packed = encoder.packed(IDS[MASK == 1], torch.tensor([5, 9]))
    torch.testing.assert_close(packed, encoder(IDS, MASK)[MASK == 1], rtol=1e-4, atol=1e-5)


def test_targets_choose_matrices():
    pytest.importorskip("peft")
    encoder = bert()
    add_lora(encoder, settings=LoraSettings(targets=("query", "feed_forward.outer")))
    adapted = {name.partition(".lora_")[0] for name, _ in encoder.named_parameters() if "lora_" in name}
    assert adapted == {f"layers.{n}.{part}" for n in range(2) for part in ("attention.query", "feed_forward.outer")}


def test_a_target_that_is_not_there_is_named():
    pytest.importorskip("peft")
    with pytest.raises(ConfigError, match="has the name 'q_proj'; use inner, key, outer, output, query, value"):
        add_lora(bert(), settings=LoraSettings(targets=("q_proj",)))


def test_without_peft_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingExtraError, match=r"onoma\[lora\]"):
        add_lora(bert(), settings=LoraSettings())
