"""Which parameters learn how fast."""

from __future__ import annotations

import pytest
import torch

from onoma.engine.groups import GroupSettings, make_groups
from onoma.errors import ConfigError
from onoma.models import AutoEncoder, Encoder, Model
from onoma.models.families import read_config
from support.tagging import linear, model_of
from support.tiny import hf_config


def model(family: str = "bert", layers: int = 3) -> Model:
    encoder = Encoder(read_config(hf_config(family, vocabulary=60, layers=layers)))
    return model_of(encoder, linear(encoder.hidden, 5))


def rates(model: Model, **settings: float) -> dict[str, tuple[float, float]]:
    """Rate and decay of each parameter that learns."""
    groups = make_groups(model, settings=GroupSettings(learning_rate=1.0, **settings))  # type: ignore[arg-type]
    found = {name: (group.learning_rate, group.weight_decay) for group in groups for name in group.parameters}
    assert len(found) == sum(len(group.parameters) for group in groups)
    assert found.keys() == {name for name, weights in model.named_parameters() if weights.requires_grad}
    return found


def test_by_default_all_learn_alike_and_vectors_do_not_decay():
    ours = model()
    for name, (rate, decay) in rates(ours).items():
        assert rate == 1.0
        assert decay == (0.01 if ours.get_parameter(name).ndim > 1 else 0.0), name


def test_rates_decay_towards_the_bottom():
    found = rates(model("electra"), layer_decay=0.5, head_learning_rate=7.0)
    assert found["heads.entities.affine.weight"] == (7.0, 0.01)
    assert found["encoder.layers.2.attention.query.weight"] == (1.0, 0.01)
    assert found["encoder.layers.1.feed_forward_norm.bias"] == (0.5, 0.0)
    assert found["encoder.layers.0.attention.query.weight"] == (0.25, 0.01)
    for name in ("projection.weight", "embeddings.words.weight", "embeddings.positions.weight"):
        assert found[f"encoder.{name}"] == (0.125, 0.01)


def test_groups_are_named_from_the_bottom_to_the_top():
    groups = make_groups(model(layers=1), settings=GroupSettings(learning_rate=1.0))
    assert [group.name for group in groups] == [
        f"{place}, {decayed}" for place in ("embeddings", "layer 0", "head") for decayed in ("not decayed", "decayed")
    ]


@pytest.mark.parametrize(("frozen", "layers"), [(0, 0), (1, 1), (3, 3)])
def test_frozen_layers_take_the_embeddings_with_them(frozen, layers):
    ours = model()
    found = rates(ours, freeze_layers=frozen)
    assert any(name.startswith("encoder.embeddings") for name in found) == (frozen == 0)
    for layer in range(3):
        assert any(name.startswith(f"encoder.layers.{layer}.") for name in found) == (layer >= layers)
    assert "heads.entities.affine.weight" in found


def test_embeddings_alone_can_be_frozen():
    found = rates(model("electra"), freeze_embeddings=True)
    assert not any(name.startswith(("encoder.embeddings", "encoder.projection")) for name in found)
    assert any(name.startswith("encoder.layers.0") for name in found)


def test_what_is_frozen_already_stays_frozen():
    ours = model()
    ours.encoder.requires_grad_(False)
    assert all(name.startswith("heads.") for name in rates(ours))


def test_torch_takes_the_groups():
    groups = make_groups(model(), settings=GroupSettings(learning_rate=1e-3, layer_decay=0.5))
    optimizer = torch.optim.AdamW([group.options() for group in groups])
    assert [group["lr"] for group in optimizer.param_groups] == [group.learning_rate for group in groups]


def test_layers_of_other_encoders_are_recognised_by_their_names():
    from transformers import DistilBertConfig, DistilBertModel

    theirs = DistilBertModel(DistilBertConfig(vocab_size=60, dim=32, n_layers=2, n_heads=4, hidden_dim=64))
    found = rates(model_of(AutoEncoder(theirs, hidden=32, prefix=""), linear(32, 5)), layer_decay=0.5)
    assert found["encoder.model.transformer.layer.1.ffn.lin1.weight"] == (1.0, 0.01)
    assert found["encoder.model.transformer.layer.0.ffn.lin1.bias"] == (0.5, 0.0)
    assert found["encoder.model.embeddings.word_embeddings.weight"] == (0.25, 0.01)


def test_layers_that_are_not_there_are_refused():
    with pytest.raises(ConfigError, match="4 are more than the encoder's 3"):
        rates(model(), freeze_layers=4)
    plain = model_of(AutoEncoder(torch.nn.Linear(3, 3), hidden=3, prefix=""), linear(3, 5))
    assert rates(plain)
    with pytest.raises(ConfigError, match="cannot be determined"):
        rates(plain, layer_decay=0.9)
