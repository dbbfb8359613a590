"""What a student learns from, and which teachers and settings cannot be."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from onoma.errors import ConfigError, EncoderError
from onoma.models import MaskedBatch, Pretrained, build_distillation_model, load_pretrained
from support.tiny import wordpiece, write_distilbert, write_encoder


@pytest.fixture
def teacher(tmp_path: Path) -> Pretrained:
    return load_pretrained(str(write_encoder(tmp_path / "teacher", hidden=48, layers=4)))


@pytest.fixture
def student(tmp_path: Path) -> Pretrained:
    return load_pretrained(str(write_encoder(tmp_path / "student", hidden=32, layers=2)))


@pytest.fixture
def batch() -> MaskedBatch:
    lengths = torch.tensor([9, 3, 14])
    ids = torch.randint(5, 80, (26,), generator=torch.Generator().manual_seed(5))
    nothing = torch.empty(0, dtype=torch.long)
    return MaskedBatch(ids, torch.zeros_like(ids), lengths, nothing, nothing, torch.full((3,), -1))


def test_a_copy_of_the_teacher_has_nothing_to_learn(teacher, batch):
    model = build_distillation_model(replace(teacher, encoder=copy.deepcopy(teacher.encoder)), teacher).eval()
    total, weight = model.loss(batch)
    assert weight == batch.subwords
    assert 0 <= total < 1e-3


@pytest.mark.parametrize("recompute", [False, True])
def test_every_part_of_the_student_learns_and_the_teacher_stays(recompute, student, teacher, batch):
    before = {name: weights.clone() for name, weights in teacher.encoder.state_dict().items()}
    model = build_distillation_model(student, teacher).train()
    model.encoder.recompute = recompute
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    torch.autograd.backward(model.loss(batch)[0])
    still = [name for name, weights in model.named_parameters() if weights.grad is None or not weights.grad.any()]
    assert not still
    optimizer.step()
    for name, weights in teacher.encoder.named_parameters():
        assert weights.grad is None
        assert torch.equal(weights, before[name])


def test_the_teacher_is_no_part_of_the_model(student, teacher, batch):
    model = build_distillation_model(student, teacher)
    assert {name.split(".")[0] for name in model.state_dict()} == {"encoder", "to_teacher"}
    model.train()
    assert not teacher.encoder.training
    assert copy.deepcopy(model).teacher is model.teacher


def test_in_bfloat16_the_loss_stays_near(student, teacher, batch):
    model = build_distillation_model(student, teacher).eval()
    exact = model.loss(batch)[0]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = model.loss(batch)[0]
    assert rough.dtype == torch.float32
    assert rough != exact
    torch.testing.assert_close(rough, exact, atol=0, rtol=0.05)


def test_default_settings_depend_on_the_encoders(student, teacher, tmp_path):
    model = build_distillation_model(student, teacher)
    assert (model.relation_heads, model.teacher.layer) == (2, 3)
    norm = teacher.encoder.state_dict()["layers.3.feed_forward_norm.weight"]
    assert model.hidden_weight == pytest.approx(1 / float(norm.square().mean()))
    deep = load_pretrained(str(write_encoder(tmp_path / "deep", hidden=48, layers=24)))
    assert build_distillation_model(student, deep).teacher.layer == 20
    again = load_pretrained(str(tmp_path / "teacher"))
    assert build_distillation_model(teacher, again).relation_heads == 3


def test_settings_that_do_not_fit_are_refused(student, teacher):
    with pytest.raises(ConfigError, match=r"5 heads do not divide both widths, 48 .* and 32; .* 1, 2, 4, 8, 16$"):
        build_distillation_model(student, teacher, relation_heads=5)
    with pytest.raises(ConfigError, match="has 4 layers, and no layer 5"):
        build_distillation_model(student, teacher, teacher_layer=5)


def test_encoders_that_cannot_be_distilled_are_refused(student, teacher, tmp_path):
    foreign = load_pretrained(str(write_distilbert(tmp_path / "distilbert")))
    for pair in ((student, foreign), (foreign, teacher)):
        with pytest.raises(EncoderError, match="is a distilbert; only the BERT family can be distilled"):
            build_distillation_model(*pair)
    cased = replace(student, tokenizer=wordpiece(lowercase=False))
    with pytest.raises(EncoderError, match="have different tokenizers; choose an encoder"):
        build_distillation_model(cased, teacher)
