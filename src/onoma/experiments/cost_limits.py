"""Upper bounds for the cost of a model, such as ``latency=20ms,size=50MB``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from onoma.errors import ConfigError
from onoma.experiments.records import Speed

_COST_UNITS = {"latency": "ms", "memory": "MB", "size": "MB"}
_UNIT_FACTORS = {"ms": 1.0, "s": 1000.0, "MB": 1.0, "GB": 1000.0, "": 1.0}


@dataclass(frozen=True, slots=True)
class CostLimits:
    """Upper bounds for the latency, memory and size of a model, such as ``{"latency": 20.0, "size": 50.0}``.

    Latency is in milliseconds; memory and size are in megabytes.

    Raises:
        ConfigError: a bound is of something else, or not positive and finite.

    >>> CostLimits.parse("latency=20ms,size=0.5GB").bounds
    {'latency': 20.0, 'size': 500.0}
    """

    bounds: Mapping[str, float]

    def __post_init__(self) -> None:
        for key, bound in self.bounds.items():
            if key not in _COST_UNITS or not (math.isfinite(bound) and bound > 0):
                raise ConfigError(f"bound {key}={bound}: expected a positive bound of latency, memory or size")

    @classmethod
    def parse(cls, text: str) -> CostLimits:
        """Parse bounds such as ``latency=20ms,size=50MB``.

        Raises:
            ConfigError: the text cannot be parsed, or has two bounds of the same kind.
        """
        bounds: dict[str, float] = {}
        for part in text.rstrip(", ").split(","):
            key, equals, value = (each.strip() for each in part.partition("="))
            number = value.rstrip("msMGB")
            unit = value[len(number) :]
            valid_units = {"ms", "s", ""} if key == "latency" else {"MB", "GB", ""}
            try:
                if not equals or unit not in valid_units:
                    raise ValueError
                bound = cls({key: float(number) * _UNIT_FACTORS[unit]}).bounds
            except (ConfigError, ValueError):
                raise ConfigError(
                    f"--within {part.strip()}: expected bounds of latency, memory or size, as in latency=20ms,size=50MB"
                ) from None
            if key in bounds:
                raise ConfigError(f"--within {part.strip()}: there are two bounds of {key}; give one")
            bounds |= bound
        return cls(bounds)

    def holds(self, speed: Speed | None) -> bool:
        """Return whether a model is within the bounds; false if its speed was not measured."""
        return speed is not None and not self.exceeded(speed)

    def exceeded(self, speed: Speed) -> list[str]:
        """Return the bounds that a model exceeds, each with the model's value, as in ``latency 25 ms``.

        A model whose memory the system did not report is not within a bound of memory.
        """
        costs = {key: float(getattr(speed, key)) for key in self.bounds}
        return [
            f"{key} {cost:,.6g} {_COST_UNITS[key]}" if cost else f"unknown {key}"
            for key, cost in costs.items()
            if cost > self.bounds[key] or not cost
        ]

    def __str__(self) -> str:
        return ", ".join(f"{key} {bound:g} {_COST_UNITS[key]}" for key, bound in self.bounds.items())
