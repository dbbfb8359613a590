"""A space is read and written as TOML, fits its run, and is chosen by the size of the training text."""

from __future__ import annotations

import tomllib

import pytest

from onoma.errors import ConfigError
from onoma.training import ResolvedRun, read_config
from onoma.training.building import ResolvedSettings
from onoma.tuning import Choice, Float, Int, default_space, read_space
from onoma.tuning.config import read_tune_config
from onoma.tuning.space import Value

RESOLVED = ResolvedRun(ResolvedSettings(learning_rate=1e-4, batch_subwords=512, epochs=6), 0.0)


@pytest.fixture
def run():
    return read_config(None, settings={"data.train": "a.conll", "data.dev": "b.conll", "output": "x"})


def _space(text, run):
    return read_space(tomllib.loads(text)["space"], run)


def test_ranges_and_choices_are_read_with_dots_or_in_tables(run):
    dotted = _space(
        "[space]\ntraining.learning_rate = { low = 1e-5, high = 1e-3, log = true }\ntraining.epochs = {low=2, high=8}\n"
        'model.head = ["linear", "crf"]\n',
        run,
    )
    assert dotted.domains == {
        "training.learning_rate": Float(1e-5, 1e-3, True),
        "training.epochs": Int(2, 8),
        "model.head": Choice(("linear", "crf")),
    }
    quoted = _space('[space]\n"training.epochs" = { low = 2, high = 8 }\n', run)
    assert quoted.domains == {"training.epochs": Int(2, 8)}
    assert _space(dotted.to_toml(), run) == dotted


def test_a_setting_that_is_a_real_number_has_real_bounds(run):
    space = _space("[space]\ntraining.weight_decay = { low = 0, high = 0.5 }\nmodel.dropout = [0, 0.5]\n", run)
    assert space.domains["training.weight_decay"] == Float(0.0, 0.5)
    assert _space("[space]\ntraining.class_weights.O = { low = 0, high = 1 }\n", run).domains == {
        "training.class_weights.O": Float(0, 1)
    }


def test_a_setting_that_is_a_whole_number_has_whole_bounds(run):
    space = _space("[space]\ntraining.batch_subwords = { low = 5e2, high = 2e3, log = true }\n", run)
    assert space.domains == {"training.batch_subwords": Int(500, 2000, True)}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("training.learning_rte = [1e-4, 1e-3]", "unknown key 'training.learning_rte'"),
        ('model.head = ["linear", "nonsense"]', "model.head: unknown head 'nonsense'; choose one of linear"),
        ("training.epochs = { low = 8, high = 2 }", "low 8 is above high 2"),
        ("training.learning_rate = { low = 0.0, high = 1e-3, log = true }", "low is above 0"),
        ("training.learning_rate = { low = 1e-5, high = 3.0 }", "less than or equal to 1"),
        ("training.epochs = 5", "expected a range"),
        ("training.epochs = []", "expected a range"),
        ("training.epochs = { low = 1, high = 5, step = 2 }", "expected a range"),
        ("training.class_weights = [{ O = 0.5 }]", "a choice is among"),
        ("data.test = ['a', 'b']", "the same in all trials"),
        ("training.seed = [1, 2]", "the same in all trials"),
        ("", "has no settings to search"),
    ],
)
def test_what_cannot_be_searched_is_said(run, text, complaint):
    with pytest.raises(ConfigError, match=complaint):
        _space(f"[space]\n{text}\n", run)


def test_a_trial_is_the_run_with_its_values(run):
    space = default_space(run, RESOLVED, sentences=500)
    params: dict[str, Value] = {
        "training.learning_rate": 3e-4,
        "model.head": "linear",
        "training.class_weights": "balanced",
    }
    config = space.config(run, params)
    assert (config.training.learning_rate, config.training.class_weights) == (3e-4, "balanced")
    assert config.data == run.data
    assert space.config(run, {**params, "training.class_weights": "default"}).training.class_weights is None
    assert space.config(run, {**params, "model.head": "crf"}).training.class_weights is None


def test_the_run_as_it_is_has_values_in_the_default_space(run):
    for sentences in (50, 5_000, 50_000):
        space = default_space(run, RESOLVED, sentences=sentences)
        params = space.params_from_run(run, RESOLVED)
        assert not isinstance(params, str)
        assert params["training.learning_rate"] == 1e-4
        same = space.config(run, params)
        assert same.model == run.model
        assert (same.training.epochs, same.training.batch_subwords) == (6, 512)


def test_a_run_outside_of_the_space_is_said_to_be(run):
    space = _space("[space]\ntraining.learning_rate = { low = 1e-3, high = 1e-2 }\n", run)
    assert "training.learning_rate is 0.0001" in str(space.params_from_run(run, RESOLVED))
    space = _space("[space]\nmodel.encoder_dropout = { low = 0.0, high = 0.5 }\n", run)
    assert "is chosen by other settings" in str(space.params_from_run(run, RESOLVED))


def test_fewer_sentences_are_searched_more_widely(run):
    few, some, many = (default_space(run, RESOLVED, sentences=count) for count in (500, 5_000, 50_000))
    assert set(few.domains) - set(some.domains) == {"training.class_weights"}
    assert few.domains["training.epochs"] == Int(3, 12, True)
    assert many.domains["training.epochs"] == Int(5, 8)
    assert some.domains["training.learning_rate"] == Float(2.5e-5, 4e-4, True)
    assert many.domains["training.learning_rate"] == Float(5e-5, 2e-4, True)


def test_the_window_is_searched_where_documents_fill_it(run):
    assert "model.window" not in default_space(run, RESOLVED, sentences=500).domains
    long = ResolvedRun(RESOLVED.settings, 0.5)
    assert default_space(run, long, sentences=500).domains["model.window"] == Choice((128, 256))


def test_several_encoders_are_searched_with_rates_for_each(run):
    space = default_space(run, RESOLVED, sentences=500, encoders=[("small", 1e-4), ("large", 2e-5)])
    assert space.domains["model.encoder"] == Choice(("small", "large"))
    assert space.domains["training.learning_rate"] == Float(5e-6, 4e-4, True)
    assert "model.encoder" not in default_space(run, RESOLVED, sentences=500, encoders=[("small", 1e-4)]).domains


def test_an_average_of_the_weights_is_tried_unless_the_run_has_one(run):
    space = default_space(run, RESOLVED, sentences=5_000)
    assert space.domains["training.average"] == Choice(("default", 0.99))
    assert [space.config(run, {"training.average": value}).training.average for value in ("default", 0.99)] == [
        None,
        0.99,
    ]
    averaged = read_config(None, base=run.model_dump(exclude_none=True), settings={"training.average": 0.999})
    assert "training.average" not in default_space(averaged, RESOLVED, sentences=5_000).domains


def test_class_weights_that_the_run_has_leave_out_heads_that_refuse_them(run):
    weighed = read_config(None, base=run.model_dump(exclude_none=True), settings={"training.class_weights": "balanced"})
    assert "model.head" not in default_space(weighed, RESOLVED, sentences=500).domains


@pytest.mark.parametrize(
    ("settings", "is_searched"),
    [
        ({}, True),
        ({"training.class_weights": "balanced"}, False),
        ({"model.head": "span", "model.overlaps": "nested"}, False),
    ],
)
def test_class_weights_are_searched_only_where_they_have_an_effect(run, settings, is_searched):
    changed = read_config(None, base=run.model_dump(exclude_none=True), settings=settings)
    assert ("training.class_weights" in default_space(changed, RESOLVED, sentences=100).domains) is is_searched


def test_the_span_head_is_tried_unless_labels_are_few_and_alone_where_entities_overlap(run):
    few, some = (default_space(run, RESOLVED, sentences=count).domains["model.head"] for count in (500, 5_000))
    assert (few, some) == (Choice(("crf", "linear")), Choice(("crf", "linear", "span")))
    overlapping = {"model.head": "span", "model.overlaps": "nested"}
    nested = read_config(None, base=run.model_dump(exclude_none=True), settings=overlapping)
    assert "model.head" not in default_space(nested, RESOLVED, sentences=5_000).domains


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("training.epochs = [2, 4]", "crf"),
        ('training.class_weights = ["balanced"]', "linear"),
        ('training.class_weights = ["balanced"]\nmodel.head = ["linear", "crf"]', "crf"),
    ],
)
def test_a_space_of_class_weights_has_the_head_that_supports_them(tmp_path, text, head):
    path = tmp_path / "tune.toml"
    path.write_text(f"[space]\n{text}\n", encoding="utf-8")
    named = {"data.train": "train.conll", "data.dev": "dev.conll", "output": "x"}
    assert read_tune_config(path, settings=named).model.head == head
