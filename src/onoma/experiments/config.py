"""Configuration of a comparison: corpora, candidates, sizes and seeds, from a TOML file and options."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from onoma.bundle import BASELINES
from onoma.engine import config
from onoma.engine.config import ConfigTable
from onoma.errors import ConfigError

Table = dict[str, Any]

ALL = "all"
"""Size of a cell that is trained on the whole training text."""


BASELINE_TABLES = ("crf", "bilstm")
"""Baselines with a table of their own, which has the same name."""


class CandidateConfig(ConfigTable):
    """A candidate of a comparison: tables of a run, which are added to the tables shared by all runs.

    Attributes:
        name: name of the candidate.
        data, model, training, adapt, task, crf, bilstm: tables as in a run of `onoma train`.
    """

    name: str = Field(min_length=1)
    data: Table = Field(default={})
    model: Table = Field(default={})
    training: Table = Field(default={})
    adapt: Table | None = None
    task: tuple[Table, ...] = ()
    crf: Table = Field(default={})
    bilstm: Table = Field(default={})


class CorpusTable(ConfigTable):
    """A corpus: its name, and the keys of the table `data` of a run."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(min_length=1)

    @property
    def data(self) -> Table:
        """The table `data` of the corpus."""
        return dict(self.model_extra or {})


class ComparisonConfig(ConfigTable):
    """Configuration of a comparison.

    Attributes:
        output: path of the output folder.
        seeds: number of seeds, or the seeds themselves.
        sizes: numbers of training sentences, each a number or `all`.
        jobs: number of runs at the same time; by default as many as cores and memory allow.
        data, model, training: tables shared by all runs, as in a run of `onoma train`. Baselines only use `data`.
        crf, bilstm: tables shared by all runs of these baselines.
        corpus: tables of the corpora, if there are several; a single corpus is given by `data`.
        candidate: tables of the candidates.
    """

    output: Path
    seeds: int | tuple[int, ...] = Field(default=3)
    sizes: tuple[int | Literal["all"], ...] = Field(default=("all",), min_length=1)
    jobs: int | None = Field(default=None, ge=1)
    data: Table = Field(default={})
    model: Table = Field(default={})
    training: Table = Field(default={})
    crf: Table = Field(default={})
    bilstm: Table = Field(default={})
    corpus: tuple[CorpusTable, ...] = ()
    candidate: tuple[CandidateConfig, ...] = ()

    @field_validator("seeds", mode="before")
    @classmethod
    def _check_seeds(cls, seeds: object) -> object:
        listed = list(seeds) if isinstance(seeds, list | tuple) else [seeds]
        if not all(type(seed) is int for seed in listed):
            raise ValueError("expected a number of seeds, or the seeds themselves, as in 1,2,5")
        if not listed or (isinstance(seeds, int) and seeds < 1):
            raise ValueError("at least one seed is needed")
        return seeds

    @field_validator("sizes", mode="before")
    @classmethod
    def _normalize_sizes(cls, sizes: object) -> object:
        listed = list(sizes) if isinstance(sizes, list | tuple) else [sizes]
        if not all(size == ALL or (type(size) is int and size > 0) for size in listed):
            raise ValueError("a size is a number of sentences from 1, or all")
        return tuple(dict.fromkeys(listed))

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds themselves, without duplicates."""
        return tuple(range(1, self.seeds + 1)) if isinstance(self.seeds, int) else tuple(dict.fromkeys(self.seeds))

    def encoder_of(self, candidate: CandidateConfig) -> str | None:
        """Return the encoder or baseline of a candidate; None if neither it nor the shared table names one."""
        encoder: str | None = candidate.model.get("encoder", self.model.get("encoder"))
        return encoder


_OPTION_NAMES = {"output": "output (--output)"}


def read_comparison(
    path: Path | None,
    *,
    encoders: Sequence[str] = (),
    heads: Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
) -> ComparisonConfig:
    """Build the configuration of a comparison from a TOML file, encoders and settings.

    The settings override those of the file, apart from those in the table of a corpus or candidate. The encoders are
    added to the candidates of the file.

    Args:
        path: path of a TOML file, or None.
        encoders: encoders to add as candidates, each with each of the heads.
        heads: heads of these candidates; by default the head that is set for all runs.
        settings: values by dotted key, such as ``data.train``; None means not set.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, a value is invalid, there are no candidates, no
            candidate uses a setting, a setting has no effect since each corpus or candidate has its own, or two
            candidates or corpora have the same name.
    """
    comparison = config.read_config(ComparisonConfig, path, settings=settings, option_names=_OPTION_NAMES)
    comparison = comparison.model_copy(update={"candidate": (*comparison.candidate, *_candidates(encoders, heads))})
    if not comparison.candidate:
        raise ConfigError(
            "there is nothing to compare; name candidates with --encoder, as in --encoder small --encoder crf, or in "
            "[[candidate]] tables of a TOML file"
        )
    _check_shared_settings(comparison)
    _check_effective(comparison, [key for key, value in (settings or {}).items() if value is not None])
    if any("seed" in table for table in (comparison.training, *(each.training for each in comparison.candidate))):
        raise ConfigError("training.seed: each candidate is trained with all seeds; give them with seeds (--seeds)")
    _check_names("candidates", [each.name for each in comparison.candidate])
    _check_names("corpora", [each.name for each in comparison.corpus])
    return comparison


_MAX_FILE_NAME_BYTES = 200
"""Maximum length of the name of a folder; common file systems allow 255 bytes."""


_DEVICE_NAMES = frozenset(
    ["CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))]
)
"""Names that no file or folder can have on Windows, with or without a suffix."""


def file_name(name: str) -> str:
    """Return a name in a form that is valid as the name of a file or folder; of a long name, only the beginning."""
    valid = re.sub(r"[^\w.+=-]+", "-", unicodedata.normalize("NFC", name)).strip("-.")
    stem, dot, suffix = valid.partition(".")
    if stem.upper() in _DEVICE_NAMES:
        valid = f"{stem}_{dot}{suffix}"
    return valid.encode()[:_MAX_FILE_NAME_BYTES].decode(errors="ignore").rstrip("-.") or "-"


def _check_shared_settings(comparison: ComparisonConfig) -> None:
    """Check that each shared setting is used by a candidate."""
    encoders = [comparison.encoder_of(candidate) for candidate in comparison.candidate]
    if all(encoder in BASELINES for encoder in encoders):
        unused = [f"model.{key}" for key in comparison.model if key != "encoder"]
        unused += [f"training.{key}" for key in comparison.training]
        if unused:
            raise ConfigError(
                f"{', '.join(unused)}: shared by the candidates with an encoder, and there is none; remove it, or set "
                "it for a baseline in its table [[candidate]] of a TOML file"
            )
    for name in BASELINE_TABLES:
        if getattr(comparison, name) and name not in encoders:
            raise ConfigError(f"{name}: no candidate is the baseline {name}; remove this table, or add one")


def _check_effective(comparison: ComparisonConfig, keys: Sequence[str]) -> None:
    """Check that no setting is without effect because each corpus or each candidate has its own value of it."""
    for key in keys:
        table, _, name = key.partition(".")
        users = [
            candidate
            for candidate in comparison.candidate
            if table not in BASELINE_TABLES or comparison.encoder_of(candidate) == table
        ]
        for kind, entries in (("corpus", comparison.corpus), ("candidate", users)):
            if entries and all(name in (getattr(entry, table, None) or {}) for entry in entries):
                names = ", ".join(entry.name for entry in entries)
                raise ConfigError(f"{key}: each {kind} ({names}) has its own value, so this one would not be used")


def _check_names(kind: str, names: Sequence[str]) -> None:
    """Check that the names give different folders, also on a case-insensitive file system."""
    counts = Counter(file_name(name).casefold() for name in names)
    clashing = dict.fromkeys(name for name in names if counts[file_name(name).casefold()] > 1)
    if len(clashing) == 1:
        raise ConfigError(f"two {kind} are called {next(iter(clashing))}; give one of them another name")
    if clashing:
        raise ConfigError(f"the folders of {kind} would have the same name: {', '.join(clashing)}; rename one of them")


def _candidates(encoders: Sequence[str], heads: Sequence[str]) -> list[CandidateConfig]:
    """Return a candidate for each encoder and head, and one for each baseline, since baselines have no head.

    The name is the last part of the encoder's path, or the whole path if another encoder has the same last part. If
    there are several heads, the name of the head is appended.
    """
    if heads and all(encoder in BASELINES for encoder in encoders):
        raise ConfigError("--head is the head that is put on an encoder; name one with --encoder")
    if not all(encoders):
        raise ConfigError("--encoder is empty; name an alias, a folder or a Hub id")
    last_parts = Counter(Path(encoder).name for encoder in dict.fromkeys(encoders))
    short_names = {encoder: last for encoder in encoders if last_parts[last := Path(encoder).name] == 1 and last}
    return [
        CandidateConfig(
            name=short_names.get(encoder, encoder) + (f" {head}" if head and len(heads) > 1 else ""),
            model={"encoder": encoder} | ({"head": head} if head else {}),
        )
        for encoder in encoders
        for head in ([""] if encoder in BASELINES or not heads else heads)
    ]
