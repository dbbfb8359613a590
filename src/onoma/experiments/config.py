"""What is compared: corpora, candidates, sizes and seeds, from a TOML file and options."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from onoma.bundle import BASELINES
from onoma.engine import config
from onoma.engine.config import Frozen
from onoma.errors import ConfigError

Table = dict[str, Any]

ALL = "all"
"""The size of a cell that learns from the whole training text."""


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

    @field_validator("sizes", mode="before")
    @classmethod
    def _sensible(cls, sizes: object) -> object:
        listed = list(sizes) if isinstance(sizes, list | tuple) else [sizes]
        if not all(size == ALL or (type(size) is int and size > 0) for size in listed):
            raise ValueError("a size is a number of sentences from 1, or all")
        return tuple(dict.fromkeys(listed))

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
    _check_names("candidates", [each.name for each in found.candidate])
    _check_names("corpora", [each.name for each in found.corpus])
    return found


def file_name(name: str) -> str:
    """A name as that of a file or folder."""
    return re.sub(r"[^\w.+=-]+", "-", name).strip("-.") or "-"


def _check_names(kind: str, names: Sequence[str]) -> None:
    """Each has a folder of its own, also where capitals make no difference to names of folders."""
    counts = Counter(file_name(name).casefold() for name in names)
    alike = dict.fromkeys(name for name in names if counts[file_name(name).casefold()] > 1)
    if len(alike) == 1:
        raise ConfigError(f"two {kind} are called {next(iter(alike))}; give one of them another name")
    if alike:
        raise ConfigError(f"the folders of {kind} would have the same name: {', '.join(alike)}; rename one of them")


def _candidates(encoders: Sequence[str], heads: Sequence[str]) -> list[CandidateConfig]:
    """Each encoder with each head, named by both where there are several heads; baselines, which have none, once.

    Of an encoder's path the last part is its name, unless another one has the same.
    """
    if heads and not encoders:
        raise ConfigError("--head says what is put on an encoder; name one with --encoder")
    if not all(encoders):
        raise ConfigError("--encoder is empty; name an alias, a folder or a Hub id")
    last_parts = Counter(Path(encoder).name for encoder in dict.fromkeys(encoders))
    short = {encoder: last for encoder in encoders if last_parts[last := Path(encoder).name] == 1 and last}
    return [
        CandidateConfig(
            name=short.get(encoder, encoder) + (f" {head}" if head and len(heads) > 1 else ""),
            model={"encoder": encoder} | ({"head": head} if head else {}),
        )
        for encoder in encoders
        for head in ([""] if encoder in BASELINES or not heads else heads)
    ]
