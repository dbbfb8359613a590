"""The cells of a comparison: where each is trained, what its record will say, and which are done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.bundle import OutputFolder
from onoma.errors import ConfigError, InputError
from onoma.io.digest import digest_below
from onoma.version import __version__

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.experiments import Cell, CellRecord
    from onoma.training import RunConfig
    from onoma.training.config import DataConfig

_MODEL = "model"
_WEIGHT_FILES = (".safetensors", ".bin", ".json")
_GIBIBYTE = 2**30
_BYTES_A_PARAMETER = 16
"""Weights, gradients and the two moments of AdamW, in fp32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlan:
    """A cell with where it is trained and what its record will say.

    Attributes:
        cell: what is trained.
        folder: for its record and its model.
        expected: its record as far as it is known before it is trained.
        memory: bytes that its training may need.
        keeps_model: whether its model stays after it is scored.
    """

    cell: Cell
    folder: Path
    expected: CellRecord
    memory: int
    keeps_model: bool = False

    @property
    def model(self) -> Path:
        """The folder of its model."""
        return self.folder / _MODEL

    @property
    def record(self) -> CellRecord:
        """What is known of it."""
        from onoma.experiments import read_record

        return read_record(self.folder) or self.expected

    @property
    def is_done(self) -> bool:
        """Whether it is trained, with these settings and on this data."""
        record = self.record
        has_model = OutputFolder(self.model).holds_result or not self.keeps_model
        return not record.error and record.is_of(self.expected) and has_model


def plan_cells(cells: Sequence[Cell], folder: Path) -> tuple[list[CellPlan], list[str]]:
    """The plans of all cells for which there is enough training text, and notes on the others.

    Args:
        cells: in the order in which they begin.
        folder: below which each gets its own.

    Raises:
        ConfigError: a setting does not fit, or there is no cell left; with the candidate and corpus it is about.
        InputError: a file cannot be read.
    """
    facts = _Facts()
    plans: list[CellPlan] = []
    notes: dict[str, None] = {}
    has_whole = any(cell.sentences is None for cell in cells)
    for cell in cells:
        with _naming(cell):
            config = config_of(cell)
            if not config.data.dev:
                raise ConfigError("there is no dev text to compare candidates on; name it with --dev")
            whole = facts.sentences(config.data)
            if cell.sentences is not None and cell.sentences >= whole + (not has_whole):
                notes[
                    f"{cell.corpus}: the training text has {whole:,} sentences; size {cell.sentences:,} is left out"
                ] = None
                continue
            plans.append(_plan(cell, config, folder, facts=facts, learnt=config.data.sentences or whole))
    if not plans:
        raise ConfigError("\n".join(notes))
    kept = {
        (plan.cell.corpus, plan.cell.candidate): plan.cell.name for plan in sorted(plans, key=_learnt_by_first_seed)
    }
    return [replace(plan, keeps_model=plan.cell.name in kept.values()) for plan in plans], list(notes)


def encoder_digest(name: str) -> str:
    """The digest of an encoder's folder; the name of one that has none."""
    folder = Path(name)
    return digest_below(folder, suffixes=_WEIGHT_FILES) if folder.is_dir() else name


@dataclass(slots=True)
class _Facts:
    """What several cells ask of the same files, found out once."""

    _sentences: dict[str, int] = field(default_factory=dict)
    _digests: dict[tuple[Path, ...], str] = field(default_factory=dict)
    _encoders: dict[str, tuple[str, int]] = field(default_factory=dict)

    def sentences(self, data: DataConfig) -> int:
        """The sentences of the training text."""
        from onoma.corpora import count_sentences
        from onoma.engine.events import ignore
        from onoma.training import read_part

        key = data.model_copy(update={"sentences": None}).model_dump_json()
        if key not in self._sentences:
            self._sentences[key] = count_sentences(read_part(data.train, data, on_event=ignore).documents)
        return self._sentences[key]

    def digest(self, paths: tuple[Path, ...]) -> str:
        """The digest of some files."""
        from onoma.corpora import digest_of

        if paths not in self._digests:
            self._digests[paths] = digest_of(paths)
        return self._digests[paths]

    def encoder(self, name: str) -> tuple[str, int]:
        """The digest of an encoder's folder, or its name, and how many parameters it has."""
        from onoma.models import count_parameters

        if name not in self._encoders:
            self._encoders[name] = encoder_digest(name), count_parameters(name)
        return self._encoders[name]


def _plan(cell: Cell, config: RunConfig, folder: Path, *, facts: _Facts, learnt: int) -> CellPlan:
    from onoma.experiments import CellRecord

    encoder, parameters = facts.encoder(config.model.encoder)
    parts = {"train": config.data.train, "dev": config.data.dev, "test": tested_on(config.data)}
    for task in config.task:
        parts |= {f"{task.name}.train": task.train, f"{task.name}.dev": task.dev}
    if config.adapt is not None:
        parts["adapt"] = config.adapt.text
    return CellPlan(
        cell=cell,
        folder=folder / cell.name,
        expected=CellRecord(
            corpus=cell.corpus,
            candidate=cell.candidate,
            sentences=cell.sentences,
            seed=cell.seed,
            settings=config.model_dump(mode="json", exclude={"output": True}),
            digests={"encoder": encoder} | {part: facts.digest(paths) for part, paths in parts.items()},
            version=__version__,
            learnt=learnt,
            tested_on="test" if config.data.test else "dev",
            error="not finished",
        ),
        memory=_GIBIBYTE + _BYTES_A_PARAMETER * parameters,
    )


def tested_on(data: DataConfig) -> tuple[Path, ...]:
    """The files that a model is scored on."""
    return data.test or data.dev


def config_of(cell: Cell) -> RunConfig:
    """The run of a cell."""
    from onoma.training import read_config

    return read_config(None, base=cell.tables, settings={"output": _MODEL})


def _learnt_by_first_seed(plan: CellPlan) -> tuple[int, int]:
    """An order in which the model to keep comes last."""
    return plan.expected.learnt, -plan.cell.seed


@contextmanager
def _naming(cell: Cell) -> Iterator[None]:
    """Say which candidate and corpus a complaint is about."""
    try:
        yield
    except (ConfigError, InputError) as error:
        raise type(error)(f"candidate {cell.candidate}, {cell.corpus}: {error}") from error
