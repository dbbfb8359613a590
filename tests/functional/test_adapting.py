"""Adaptation before fine-tuning, in one run; and what a pre-trained encoder says when it is asked."""

from __future__ import annotations

import json
from contextlib import nullcontext
from itertools import pairwise
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import onoma as package
from onoma.engine.events import Event, Stepped
from onoma.errors import EncoderError, InputError, OnomaError, StoppedError

TEXTS = [
    "angela merkel visited lyon. the visited of and.",
    "in lyon the angela. to lyon and lyon.",
    "merkel in the lyon",
]

ADAPT: dict[str, Any] = {
    "adapt.objective.window": 16,
    "adapt.training.steps": 12,
    "adapt.training.measurements": 3,
    "adapt.training.batch_subwords": 64,
    "adapt.training.checkpoint_steps": 2,
    "adapt.training.dtype": "fp32",
    "training.dtype": "fp32",
    "training.epochs": 2,
    "model.window": 64,
}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "texts.txt"
    path.write_text("\n".join(f"{text} {number}" for number in range(40) for text in TEXTS) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(encoder, corpus, text, tmp_path_factory):
    """A run that adapts and then fine-tunes."""
    output = tmp_path_factory.mktemp("whole") / "model"
    settings = {**ADAPT, "adapt.text": str(text)}
    package.train(train=corpus, encoder=str(encoder), output=output, settings=settings)
    return output


@pytest.fixture(scope="module")
def pretrained(text, tmp_path_factory):
    """A new encoder that was trained on pairs."""
    output = tmp_path_factory.mktemp("pretrained") / "encoder"
    package.pretrain(
        text=text,
        output=output,
        settings={
            "model.layers": 1,
            "model.hidden": 32,
            "model.heads": 2,
            "model.vocabulary_size": 80,
            "objective.window": 32,
            "objective.sentence_pairs": "next",
            "training.steps": 60,
            "training.learning_rate": 0.01,
            "training.batch_subwords": 256,
            "training.measurements": 2,
            "training.dtype": "fp32",
        },
    )
    return output


def test_the_model_says_what_its_encoder_was_adapted_to(whole, encoder):
    manifest = json.loads((whole / "onoma.json").read_text(encoding="utf-8"))
    assert manifest["encoder"]["name"] == f"{encoder}, adapted to texts.txt"
    assert not (whole / "unfinished").exists()


@pytest.mark.parametrize(("first", "again", "asked"), [(False, True, False), (True, True, True)])
def test_embeddings_stay_as_they_are_where_the_head_is_new(encoder, text, tmp_path, first, again, asked):
    settings = {"objective.window": 16, "training.steps": 6, "training.batch_subwords": 64, "training.dtype": "fp32"}
    settings |= {"training.freeze_embeddings": False} if asked else {}
    new, old = tmp_path / "new", tmp_path / "old"
    package.pretrain(text=text, encoder=str(encoder), output=new, settings=settings)
    package.pretrain(text=text, encoder=str(new), output=old, settings=settings)
    name = "embeddings.word_embeddings.weight"
    embeddings = [
        next(tensor for key, tensor in load_file(folder / "model.safetensors").items() if key.endswith(name))
        for folder in (encoder, new, old)
    ]
    assert [not torch.equal(*pair) for pair in pairwise(embeddings)] == [first, again]


def test_adaptation_changes_the_encoder(whole, encoder, corpus, tmp_path):
    settings = {key: value for key, value in ADAPT.items() if not key.startswith("adapt")}
    package.train(train=corpus, encoder=str(encoder), output=tmp_path / "plain", settings=settings)
    assert (tmp_path / "plain" / "model.safetensors").read_bytes() != (whole / "model.safetensors").read_bytes()


@pytest.mark.parametrize("step", [5, 14])
def test_a_run_that_was_stopped_in_either_stage_ends_with_the_same_weights(
    step, whole, encoder, corpus, text, tmp_path
):
    seen = 0

    def stop(event: Event) -> bool:
        nonlocal seen
        seen += isinstance(event, Stepped)
        return seen == step and isinstance(event, Stepped)

    output = tmp_path / "model"
    settings = {**ADAPT, "adapt.text": str(text), "training.checkpoint_steps": 1}
    in_adaptation = step <= ADAPT["adapt.training.steps"]
    with pytest.raises(StoppedError, match="pass --resume") if in_adaptation else nullcontext():
        package.train(train=corpus, encoder=str(encoder), output=output, settings=settings, on_event=stop)
    package.train(output=output, resume=True)
    assert (output / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_a_key_that_adaptation_does_not_know_is_named(encoder, corpus, tmp_path, onoma):
    done = onoma("train", "--train", corpus, "--encoder", encoder, "-o", tmp_path / "x", "--set", "adapt.words=1")
    assert done.status == 2
    assert "adapt.words" in done.err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model.head": "cfr"}, "unknown head 'cfr'"),
        ({"model.window": 4096}, "more than the 512"),
        ({"data.train": "none.conll"}, "none.conll: cannot be read"),
    ],
)
def test_what_fine_tuning_cannot_use_is_refused_before_the_adaptation(
    encoder, corpus, text, tmp_path, settings, message
):
    def fail(event: Event) -> None:
        assert not isinstance(event, Stepped)

    with pytest.raises(OnomaError, match=message):
        package.train(
            train=corpus,
            encoder=str(encoder),
            output=tmp_path / "x",
            settings={**ADAPT, "adapt.text": str(text), **settings},
            on_event=fail,
        )
    assert not (tmp_path / "x").exists()


def test_masks_are_filled_with_what_the_text_has_there(pretrained, onoma):
    done = onoma("info", pretrained, "--fill", "angela merkel visited [MASK] .")
    assert done.status == 0
    assert done.out.startswith("mask 1  ")
    (found,) = package.fill_mask(str(pretrained), "angela merkel visited [MASK] .", top=3)
    assert len(found) == 3
    assert 0 < found[-1].probability <= found[0].probability < 1
    assert len(package.fill_mask(str(pretrained), "[MASK] merkel visited [MASK] .")) == 2


def test_both_predictions_are_printed_as_json(pretrained, onoma):
    text, pair = "angela merkel visited [MASK] .", ("angela merkel visited lyon.", "the visited of and.")
    done = onoma("info", pretrained, "--fill", text, "--pair", *pair, "--json")
    found = json.loads(done.out)
    (mask,) = package.fill_mask(str(pretrained), text)
    assert [each["subword"] for each in found["masks"][0]] == [each.subword for each in mask]
    assert found["follows"] == pytest.approx(package.next_sentence_probability(str(pretrained), *pair))


def test_a_pair_is_judged(pretrained, onoma):
    done = onoma("info", pretrained, "--pair", "angela merkel visited lyon.", "the visited of and.")
    assert done.status == 0
    assert done.out.startswith("follows  ")
    assert (
        0 < package.next_sentence_probability(str(pretrained), "angela merkel visited lyon.", "the visited of and.") < 1
    )


def test_an_encoder_says_what_it_was_trained_on(pretrained, onoma):
    done = onoma("info", pretrained)
    assert done.status == 0
    assert "1 layers of 32" in done.out
    assert "perplexity of masked subwords" in done.out
    facts = json.loads(onoma("info", pretrained, "--json").out)
    assert facts["sentence_pairs"] == "next"


def test_questions_that_an_encoder_cannot_answer_are_refused(pretrained, encoder, tmp_path):
    with pytest.raises(InputError, match=r"has no \[MASK\]"):
        package.fill_mask(str(pretrained), "angela merkel visited lyon")
    with pytest.raises(InputError, match="subwords, and the encoder can read 512"):
        package.fill_mask(str(pretrained), "[MASK] " * 600)
    with pytest.raises(EncoderError, match="no head for masked subwords; pre-train it first"):
        package.fill_mask(str(encoder), "angela [MASK]")
