"""Names of the architectures that people fine-tune."""

from __future__ import annotations

import pytest

from onoma.models.depth import count_layers, is_embedding, layer_of

LAYERS = {
    "layers.0.attention.query": 0,
    "layers.3.attention.query.lora_A.default.weight": 3,
    "model.transformer.layer.5.ffn.lin1.weight": 5,
    "model.encoder.layer.11.attention.self.query_proj.weight": 11,
    "model.encoder.block.7.layer.0.SelfAttention.q.weight": 7,
    "model.h.2.attn.c_attn.weight": 2,
}
BELOW = [
    "embeddings.words.weight",
    "projection.weight",
    "model.embeddings.LayerNorm.bias",
    "model.encoder.rel_embeddings.weight",
    "model.embed_tokens.weight",
    "model.wte.weight",
]
ABOVE = ["model.final_norm.weight", "model.pooler.dense.weight", "model.encoder.LayerNorm.bias"]


@pytest.mark.parametrize("name", LAYERS)
def test_names_inside_layers_have_a_depth(name):
    assert layer_of(name) == LAYERS[name]
    assert not is_embedding(name)


@pytest.mark.parametrize("name", BELOW)
def test_names_of_embeddings_are_recognised(name):
    assert layer_of(name) is None
    assert is_embedding(name)


@pytest.mark.parametrize("name", ABOVE)
def test_names_above_the_layers_are_not_embeddings(name):
    assert layer_of(name) is None
    assert not is_embedding(name)


def test_layers_are_counted():
    assert count_layers(LAYERS) == 12
    assert count_layers(BELOW) == 0
