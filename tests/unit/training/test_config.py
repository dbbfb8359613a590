"""A run's configuration: where values come from, and how a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from onoma.errors import ConfigError
from onoma.training import read_config, read_setting
from onoma.training.parts import read_options

RUN = """
output = "runs/x"
[data]
train = "train.conll"
dev = ["a.conll", "b.conll"]
[training]
epochs = 2
"""


@pytest.fixture
def run_toml(tmp_path: Path) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(RUN, encoding="utf-8")
    return path


def test_one_path_and_many_paths_both_work(run_toml):
    config = read_config(run_toml)
    assert config.data.train == (Path("train.conll"),)
    assert config.data.dev == (Path("a.conll"), Path("b.conll"))


def test_what_a_document_is_can_differ_between_files(run_toml):
    corpora = [{"files": "tweets*", "documents": "auto"}, {"files": "*.conll", "labels": {"A": "B"}}]
    config = read_config(run_toml, settings={"data.documents": 10, "data.corpora": corpora})
    found = [read_options(config.data, Path(name)).documents for name in ("tweets.conll", "a.conll", "b.tsv")]
    assert found == ["auto", 10, 10]


def test_settings_win_over_the_file(run_toml):
    config = read_config(
        run_toml,
        settings={
            "training.seed": 7,
            "model.window": None,
            **dict(
                map(
                    read_setting,
                    ["training.epochs=4", "model.encoder=some/folder", "data.strict=true", "model.dropout = 0.25"],
                )
            ),
        },
    )
    assert (config.training.epochs, config.training.seed) == (4, 7)
    assert (config.model.encoder, config.model.dropout, config.data.strict) == ("some/folder", 0.25, True)


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        (["training.epoch=3"], r"unknown key 'training\.epoch'; known here: .*epochs"),
        (
            ["trainin.epochs=3"],
            r"unknown key 'trainin'; known here: adapt, bilstm, crf, data, model, output, task, training",
        ),
        (["training.epochs=many"], r"training\.epochs: .*'many'"),
        (["training.epochs=0"], r"training\.epochs: .*greater than or equal to 1"),
        ([f"training.seed={2**63}"], r"training\.seed: .*less than 9223372036854775808"),
        (["training.epochs"], "expected key=value"),
        (["output.x=1"], "output is a value, not a table"),
        (["model.window=32", "model.overlap=20"], r"model: overlap 20 is more than half of window 32$"),
        (
            ["data.documents=pages"],
            r"^[^\n]*: data\.documents: Input .* or 'blank-lines' or: expected a whole number, not 'pages'$",
        ),
        (["data.documents=0"], r"^[^\n]*: data\.documents: Input .* or 'blank-lines' or: .* equal to 1, not 0$"),
        (["data.word_column=1.5"], r"^[^\n]*: data\.word_column: expected a whole number or: expected text, not 1\.5$"),
        (["training.class_weights={ PER = -2 }"], r"^[^\n]*: training\.class_weights\.PER: [^\n]*, not -2$"),
        (["training.class_weights=even"], r"^[^\n]*: training\.class_weights: .*'balanced' or: .*, not 'even'$"),
        (["model.widest_span=4097"], r"model\.widest_span: .*less than or equal to 4096"),
        (["model.span_size=4097"], r"model\.span_size: .*less than or equal to 4096"),
        (["model.tag_scheme=IOB1"], r"model\.tag_scheme: .*'BIO' or 'BIOES'"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(run_toml, sets, said):
    with pytest.raises(ConfigError, match=said):
        read_config(run_toml, settings=dict(map(read_setting, sets)))


def test_what_is_missing_is_named():
    with pytest.raises(ConfigError, match=r"data\.train \(--train\) is missing"):
        read_config(None, settings={"output": "x"})


def test_a_file_that_is_not_there_or_not_toml(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: No such file"):
        read_config(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("output = ", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"broken\.toml: is not TOML"):
        read_config(broken)


@pytest.mark.parametrize(
    ("settings", "head"),
    [
        ({}, "crf"),
        ({"training.class_weights": "balanced"}, "linear"),
        ({"training.label_smoothing": 0.1}, "linear"),
        ({"training.label_smoothing": 0.1, "model.head": "crf"}, "crf"),
    ],
)
def test_the_head_is_a_crf_unless_other_settings_need_the_linear_one(settings, head):
    run = read_config(None, settings={"data.train": "train.conll", "output": "x", **settings})
    assert run.model.head == head
