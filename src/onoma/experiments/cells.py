"""Cells of a comparison, built from its configuration, each with the configuration tables of its run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from onoma.bundle import BASELINES
from onoma.experiments.config import ALL, BASELINE_TABLES, CandidateConfig, ComparisonConfig, Table, file_name

_DEFAULT_CORPUS = "data"
"""Name of the corpus if the configuration has no named corpora."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A training run of a comparison.

    Attributes:
        corpus, candidate: names of the corpus and of the candidate.
        sentences: number of training sentences; None for all.
        seed: seed of the run, and of the selection of its training sentences.
        tables: configuration tables of the run, without its output folder.
        max_sentences: the setting `data.sentences`, which is the size that None stands for; None if it is not set.
    """

    corpus: str
    candidate: str
    sentences: int | None
    seed: int
    tables: Mapping[str, Any]
    max_sentences: int | None = None

    @property
    def name(self) -> str:
        """Unique name of the cell within the comparison, also the relative path of its folder."""
        size = ALL if self.sentences is None else str(self.sentences)
        return f"{file_name(self.corpus)}/{file_name(self.candidate)}/{size}-{self.seed}"


def cells_of(config: ComparisonConfig) -> Iterator[Cell]:
    """Yield the cells of a comparison, seed by seed, so that the first results cover all candidates."""
    corpora = {each.name: each.data for each in config.corpus} or {_DEFAULT_CORPUS: {}}
    for seed in config.all_seeds:
        for size in config.sizes:
            sentences = None if size == ALL else int(size)
            for corpus, data in corpora.items():
                for candidate in config.candidate:
                    tables = _tables(config, data, candidate, seed=seed)
                    max_sentences = tables["data"].get("sentences")
                    if sentences is not None:
                        tables["data"]["sentences"] = sentences
                    yield Cell(
                        corpus=corpus,
                        candidate=candidate.name,
                        sentences=sentences,
                        seed=seed,
                        tables=tables,
                        max_sentences=max_sentences if isinstance(max_sentences, int) else None,
                    )


def _tables(config: ComparisonConfig, corpus: Table, candidate: CandidateConfig, *, seed: int) -> Table:
    encoder = config.encoder_of(candidate)
    shared_model, shared_training = config.model, config.training
    if encoder in BASELINES:
        shared_model, shared_training = {"encoder": encoder}, {}
    tables: Table = {
        "data": {**config.data, **corpus, **candidate.data},
        "model": {**shared_model, **candidate.model},
        "training": {**shared_training, **candidate.training, "seed": seed},
        **candidate.model_dump(include={"adapt", "task", "crf", "bilstm"}, exclude_defaults=True),
    }
    for name in BASELINE_TABLES:
        if encoder == name and getattr(config, name):
            tables[name] = {**getattr(config, name), **getattr(candidate, name)}
    return deepcopy(tables)
