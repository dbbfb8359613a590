"""What is kept of a cell that was trained, and of a candidate's speed: JSON files in their folders."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from onoma.errors import InputError
from onoma.io.files import replacing_bytes
from onoma.metrics import Counts

_FILES = ("train", "dev", "test", "text")
"""The keys of lists of files."""

_RECORD, _SPEED = "cell.json", "speed.json"


class CellRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cell that was trained, or could not be.

    Attributes:
        corpus, candidate, sentences, seed: which one.
        settings: the tables of its run.
        digests: of its files and its encoder, by what they are.
        version: of onoma.
        learnt: sentences that it learnt from.
        dev: precision, recall and F1 of the best epoch, fractions of 1.
        tested_on: ``test``, or ``dev`` where there is no test text.
        counts: correct, predicted and gold entities of each document of the text that it was tested on.
        seconds: from the beginning of the run, or of its last attempt and the training before, to its finished model.
        threads: processor threads that it had.
        notes: what a reader should know of how its data was read.
        error: why there is no model; empty where there is one.
    """

    corpus: str
    candidate: str
    sentences: int | None
    seed: int
    settings: dict[str, object]
    digests: dict[str, str]
    version: str
    learnt: int = 0
    dev: dict[str, float] = {}
    tested_on: str = "test"
    counts: list[tuple[int, int, int]] = []
    seconds: float = 0.0
    threads: int = 1
    notes: list[str] = []
    error: str = ""

    @property
    def array(self) -> NDArray[np.int64]:
        """The counts as an array, ``[documents, 3]``."""
        return np.asarray(self.counts, dtype=np.int64).reshape(-1, 3)

    @property
    def f1(self) -> float:
        """Exact F1 on the text that it was tested on, a fraction of 1."""
        correct, predicted, gold = self.array.sum(axis=0).tolist()
        return Counts(correct=correct, predicted=predicted, gold=gold).f1

    def is_of(self, other: CellRecord) -> bool:
        """Whether the other is of the same run on the same data, wherever that is."""
        return self.digests == other.digests and _without_folders(self.settings) == _without_folders(other.settings)


class Speed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a finished model costs where it is used, on the machine of the comparison.

    Attributes:
        words_per_second: of all documents of the text that it was tested on, in batches.
        latency: median milliseconds of one sentence alone.
        memory: megabytes (10⁶ bytes) that the process has held at most while it loaded the model and tagged.
        size: megabytes of the files that tagging needs.
        threads: processor threads.
    """

    words_per_second: float
    latency: float
    memory: float
    size: float
    threads: int


def _without_folders(settings: object) -> object:
    """Settings with the names alone of the files that digests tell apart."""
    if isinstance(settings, dict):
        return {
            key: [Path(path).name for path in value]
            if key in _FILES and isinstance(value, list | tuple)
            else _without_folders(value)
            for key, value in settings.items()
        }
    return [_without_folders(each) for each in settings] if isinstance(settings, list | tuple) else settings


_Kept = TypeVar("_Kept", CellRecord, Speed)


def read_record(folder: Path) -> CellRecord | None:
    """The record of a cell's folder; None where there is none."""
    return _read(folder / _RECORD, CellRecord)


def write_record(record: CellRecord, folder: Path) -> None:
    """Write it whole or not at all."""
    _write(record, folder / _RECORD)


def read_speed(folder: Path) -> Speed | None:
    """The speed of the model in a folder; None where it was not measured."""
    return _read(folder / _SPEED, Speed)


def write_speed(speed: Speed, folder: Path) -> None:
    """Write it whole or not at all."""
    _write(speed, folder / _SPEED)


def _read(path: Path, kind: type[_Kept]) -> _Kept | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise InputError(f"{path}: cannot be read ({error}); remove it, and the run is done again") from error


def _write(kept: CellRecord | Speed, path: Path) -> None:
    with replacing_bytes(path) as file:
        file.write(msgspec.json.encode(kept) + b"\n")
