"""Planning of the cells of a comparison: their folders, their expected records, and which of them are done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import torch

from onoma.bundle import OutputFolder
from onoma.corpora import check_sample_size, digest_of
from onoma.counting import counted
from onoma.engine.devices import find_device
from onoma.errors import ConfigError, EncoderError, InputError
from onoma.experiments.cells import Cell
from onoma.experiments.comparison import largest_size
from onoma.experiments.data_info import DataInfo
from onoma.experiments.forecast import DevSize
from onoma.experiments.records import CellRecord, read_record
from onoma.models import count_parameters, digest_by_name
from onoma.training import RunConfig, read_config
from onoma.training.config import DataConfig
from onoma.version import __version__

_MODEL_FOLDER = "model"
_GIBIBYTE = 2**30
_BYTES_PER_PARAMETER = 16
"""Training memory per parameter: weights, gradients and the two moments of AdamW, in fp32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlan:
    """A cell with its folder and its expected record.

    Attributes:
        cell: the cell to train.
        config: configuration of its run.
        folder: folder of its record and its model.
        expected: its record as far as it is known before training.
        dev: size of its dev set.
        models: folders of the models that its corpus and candidate may have at this size, by seed, of which the first
            complete one is kept; empty if no model is kept.
    """

    cell: Cell
    config: RunConfig
    folder: Path
    expected: CellRecord
    dev: DevSize
    models: tuple[Path, ...] = ()

    @property
    def model(self) -> Path:
        """Folder of the model."""
        return self.folder / _MODEL_FOLDER

    @property
    def test_files(self) -> tuple[Path, ...]:
        """Files that its model is scored on: the test set, or the dev set if there is no test set."""
        return _test_files(self.config.data)

    @property
    def device(self) -> torch.device:
        """Device that it is trained on.

        Raises:
            ConfigError: the device is not available on this machine.
        """
        with _error_context(self.cell):
            return find_device(self.config.training.device)

    @property
    def keeps_model(self) -> bool:
        """Whether its model is complete and is kept after it has been scored."""
        return self.model == _first_complete(self.models)

    @property
    def record(self) -> CellRecord:
        """Record of the finished or failed training; the expected record if there is none yet.

        It has the names of the plan, since a corpus or candidate of the same folder may have been renamed.
        """
        record = read_record(self.folder) or self.expected
        return msgspec.structs.replace(record, corpus=self.cell.corpus, candidate=self.cell.candidate)

    @property
    def is_done(self) -> bool:
        """Whether the cell has been trained with the planned settings, on the planned data.

        If no model is left, the first seed is not done.
        """
        record = self.record
        return not record.error and record.is_of(self.expected) and not self._needs_model

    @property
    def reasons_to_repeat(self) -> list[str]:
        """Reasons why the cell is trained again although it has finished; empty if it is done or has not finished."""
        record = self.record
        if record.error:
            return []
        return (
            record.changes_to(self.expected) or ["the model, whose speed is measured, is missing"] * self._needs_model
        )

    @property
    def _needs_model(self) -> bool:
        return self.models[:1] == (self.model,) and _first_complete(self.models) is None


def memory_for(plans: Iterable[CellPlan]) -> int:
    """Estimate the memory that the training of each of some cells needs at most, in bytes.

    Their encoders are downloaded if necessary, so that one that does not exist is reported before any training.

    Raises:
        EncoderError: an encoder does not exist.
        MissingExtraError: the package of an encoder is not installed.
    """
    parameters = 0
    for encoder, plan in {plan.config.model.encoder: plan for plan in plans}.items():
        with _error_context(plan.cell):
            parameters = max(parameters, count_parameters(encoder))
    return _GIBIBYTE + _BYTES_PER_PARAMETER * parameters


def describe_repeated(plans: Sequence[CellPlan]) -> list[str]:
    """Return a note for each reason for which finished runs are repeated."""
    reasons = Counter("; ".join(plan.reasons_to_repeat) for plan in plans)
    return [
        f"{counted(count, 'finished run is', 'finished runs are')} repeated: {text}"
        for text, count in reasons.items()
        if text
    ]


def plan_cells(cells: Sequence[Cell], folder: Path) -> tuple[list[CellPlan], list[str]]:
    """Plan all cells for which there is enough training text.

    Args:
        cells: the cells, in the order in which their training starts.
        folder: parent folder of the cells' folders.

    Returns:
        The plans, and notes on the data and on each size for which the training text is too small.

    Raises:
        ConfigError: a setting does not fit, or no cell is left. The message names the candidate and the corpus.
        InputError: a file cannot be read.
    """
    cache = _InfoCache()
    plans: list[CellPlan] = []
    left_out: dict[tuple[str, str], list[str]] = {}
    has_full_size = any(cell.sentences is None for cell in cells)
    for cell in cells:
        with _error_context(cell):
            config = read_config(None, base=cell.tables, settings={"output": _MODEL_FOLDER})
            if not config.data.dev:
                raise ConfigError("there is no dev text to compare candidates on; name it with --dev")
            count = cache.data_info(config.data).train_sentences
            if cell.max_sentences is not None:
                check_sample_size(cell.max_sentences, available=count)
            full_size = cell.max_sentences or count
            if cell.sentences is not None and cell.sentences >= full_size + (not has_full_size):
                limit = "the training text has" if full_size == count else "data.sentences limits the training text to"
                reason = f"{limit} {full_size:,} sentences; size {cell.sentences:,} is left out"
                left_out.setdefault((cell.corpus, reason), []).append(cell.candidate)
                continue
            plans.append(
                _plan_cell(
                    cell,
                    config,
                    folder,
                    cache=cache,
                    train_sentences=config.data.sentences or full_size,
                )
            )
    left_out_notes = _describe_left_out(left_out, candidates={cell.candidate for cell in cells})
    if not plans:
        raise ConfigError(f"{'; '.join(left_out_notes)}; no size is left, so give a smaller one, or all")
    _check_dev_sets(plans)
    _check_test_sets(plans)
    return _with_models(plans), [*left_out_notes, *cache.notes]


def _describe_left_out(left_out: Mapping[tuple[str, str], Sequence[str]], *, candidates: Collection[str]) -> list[str]:
    """Return a note for each reason to leave out a size of a corpus, with the candidates unless it applies to all."""
    return [
        f"{', '.join([corpus] if set(names) == set(candidates) else [corpus, *dict.fromkeys(names)])}: {reason}"
        for (corpus, reason), names in left_out.items()
    ]


def _check_dev_sets(plans: Sequence[CellPlan]) -> None:
    """Check that the candidates of a corpus have the same dev set, since the best is chosen on it."""
    first: dict[str, CellPlan] = {}
    for plan in plans:
        other = first.setdefault(plan.cell.corpus, plan)
        if plan.expected.digests["dev"] != other.expected.digests["dev"]:
            raise ConfigError(
                f"{plan.cell.corpus}: candidates {other.cell.candidate} and {plan.cell.candidate} have different dev "
                "text, on which the best is chosen; give both the same"
            )


def _check_test_sets(plans: Sequence[CellPlan]) -> None:
    """Check that the candidates of a corpus are all scored on a test set, or all on the dev set."""
    untested: dict[str, str] = {}
    tested: set[str] = set()
    for plan in plans:
        if plan.expected.tested_on == "test":
            tested.add(plan.cell.corpus)
        else:
            untested[plan.cell.corpus] = plan.cell.candidate
    for corpus in untested.keys() & tested:
        raise ConfigError(f"candidate {untested[corpus]}, {corpus}: has no test text, but others have; name it")


@dataclass(slots=True)
class _InfoCache:
    """A cache of facts about data and encoders that several cells use."""

    _data_infos: dict[str, DataInfo] = field(default_factory=dict)
    _digests: dict[tuple[Path, ...], str] = field(default_factory=dict)
    _encoder_digests: dict[str, str] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """Notices on all data."""
        return list(dict.fromkeys(note for info in self._data_infos.values() for note in info.notes))

    def data_info(self, data: DataConfig) -> DataInfo:
        """Return the facts about data."""
        key = data.model_dump_json(exclude={"sentences"})
        if key not in self._data_infos:
            self._data_infos[key] = DataInfo.of(data)
        return self._data_infos[key]

    def digest(self, paths: tuple[Path, ...]) -> str:
        """Return the digest of some files."""
        if paths not in self._digests:
            self._digests[paths] = digest_of(paths)
        return self._digests[paths]

    def encoder_digest(self, name: str) -> str:
        """Return the digest of an encoder's folder, or its name."""
        if name not in self._encoder_digests:
            self._encoder_digests[name] = digest_by_name(name)
        return self._encoder_digests[name]


def _plan_cell(cell: Cell, config: RunConfig, folder: Path, *, cache: _InfoCache, train_sentences: int) -> CellPlan:
    parts = {"train": config.data.train, "dev": config.data.dev, "test": _test_files(config.data)}
    for task in config.task:
        parts |= {f"{task.name}.train": task.train, f"{task.name}.dev": task.dev}
    if config.adapt is not None:
        parts["adapt"] = config.adapt.text
    return CellPlan(
        cell=cell,
        config=config,
        folder=folder / cell.name,
        expected=CellRecord(
            corpus=cell.corpus,
            candidate=cell.candidate,
            sentences=cell.sentences,
            seed=cell.seed,
            settings=config.model_dump(mode="json", exclude={"output": True}),
            digests={"encoder": cache.encoder_digest(config.model.encoder)}
            | {part: cache.digest(paths) for part, paths in parts.items()},
            version=__version__,
            train_sentences=train_sentences,
            tested_on="test" if config.data.test else "dev",
            error="not finished",
        ),
        dev=cache.data_info(config.data).dev,
    )


def _test_files(data: DataConfig) -> tuple[Path, ...]:
    return data.test or data.dev


def _with_models(plans: Sequence[CellPlan]) -> list[CellPlan]:
    """Return the plans with the models of which one is kept: those of the largest size of the corpus, by seed."""
    groups: dict[tuple[str, str], list[CellPlan]] = {}
    for plan in sorted(plans, key=lambda plan: plan.cell.seed):
        groups.setdefault((plan.cell.corpus, plan.cell.candidate), []).append(plan)
    models: dict[Path, tuple[Path, ...]] = {}
    for group in groups.values():
        corpus = group[0].cell.corpus
        largest = largest_size(plan.cell.sentences for plan in plans if plan.cell.corpus == corpus)
        kept = tuple(plan.model for plan in group if plan.cell.sentences == largest)
        models |= dict.fromkeys(kept, kept)
    return [replace(plan, models=models.get(plan.model, ())) for plan in plans]


def _first_complete(models: Sequence[Path]) -> Path | None:
    """Return the first model that is complete and has been scored."""
    records = ((model, read_record(model.parent)) for model in models if OutputFolder(model).has_result)
    return next((model for model, record in records if record is not None and not record.error), None)


@contextmanager
def _error_context(cell: Cell) -> Iterator[None]:
    """Prefix errors of configuration, files and encoders with the cell's candidate and corpus."""
    try:
        yield
    except (InputError, EncoderError) as error:
        raise type(error)(f"candidate {cell.candidate}, {cell.corpus}: {error}") from error
