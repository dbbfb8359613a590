"""An encoder is distilled to a smaller one on unlabelled text, by command and by program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import onoma as package
from onoma.engine.events import Event, Stepped
from onoma.errors import ConfigError, EncoderError, InputError
from onoma.models import load_pretrained
from support.tiny import write_encoder

TEXTS = [
    "angela merkel visited lyon. the visited of and.",
    "in lyon the angela. to lyon and lyon.",
    "merkel in the lyon",
]

SETTINGS: dict[str, Any] = {
    "objective.window": 16,
    "training.steps": 30,
    "training.learning_rate": 0.003,
    "training.measurements": 3,
    "training.batch_subwords": 128,
    "training.checkpoint_steps": 4,
    "training.dtype": "fp32",
}


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("text") / "texts.txt"
    path.write_text("\n".join(f"{text} {number}" for number in range(40) for text in TEXTS) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def teacher(tmp_path_factory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("teacher") / "large", layers=4)


def distil(text: Path, teacher: Path, output: Path, /, *, shape: str | None = "teacher", **more: Any):
    settings = SETTINGS | more.pop("settings", {})
    return package.pretrain(text=text, teacher=str(teacher), shape=shape, output=output, settings=settings, **more)


@pytest.fixture(scope="module")
def whole(text, teacher, tmp_path_factory):
    """A run that nobody stops."""
    return distil(text, teacher, tmp_path_factory.mktemp("whole") / "student")


def test_the_student_comes_to_resemble_its_teacher(whole):
    first, *_, last = [line["dev"] for line in whole.history if line["kind"] == "epoch"]
    assert last["relation_loss"] < first["relation_loss"]
    assert last["hidden_loss"] < first["hidden_loss"]
    assert last["explained_variance"] > first["explained_variance"]
    assert set(whole.figures) == {"distillation_loss", "relation_loss", "hidden_loss", "explained_variance"}


def test_what_comes_out_is_an_encoder_that_names_its_teacher(whole, teacher):
    student, source = load_pretrained(str(whole.folder)), load_pretrained(str(teacher))
    assert student.tokenizer.to_str() == source.tokenizer.to_str()
    config = json.loads((whole.folder / "config.json").read_text(encoding="utf-8"))
    assert (config["architectures"], config["num_hidden_layers"]) == ([], 2)
    facts = json.loads((whole.folder / "pretraining.json").read_text(encoding="utf-8"))["teacher"]
    assert (facts["name"], facts["digest"], facts["layer"]) == (str(teacher), source.digest, 4)
    card = (whole.folder / "README.md").read_text(encoding="utf-8")
    assert "| began as | layers of the teacher |" in card
    assert f"{source.digest}), relations of its layer 4 in 2 heads" in card
    assert "masked" not in card


def test_it_begins_as_layers_of_the_teacher(text, teacher, tmp_path):
    distil(text, teacher, tmp_path / "x", settings={"model.layers": 2, "training.steps": 0})
    ours, theirs = (load_pretrained(str(path)).encoder.state_dict() for path in (tmp_path / "x", teacher))
    assert torch.equal(ours["embeddings.words.weight"], theirs["embeddings.words.weight"])
    for place, source in enumerate((1, 3)):
        name = "layers.{}.attention.query.weight"
        assert torch.equal(ours[name.format(place)], theirs[name.format(source)])


def test_a_stopped_run_ends_with_the_same_weights(whole, text, teacher, tmp_path):
    def stop(event: Event) -> bool:
        return isinstance(event, Stepped) and event.number == 14

    stopped = distil(text, teacher, tmp_path / "x", on_event=stop)
    assert stopped.interrupted
    package.pretrain(output=tmp_path / "x", resume=True)
    weights = (tmp_path / "x" / "model.safetensors").read_bytes()
    assert weights == (whole.folder / "model.safetensors").read_bytes()


def test_a_run_is_not_resumed_with_another_teacher(text, tmp_path):
    teacher = write_encoder(tmp_path / "large", layers=4)
    distil(text, teacher, tmp_path / "x", on_event=lambda event: isinstance(event, Stepped))
    write_encoder(tmp_path / "large", layers=4, seed=9)
    with pytest.raises(InputError, match=r"data\.teacher: sha256"):
        package.pretrain(output=tmp_path / "x", resume=True)


def test_by_command_to_a_new_encoder_of_another_width(onoma, text, teacher, tmp_path):
    output = tmp_path / "narrow"
    new = {"model.layers": 1, "model.hidden": 16, "model.heads": 2, "objective.distillation.relation_heads": 8}
    sets = [f"--set={name}={json.dumps(value)}" for name, value in (SETTINGS | new).items()]
    ended = onoma("pretrain", "--text", text, "--teacher", teacher, "--output", output, *sets)
    assert ended.status == 0, ended.err
    assert "held-out explained variance" in ended.err
    assert "explained variance of the teacher's hidden states: " in ended.out
    student = load_pretrained(str(output))
    assert (student.hidden, student.tokenizer.get_vocab_size()) == (
        16,
        load_pretrained(str(teacher)).tokenizer.get_vocab_size(),
    )
    assert "| began as | random weights |" in (output / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model.layers": 5}, "has 4 layers; 5 cannot be kept"),
        ({"model.hidden": 16}, "what begins as layers of the teacher has no hidden of its own"),
        ({"model.vocabulary": "x"}, "a new encoder has the vocabulary of its teacher"),
        ({"objective.sentence_pairs": "next"}, "a teacher does not judge pairs of sentences; set it to none"),
        ({"objective.distillation.relation_heads": 5}, "5 heads do not divide both widths"),
    ],
)
def test_settings_that_contradict_a_teacher(settings, message, text, teacher, tmp_path):
    with pytest.raises((ConfigError, EncoderError), match=message):
        distil(text, teacher, tmp_path / "x", settings=settings)


def test_layers_of_no_teacher(text, tmp_path):
    with pytest.raises(ConfigError, match="needs a teacher"):
        package.pretrain(text=text, shape="teacher", output=tmp_path / "x")


def test_an_encoder_with_another_tokenizer(text, teacher, tmp_path):
    other = write_encoder(tmp_path / "other", family="roberta")
    with pytest.raises(EncoderError, match="have different tokenizers"):
        distil(text, teacher, tmp_path / "x", shape=None, encoder=str(other))
