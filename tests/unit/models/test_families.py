from __future__ import annotations

import pytest
import torch
from torch import Tensor

from onoma.errors import EncoderError
from onoma.models import Encoder
from onoma.models.families import FAMILIES, build_encoder, covers, named_weights, read_config
from support.tiny import OURS, hf_config, ragged, shake


def made(family: str) -> tuple[dict[str, object], Encoder, dict[str, Tensor]]:
    fields = hf_config(family, vocabulary=60)
    encoder = Encoder(read_config(fields)).eval()
    shake(encoder)
    return fields, encoder, named_weights(encoder, FAMILIES[family])


def same(one: Encoder, other: Encoder) -> bool:
    ids, mask = ragged((6, 2), vocabulary=60, pad=1)
    return torch.equal(one.eval()(ids, mask), other.eval()(ids, mask))


@pytest.mark.parametrize("family", OURS)
def test_weights_survive_a_round_trip_through_hugging_face_names(family: str) -> None:
    fields, encoder, weights = made(family)
    assert len(weights) == len(encoder.state_dict())
    assert same(build_encoder(fields, weights), encoder)


@pytest.mark.parametrize("prefix", ["", "bert.", "model.bert.", "0.auto_model."])
def test_weights_are_found_under_any_prefix(prefix: str) -> None:
    fields, encoder, weights = made("bert")
    renamed = {prefix + name.removeprefix("bert."): tensor for name, tensor in weights.items()}
    assert same(build_encoder(fields, renamed), encoder)


def test_the_family_s_own_prefix_wins() -> None:
    fields, encoder, weights = made("electra")
    other = {name.removeprefix("electra."): torch.zeros_like(tensor) for name, tensor in weights.items()}
    assert same(build_encoder(fields, other | weights), encoder)


def test_old_names_of_layer_norms_are_known() -> None:
    fields, encoder, weights = made("bert")
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for name, tensor in weights.items()
    }
    assert "bert.embeddings.LayerNorm.gamma" in old
    assert same(build_encoder(fields, old), encoder)


def test_what_is_no_part_of_the_encoder_is_left_alone() -> None:
    fields, encoder, weights = made("roberta")
    more = {
        "roberta.embeddings.position_ids": torch.arange(514)[None],
        "roberta.pooler.dense.weight": torch.zeros(32, 32),
        "lm_head.decoder.weight": torch.zeros(60, 32),
    }
    assert same(build_encoder(fields, weights | more), encoder)


def test_half_precision_becomes_fp32() -> None:
    fields, _, weights = made("bert")
    built = build_encoder(fields, {name: tensor.half() for name, tensor in weights.items()})
    assert {tensor.dtype for tensor in built.state_dict().values()} == {torch.float32}


def test_roberta_counts_positions_from_behind_its_padding_id() -> None:
    config = read_config(hf_config("roberta", vocabulary=60))
    assert (config.first_position, config.positions, config.longest) == (2, 514, 512)


def test_a_missing_parameter_is_named() -> None:
    fields, _, weights = made("bert")
    del weights["bert.encoder.layer.1.output.dense.bias"]
    with pytest.raises(EncoderError, match=r"lack bert\.encoder\.layer\.1\.output\.dense\.bias"):
        build_encoder(fields, weights)


def test_a_parameter_of_another_shape_is_named() -> None:
    fields, _, weights = made("bert")
    with pytest.raises(
        EncoderError, match=r"intermediate\.dense\.weight has the shape \[64, 32\].*asks for \[65, 32\]"
    ):
        build_encoder(fields | {"intermediate_size": 65}, weights)


def test_weights_of_something_else_are_refused() -> None:
    with pytest.raises(EncoderError, match="under any prefix"):
        build_encoder(hf_config("bert", vocabulary=60), {"conv1.weight": torch.zeros(3)})


@pytest.mark.parametrize("field", ["hidden_size", "vocab_size", "num_hidden_layers", "max_position_embeddings"])
def test_a_missing_measure_is_named(field: str) -> None:
    fields = hf_config("bert", vocabulary=60)
    del fields[field]
    with pytest.raises(EncoderError, match=field):
        read_config(fields)


def test_a_width_that_heads_cannot_share_is_refused() -> None:
    with pytest.raises(EncoderError, match="cannot share"):
        read_config(hf_config("bert", vocabulary=60) | {"num_attention_heads": 5})


@pytest.mark.parametrize(
    "fields",
    [
        {"model_type": "deberta-v2"},
        {"model_type": "bert", "position_embedding_type": "relative_key"},
        {"model_type": "bert", "is_decoder": True},
        {"model_type": "bert", "hidden_act": "mish"},
    ],
)
def test_what_our_encoder_does_not_compute_is_left_to_others(fields: dict[str, object]) -> None:
    assert not covers(fields)
    assert covers({"model_type": "bert"})
