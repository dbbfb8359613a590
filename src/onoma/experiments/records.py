"""Records of trained cells and of the speed of their models, stored as JSON files in their folders."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from onoma.engine.config import SETTINGS_WITHOUT_EFFECT
from onoma.errors import InputError
from onoma.io.changes import changes
from onoma.io.files import replacing_bytes
from onoma.metrics import Counts

_FILE_KEYS = ("train", "dev", "test", "text")
"""Keys of settings that contain lists of files."""

_RECORD_FILE, _SPEED_FILE = "cell.json", "speed.json"


class CellRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Record of a cell that was trained, or that could not be trained.

    Attributes:
        corpus, candidate, sentences, seed: identification of the cell.
        settings: configuration tables of its run.
        digests: digests of its files and of its encoder, by their role.
        version: version of onoma.
        train_sentences: number of sentences that it was trained on.
        dev: precision, recall and F1 on dev in the best epoch, fractions of 1.
        tested_on: ``test``, or ``dev`` if there is no test set.
        counts: correct, predicted and gold entities of each document that it was tested on, ``[documents, 3]``.
        seconds: time from the start of the run to the finished model; for a resumed run, the time of the last attempt
            plus the training time before it.
        threads: number of processor threads.
        processor: name of the processor that it was trained on; empty in records of earlier versions.
        notes: notices for the reader on how its data was read.
        error: why there is no model; empty if there is one.
    """

    corpus: str
    candidate: str
    sentences: int | None
    seed: int
    settings: dict[str, object]
    digests: dict[str, str]
    version: str
    train_sentences: int = 0
    dev: dict[str, float] = {}
    tested_on: str = "test"
    counts: list[tuple[int, int, int]] = []
    seconds: float = 0.0
    threads: int = 1
    processor: str = ""
    notes: list[str] = []
    error: str = ""

    @property
    def array(self) -> NDArray[np.int64]:
        """Counts as an array, ``[documents, 3]``."""
        return np.asarray(self.counts, dtype=np.int64).reshape(-1, 3)

    @property
    def f1(self) -> float:
        """F1 with exact matching on the text that the model was tested on, a fraction of 1."""
        correct, predicted, gold = self.array.sum(axis=0).tolist()
        return Counts(correct=correct, predicted=predicted, gold=gold).f1

    def is_of(self, other: CellRecord) -> bool:
        """Return whether both records are of the same run on the same data, wherever the data files are located.

        The device, and settings that do not change what a run learns, may differ.
        """
        return self.digests == other.digests and _comparable(self.settings) == _comparable(other.settings)

    def changes_to(self, other: CellRecord) -> list[str]:
        """Return a description of each setting, file or encoder that differs in another record."""
        settings = changes(*(_flatten(_comparable(each.settings)) for each in (self, other)))
        digests = changes(self.digests, other.digests)
        return [f"{key} {change}" for key, change in settings.items()] + [
            f"the content of {part} has changed" for part in digests
        ]


class Speed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Speed and resource use of a finished model when tagging.

    Attributes:
        words_per_second: throughput over all documents that the model was tested on, tagged in batches.
        latency: median milliseconds for a single sentence.
        memory: peak memory of the process that loads the model and tags, in megabytes (10⁶ bytes); 0 if unknown.
        size: size of the files needed for tagging, in megabytes.
        threads: number of processor threads.
        processor: name of the processor; empty in records of earlier versions.
    """

    words_per_second: float
    latency: float
    memory: float
    size: float
    threads: int
    processor: str = ""


def _comparable(settings: dict[str, object]) -> object:
    """Return settings without those that do not change what a run learns, and with file names in place of paths."""
    training = settings.get("training")
    if isinstance(training, dict):
        without_effect = (*SETTINGS_WITHOUT_EFFECT, "device")
        settings = settings | {"training": {k: v for k, v in training.items() if k not in without_effect}}
    return _without_folders(settings)


def _without_folders(settings: object) -> object:
    """Return settings with file paths reduced to file names; the digests identify the contents."""
    if isinstance(settings, dict):
        return {
            key: [Path(path).name for path in value]
            if key in _FILE_KEYS and isinstance(value, list | tuple)
            else _without_folders(value)
            for key, value in settings.items()
        }
    return [_without_folders(each) for each in settings] if isinstance(settings, list | tuple) else settings


def _flatten(settings: object, prefix: str = "") -> dict[str, object]:
    """Return settings by their dotted keys."""
    if not isinstance(settings, dict):
        return {prefix: settings}
    dot = "." if prefix else ""
    return {
        key: value for name, each in settings.items() for key, value in _flatten(each, f"{prefix}{dot}{name}").items()
    }


_StoredT = TypeVar("_StoredT", CellRecord, Speed)


def read_record(folder: Path) -> CellRecord | None:
    """Read the record from the folder of a cell; return None if there is none."""
    return _read(folder / _RECORD_FILE, CellRecord)


def write_record(record: CellRecord, folder: Path) -> None:
    """Write the record of a cell to its folder, atomically."""
    _write(record, folder / _RECORD_FILE)


def read_speed(folder: Path) -> Speed | None:
    """Read the speed of the model in a folder; return None if it was not measured."""
    return _read(folder / _SPEED_FILE, Speed)


def write_speed(speed: Speed, folder: Path) -> None:
    """Write the speed of a model to its folder, atomically."""
    _write(speed, folder / _SPEED_FILE)


def _read(path: Path, kind: type[_StoredT]) -> _StoredT | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise InputError(f"{path}: cannot be read ({error}); remove it, and the run is done again") from error


def _write(value: CellRecord | Speed, path: Path) -> None:
    with replacing_bytes(path) as file:
        file.write(msgspec.json.encode(value) + b"\n")
