"""Search space: the values that settings of a run may take, read from a table or chosen by the size of the text.

In TOML, a range is a table ``{ low = 1e-5, high = 1e-4, log = true }`` and a choice is a list. The choice ``default``
keeps the setting of the run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeGuard

from onoma.errors import ConfigError
from onoma.io.toml_text import toml_value
from onoma.training import ResolvedRun, RunConfig, read_config

Value = str | int | float | bool
Params = Mapping[str, Value]
"""Values of settings by dotted key."""

_LINEAR_HEAD_SETTINGS = ("training.class_weights", "training.label_smoothing")
"""Settings that only the head `linear` supports."""

DEFAULT = "default"
"""Choice that keeps the setting of the run."""

_UNSEARCHABLE_KEYS = ("output", "data.train", "data.dev", "data.test", "training.seed", "training.log")
_RANGE_KEYS = {"low", "high", "log"}


@dataclass(frozen=True, slots=True)
class Float:
    """A range of real numbers, including both bounds; sampled on a logarithmic scale if ``log`` is set."""

    low: float
    high: float
    log: bool = False

    def holds(self, value: object) -> bool:
        """Return whether a value is in the range."""
        return _is_number(value) and self.low <= value <= self.high

    def __str__(self) -> str:
        return _range_text(self)


@dataclass(frozen=True, slots=True)
class Int:
    """A range of integers, including both bounds; sampled on a logarithmic scale if ``log`` is set."""

    low: int
    high: int
    log: bool = False

    def holds(self, value: object) -> bool:
        """Return whether a value is an integer in the range."""
        return _is_number(value) and value == int(value) and self.low <= value <= self.high

    def __str__(self) -> str:
        return _range_text(self)


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice among several values."""

    values: tuple[Value, ...]

    def holds(self, value: object) -> bool:
        """Return whether a value is one of the choices."""
        return value in self.values

    def __str__(self) -> str:
        return toml_value(self.values)


Domain = Float | Int | Choice


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """Domains of the searched settings, by dotted key."""

    domains: Mapping[str, Domain]

    def config(self, run: RunConfig, params: Params) -> RunConfig:
        """Return a run with values of the space.

        Class weights and label smoothing are left out unless the head supports them.

        Args:
            run: the run whose settings are changed.
            params: values of settings by dotted key.

        Raises:
            ConfigError: the values are incompatible.
        """
        settings = {
            key: value for key, value in params.items() if value != DEFAULT or key not in self._keys_with_default
        }
        if settings.get("model.head", run.model.head) != "linear":
            settings = {key: value for key, value in settings.items() if not key.startswith(_LINEAR_HEAD_SETTINGS)}
        return read_config(None, base=run.model_dump(exclude_none=True), settings=settings)

    def params_from_run(self, run: RunConfig, resolved: ResolvedRun) -> dict[str, Value] | str:
        """Return the values with which a trial equals the run, or a message if a setting is outside the space.

        Args:
            run: the original run.
            resolved: the values that the run uses for settings that it leaves open.
        """
        tree: dict[str, Any] = run.model_dump(mode="json")
        tree["training"] |= asdict(resolved.settings)
        params: dict[str, Value] = {}
        for key, domain in self.domains.items():
            value = _get_nested(tree, key)
            if isinstance(value, Value) and domain.holds(value):
                params[key] = int(value) if isinstance(domain, Int) else value
            elif domain.holds(DEFAULT):
                params[key] = DEFAULT
            else:
                state = "is chosen by other settings" if value is None else f"is {value}"
                return f"{key} {state}, and the space has {domain}"
        return params

    def texts(self) -> dict[str, str]:
        """Return each domain in TOML syntax, by key."""
        return {key: str(domain) for key, domain in self.domains.items()}

    def to_toml(self) -> str:
        """Return the TOML table ``[space]`` for a configuration of ``onoma tune``."""
        return "[space]\n" + "".join(f"{key} = {text}\n" for key, text in self.texts().items())

    @property
    def _keys_with_default(self) -> frozenset[str]:
        return frozenset(key for key, domain in self.domains.items() if domain.holds(DEFAULT))


def needs_linear_head(table: Mapping[str, object]) -> bool:
    """Whether a table of a search space has settings that only the head ``linear`` supports, and no heads."""
    keys = [key for key, _ in _iter_leaves(table)]
    return "model.head" not in keys and any(key.startswith(_LINEAR_HEAD_SETTINGS) for key in keys)


def read_space(table: Mapping[str, object], run: RunConfig) -> SearchSpace:
    """Read a search space from a table.

    Args:
        table: ranges and choices by key, in nested tables or with dotted keys.
        run: the run to search around; each bound and each choice must be valid in it.

    Raises:
        ConfigError: a key is unknown or cannot be searched, or a value is invalid.
    """
    space = SearchSpace({key: _parse_domain(key, value) for key, value in _iter_leaves(table)})
    if not space.domains:
        raise ConfigError(
            "space: has no settings to search; name some, as in training.learning_rate = "
            "{ low = 1e-5, high = 1e-4, log = true }, or leave the table out"
        )
    return SearchSpace({key: _fit_domain(space, key, run) for key in space.domains})


def default_space(
    run: RunConfig, resolved: ResolvedRun, *, sentences: int, encoders: Sequence[tuple[str, float]] = ()
) -> SearchSpace:
    """Return a search space around the settings of a run, wider the fewer training sentences there are.

    With few sentences, the learning rate and the number of epochs vary widely, and class weights may be used. With
    many, runs take long and depend less on the settings, so the ranges are narrow.

    Args:
        run: the run to search around.
        resolved: the values that the run uses for settings that it leaves open.
        sentences: number of sentences of the training text.
        encoders: names of the encoders to try, if several, each with its default learning rate.
    """
    settings = resolved.settings
    rates = [rate for _, rate in encoders] or [settings.learning_rate]
    few, many = sentences < _FEW_SENTENCES, sentences >= _MANY_SENTENCES
    rate_factor = 2.0 if many else 4.0
    domains: dict[str, Domain] = {
        "training.learning_rate": Float(
            _round_rate(min(rates) / rate_factor), min(1.0, _round_rate(rate_factor * max(rates))), True
        ),
        "training.batch_subwords": Int(max(1, settings.batch_subwords // 2), settings.batch_subwords * 2, True),
        "training.epochs": _epochs(settings.epochs, few=few, many=many),
        "training.layer_decay": Float(min(0.8, run.training.layer_decay), 1.0),
        "model.dropout": Float(0.0, max(0.3, run.model.dropout)),
    }
    if run.training.average is None:
        domains["training.average"] = Choice((DEFAULT, _AVERAGE))
    if run.model.overlaps == "flat" and run.training.class_weights is None and not run.training.label_smoothing:
        heads = (run.model.head, "linear", "crf", *(() if few else ("span",)))
        domains["model.head"] = Choice(tuple(dict.fromkeys(heads)))
    heads_tried = domains.get("model.head", Choice((run.model.head,)))
    if few and run.training.class_weights is None and heads_tried.holds("linear"):
        domains["training.class_weights"] = Choice((DEFAULT, "balanced"))
    if resolved.full_windows >= _MIN_FULL_WINDOW_SHARE:
        windows = (run.model.window, 2 * run.model.window)
        domains["model.window"] = Choice(tuple(width for width in windows if width <= max(windows[0], _MAX_WINDOW)))
    if len(encoders) > 1:
        domains["model.encoder"] = Choice(tuple(name for name, _ in encoders))
    return SearchSpace(domains)


_FEW_SENTENCES, _MANY_SENTENCES = 1_000, 10_000
"""Numbers of sentences: below the first, a training text is small; from the second on, it is large."""

_AVERAGE = 0.99
"""Decay of the average of the weights: it covers 100 steps, of the 750 of a typical run."""

_MIN_FULL_WINDOW_SHARE = 0.2
"""Minimum share of full windows for which the window size is searched."""

_MAX_WINDOW = 512


def _epochs(epochs: int, *, few: bool, many: bool) -> Int:
    if many:
        return Int(max(1, epochs - 1), epochs + 2)
    return Int(max(1, epochs // 2), epochs * 2 if few else math.ceil(1.5 * epochs), True)


def _round_rate(rate: float) -> float:
    """Round a learning rate to two significant digits, for readability."""
    return float(f"{rate:.2g}")


def _iter_leaves(table: Mapping[str, object], *, prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, Mapping) and not (value.keys() & {"low", "high"}):
            yield from _iter_leaves(value, prefix=f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _parse_domain(key: str, value: object) -> Domain:
    if key in _UNSEARCHABLE_KEYS:
        raise ConfigError(f"space: {key} is the same in all trials; leave it out of the space")
    if isinstance(value, list | tuple) and value:
        if not all(isinstance(each, Value) for each in value):
            raise ConfigError(f"space: {key}: a choice is among texts, numbers and truth values, not {value!r}")
        return Choice(tuple(dict.fromkeys(value)))
    if isinstance(value, Mapping) and {"low", "high"} <= value.keys() <= _RANGE_KEYS:
        low, high, log = value["low"], value["high"], value.get("log", False)
        if _is_number(low) and _is_number(high) and isinstance(log, bool):
            if low > high:
                raise ConfigError(f"space: {key}: low {low} is above high {high}")
            if log and low <= 0:
                raise ConfigError(f"space: {key}: on a logarithmic scale low is above 0, not {low}")
            if isinstance(low, int) and isinstance(high, int):
                return Int(low, high, log)
            return Float(float(low), float(high), log)
    raise ConfigError(
        f"space: {key}: expected a range such as {{ low = 1e-5, high = 1e-4, log = true }} or a list of choices, "
        f"not {value!r}"
    )


def _fit_domain(space: SearchSpace, key: str, run: RunConfig) -> Domain:
    """Return a domain of the space with bounds of the type that its setting has, after checking its values in a run."""
    domain = space.domains[key]
    head = {"model.head": "linear"} if key.startswith(_LINEAR_HEAD_SETTINGS) else {}
    settings: list[object] = []
    for value in domain.values if isinstance(domain, Choice) else (domain.low, domain.high):
        try:
            settings.append(_get_nested(space.config(run, {key: value, **head}).model_dump(), key))
        except ConfigError as error:
            raise ConfigError(f"space: {error}") from error
    if isinstance(domain, Choice) or not all(_is_number(setting) for setting in settings):
        return domain
    if any(isinstance(setting, float) for setting in settings):
        return Float(domain.low, domain.high, domain.log)
    return Int(int(domain.low), int(domain.high), domain.log)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _range_text(domain: Float | Int) -> str:
    table: dict[str, object] = {"low": domain.low, "high": domain.high}
    return toml_value(table | ({"log": True} if domain.log else {}))


def _get_nested(tree: Mapping[str, object], key: str) -> object:
    value: object = tree
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return str(value) if isinstance(value, Path) else value
