"""What is compared: corpora, candidates, sizes and seeds, from a TOML file and options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from onoma.engine import config
from onoma.engine.config import Frozen
from onoma.errors import ConfigError

Table = dict[str, Any]


class CandidateConfig(Frozen):
    """What is compared with others: tables of a run, which are added to those of all runs.

    Attributes:
        name: that of the candidate.
        data, model, training, adapt, task, crf, bilstm: as in a run of `onoma train`.
    """

    name: str = Field(min_length=1)
    data: Table = Field(default={})
    model: Table = Field(default={})
    training: Table = Field(default={})
    adapt: Table | None = None
    task: tuple[Table, ...] = ()
    crf: Table = Field(default={})
    bilstm: Table = Field(default={})


class CorpusTable(Frozen):
    """A corpus: its name, and the keys of `data` of a run."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(min_length=1)

    @property
    def data(self) -> Table:
        """The keys of `data`."""
        return dict(self.model_extra or {})


class ComparisonConfig(Frozen):
    """A whole comparison.

    Attributes:
        output: the folder of the comparison.
        seeds: how many, or which.
        sizes: sentences of the training text that are learnt, each a number or `all`.
        jobs: runs at a time; by default as many as cores and memory allow.
        data, model, training: what all runs have in common, as in a run of `onoma train`. Baselines take `data` alone.
        corpus: tables of several corpora; one alone is `data` itself.
        candidate: tables of what is compared.
    """

    output: Path
    seeds: int | tuple[int, ...] = Field(default=3)
    sizes: tuple[int | Literal["all"], ...] = Field(default=("all",), min_length=1)
    jobs: int | None = Field(default=None, ge=1)
    data: Table = Field(default={})
    model: Table = Field(default={})
    training: Table = Field(default={})
    corpus: tuple[CorpusTable, ...] = ()
    candidate: tuple[CandidateConfig, ...] = ()

    @field_validator("seeds")
    @classmethod
    def _at_least_one(cls, seeds: int | tuple[int, ...]) -> int | tuple[int, ...]:
        if (isinstance(seeds, int) and seeds < 1) or seeds == ():
            raise ValueError("at least one seed is needed")
        return seeds

    @field_validator("sizes")
    @classmethod
    def _sensible(cls, sizes: tuple[int | str, ...]) -> tuple[int | str, ...]:
        if any(isinstance(size, int) and size < 1 for size in sizes):
            raise ValueError("a size is a number of sentences from 1, or all")
        return tuple(dict.fromkeys(sizes))

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """Each seed."""
        return tuple(range(1, self.seeds + 1)) if isinstance(self.seeds, int) else tuple(dict.fromkeys(self.seeds))


_ASKED_FOR_BY = {"output": "output (--output)"}


def read_comparison(
    path: Path | None,
    *,
    encoders: Sequence[str] = (),
    heads: Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
) -> ComparisonConfig:
    """Put a comparison together from a TOML file, candidates and named settings; the later win.

    Args:
        path: a TOML file, or None.
        encoders: each, with each of the heads, is one more candidate.
        heads: the heads of these; by default what the settings say.
        settings: values by dotted key, such as ``data.train``; None means not given.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, a value does not fit, there is nothing to compare, or
            two candidates or corpora have the same name.
    """
    found = config.read_config(ComparisonConfig, path, settings=settings, asked_for=_ASKED_FOR_BY)
    found = found.model_copy(update={"candidate": (*found.candidate, *_candidates(encoders, heads))})
    if not found.candidate:
        raise ConfigError(
            "there is nothing to compare; name candidates with --encoder, as in --encoder small --encoder crf, or in "
            "[[candidate]] tables of a TOML file"
        )
    for kind, names in (
        ("candidates", [each.name for each in found.candidate]),
        ("corpora", [each.name for each in found.corpus]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"two {kind} are called {', '.join(twice)}; give one of them another name")
    return found


def _candidates(encoders: Sequence[str], heads: Sequence[str]) -> list[CandidateConfig]:
    """Each encoder with each head, named by both where there are several heads."""
    if heads and not encoders:
        raise ConfigError("--head says what is put on an encoder; name one with --encoder")
    return [
        CandidateConfig(
            name=Path(encoder).name + (f" {head}" if len(heads) > 1 else ""),
            model={"encoder": encoder} | ({"head": head} if head else {}),
        )
        for encoder, head in product(encoders, heads or [""])
    ]
