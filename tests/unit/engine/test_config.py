"""How any configuration is put together, and how a wrong one is told, whatever its tables are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from onoma.engine.config import ConfigTable, EngineConfig, learner_settings, read_config, read_setting
from onoma.engine.dtype import Dtype
from onoma.engine.groups import GroupSettings
from onoma.engine.learner import LearnerSettings
from onoma.errors import ConfigError


class _Inner(ConfigTable):
    depth: int = 1


class _Training(EngineConfig):
    rounds: int = 3
    inner: _Inner | None = None


class _Part(ConfigTable):
    name: str


class _Whole(ConfigTable):
    text: Path
    training: _Training = _Training()
    part: tuple[_Part, ...] = ()
    seeds: int | tuple[int, ...] = 3


def read(path: Path | None = None, **given: Any) -> _Whole:
    return read_config(_Whole, path, option_names={"text": "text (--text)"}, **given)


def test_settings_win_over_the_base_which_stays_as_it_was():
    base = {"text": "a", "training": {"rounds": 5, "seed": 2}}
    config = read(base=base, settings={"training.seed": 7, "training.clip": None})
    assert (config.text, config.training.rounds, config.training.seed, config.training.clip) == (Path("a"), 5, 7, 1.0)
    assert base == {"text": "a", "training": {"rounds": 5, "seed": 2}}


def test_what_was_read_comes_back_from_its_dump():
    config = read(settings={"text": "a", "training.inner": {"depth": 3}, "training.log": "mlflow"})
    assert config.training.log == ("mlflow",)
    assert read(base=config.model_dump()) == config


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        (["text=a", "training.round=3"], r"unknown key 'training\.round'; known here: .*clip, .*inner, .*rounds"),
        (["text=a", "training.inner.deep=3"], r"unknown key 'training\.inner\.deep'; known here: depth$"),
        (["text=a", "training.clip=0"], r"training\.clip: .*greater than 0"),
        (["text=a", "training.clip=inf"], r"training\.clip: .*finite number"),
        (["text=a", "training.rounds=true"], r"^training\.rounds: true is not a possible value$"),
        (["text=a", "training.average=false"], r"^training\.average: false is not a possible value$"),
        (["text=a", "training.rounds=few"], r"^training\.rounds: expected a whole number, not 'few'$"),
        (["text=a", "seeds=few"], r"^seeds: expected a whole number or: expected a list, not 'few'$"),
        (["text=a", "part.name=x"], r"^part: .*write \[\[part\]\] instead of \[part\]$"),
        (["text=a", 'part=[{name="x"}, {}]'], r"^part\.name is missing \(part 2\)"),
        (["training.clip=2"], r"text \(--text\) is missing"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(sets, said):
    with pytest.raises(ConfigError, match=said):
        read(settings=dict(map(read_setting, sets)))


def test_complaints_name_the_file(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text("[training]\nround = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"run\.toml: text \(--text\) is missing[^\n]*\n.*run\.toml: unknown key"):
        read(path)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('text = "a"\n', encoding="utf-8-sig")
    assert read(path).text == Path("a")


def test_true_and_false_are_values_where_they_are_expected():
    given = {"text": "a", "training.recompute": True, "training.freeze_embeddings": False}
    training = read(settings=given).training
    assert (training.recompute, training.freeze_embeddings) == (True, False)


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        EngineConfig().seed = 2  # type: ignore[misc]


def test_every_setting_of_a_step_comes_from_the_configuration():
    of_groups: dict[str, Any] = {
        "weight_decay": 0.02,
        "layer_decay": 0.9,
        "head_learning_rate": 0.03,
        "freeze_embeddings": True,
        "freeze_layers": 2,
    }
    of_steps: dict[str, Any] = {"warmup": 0.2, "clip": 0.5, "average": 0.99, "seed": 7}
    config = EngineConfig(learning_rate=0.5, **of_groups, **of_steps)
    device, dtype = torch.device("cpu"), Dtype("fp32", "as asked")
    made = learner_settings(config, device=device, dtype=dtype, learning_rate=0.1)
    groups = GroupSettings(learning_rate=0.1, **of_groups)
    assert made == LearnerSettings(groups=groups, device=device, dtype=dtype, **of_steps)
