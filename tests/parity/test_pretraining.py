"""Our pre-training against Hugging Face's classes: the same losses, gradients and files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    BertConfig,
    BertForPreTraining,
    ElectraConfig,
    ElectraForMaskedLM,
    RobertaConfig,
    RobertaForMaskedLM,
)

from onoma.models import IGNORED, MaskedBatch, PretrainingModel, build_pretraining_model, save_pretraining_model
from onoma.models.families import build_encoder
from onoma.models.pretrained import Pretrained, load_pretrained
from support.tiny import wordpiece

_SHAPE: dict[str, Any] = {
    "vocab_size": 160,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 48,
}


def make_batch(*, token_types: bool = True) -> MaskedBatch:
    lengths = torch.tensor([12, 30, 7, 21])
    total = int(lengths.sum())
    chosen = torch.rand(total) < 0.2
    chosen[0] = False
    types = torch.cat([torch.arange(length) * 2 // length for length in lengths.tolist()])
    return MaskedBatch(
        ids=torch.randint(5, 160, (total,)),
        types=types if token_types else torch.zeros(total, dtype=torch.long),
        lengths=lengths,
        masked=chosen.nonzero().flatten(),
        targets=torch.randint(5, 160, (int(chosen.sum()),)),
        pairs=torch.tensor([0, 1, 1, 0]),
    )


def padded(batch: MaskedBatch) -> dict[str, Tensor]:
    """The batch as `transformers` takes it."""
    longest = int(batch.lengths.max())
    labels = torch.full((batch.subwords,), -100)
    labels[batch.masked] = batch.targets

    def pad(flat: Tensor, filler: int) -> Tensor:
        rows = flat.split(batch.lengths.tolist())
        return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=filler)

    mask = torch.arange(longest) < batch.lengths[:, None]
    return {
        "input_ids": pad(batch.ids, 0),
        "token_type_ids": pad(batch.types, 0),
        "attention_mask": mask.long(),
        "labels": pad(labels, -100),
    }


@pytest.fixture
def theirs() -> BertForPreTraining:
    torch.manual_seed(3)
    return BertForPreTraining(BertConfig(**_SHAPE, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0))


@pytest.fixture
def ours(theirs: BertForPreTraining, tmp_path) -> PretrainingModel:
    theirs.save_pretrained(tmp_path)
    wordpiece().save(str(tmp_path / "tokenizer.json"))
    model, new = build_pretraining_model(load_pretrained(str(tmp_path)), pairs=True)
    assert not new
    return model.train()


def test_losses_are_those_of_bert_for_pre_training(theirs, ours):
    batch = make_batch()
    found = ours.losses(batch)
    inputs = padded(batch)
    expected = theirs(**inputs, next_sentence_label=batch.pairs)
    masked = torch.nn.functional.cross_entropy(
        expected.prediction_logits.flatten(0, 1), inputs["labels"].flatten(), ignore_index=-100
    )
    pairs = torch.nn.functional.cross_entropy(expected.seq_relationship_logits, batch.pairs)
    assert abs(found.masked_loss / found.masked - masked) < 1e-5
    assert abs(found.pair_loss / found.pairs - pairs) < 1e-5
    total, weight = ours.loss(batch)
    assert abs(total / weight - expected.loss) < 1e-5


def test_gradients_are_those_of_bert_for_pre_training(theirs, ours):
    batch = make_batch()
    total, weight = ours.loss(batch)
    (total / weight).backward()
    theirs(**padded(batch), next_sentence_label=batch.pairs).loss.backward()
    pairs = [
        (ours.encoder.words.weight, theirs.bert.embeddings.word_embeddings.weight),
        (ours.encoder.embeddings.types.weight, theirs.bert.embeddings.token_type_embeddings.weight),
        (ours.encoder.layers[0].attention.query.weight, theirs.bert.encoder.layer[0].attention.self.query.weight),
        (ours.encoder.layers[2].feed_forward.inner.bias, theirs.bert.encoder.layer[2].intermediate.dense.bias),
        (ours.masked.transform.weight, theirs.cls.predictions.transform.dense.weight),
        (ours.masked.bias, theirs.cls.predictions.bias),
        (ours.pairs.pooler.weight, theirs.bert.pooler.dense.weight),
        (ours.pairs.affine.bias, theirs.cls.seq_relationship.bias),
    ]
    for mine, expected in pairs:
        torch.testing.assert_close(mine.grad, expected.grad, atol=1e-6, rtol=1e-4)


def test_pairs_that_are_not_judged_have_no_loss(theirs, ours):
    batch = replace(make_batch(), pairs=torch.tensor([0, IGNORED, 1, IGNORED]))
    found = ours.losses(batch)
    expected = theirs(**padded(batch)).seq_relationship_logits
    loss = torch.nn.functional.cross_entropy(expected[[0, 2]], torch.tensor([0, 1]))
    assert found.pairs == 2
    assert abs(found.pair_loss / 2 - loss) < 1e-5


def test_a_saved_model_is_loaded_by_transformers(ours, tmp_path):
    folder = tmp_path / "saved"
    folder.mkdir()
    save_pretraining_model(ours, folder, pretrained=load_pretrained(str(tmp_path)))
    batch = make_batch()
    inputs = padded(batch)
    loaded, report = cast("Any", BertForPreTraining).from_pretrained(folder, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert abs(loaded(**inputs, next_sentence_label=batch.pairs).loss - _mean(ours, batch)) < 1e-5
    masked = AutoModelForMaskedLM.from_pretrained(folder).eval()
    found = ours.losses(batch)
    assert abs(masked(**inputs).loss - found.masked_loss / found.masked) < 1e-5
    hidden = AutoModel.from_pretrained(folder).eval()(input_ids=batch.ids[None, :12]).last_hidden_state
    mine = ours.eval().encoder(batch.ids[None, :12], torch.ones(1, 12, dtype=torch.long))
    torch.testing.assert_close(mine, hidden, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("their_class", "config"),
    [
        (RobertaForMaskedLM, RobertaConfig(**_SHAPE | {"max_position_embeddings": 50}, type_vocab_size=1)),
        (ElectraForMaskedLM, ElectraConfig(**_SHAPE, embedding_size=16)),
    ],
)
def test_other_families_keep_their_head_for_masked_subwords(their_class, config, tmp_path):
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    theirs = their_class(config)
    theirs.save_pretrained(tmp_path)
    wordpiece().save(str(tmp_path / "tokenizer.json"))
    pretrained = load_pretrained(str(tmp_path))
    ours, new = build_pretraining_model(pretrained, pairs=False)
    assert not new
    batch = make_batch(token_types=False)
    expected = theirs(**padded(batch)).loss
    assert abs(_mean(ours.train(), batch) - expected) < 1e-5
    again = tmp_path / "again"
    again.mkdir()
    save_pretraining_model(ours, again, pretrained=pretrained)
    loaded = AutoModelForMaskedLM.from_pretrained(again)
    assert type(loaded) is their_class
    assert abs(loaded(**padded(batch)).loss - expected) < 1e-5


def test_heads_are_found_under_the_names_of_tensorflow(tmp_path):
    theirs = BertForPreTraining(BertConfig(**_SHAPE, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0))
    theirs.save_pretrained(tmp_path)
    path = tmp_path / "model.safetensors"
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for name, tensor in load_file(path).items()
    }
    assert "cls.predictions.transform.LayerNorm.gamma" in old
    save_file(old, path, metadata={"format": "pt"})
    wordpiece().save(str(tmp_path / "tokenizer.json"))
    ours, new = build_pretraining_model(load_pretrained(str(tmp_path)), pairs=True)
    assert not new
    batch = make_batch()
    assert abs(_mean(ours.train(), batch) - theirs(**padded(batch), next_sentence_label=batch.pairs).loss) < 1e-5


def test_an_encoder_without_heads_gets_new_ones(tmp_path):
    config = BertConfig(**_SHAPE).to_dict()
    weights = BertForPreTraining(BertConfig(**_SHAPE)).bert.state_dict()
    encoder = build_encoder(config, weights)
    pretrained = Pretrained(
        name="x", family="bert", hf_config=config, encoder=encoder, tokenizer=wordpiece(), longest=48, digest=""
    )
    _, new = build_pretraining_model(pretrained, pairs=True)
    assert new


def _mean(model: PretrainingModel, batch: MaskedBatch) -> Tensor:
    total, weight = model.loss(batch)
    return total / weight
