"""Bundle (model folder): manifest, tokenizer and weight files.

This module defines the layout of the folder; it does not load or run weights.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
import numpy as np
from tokenizers import Tokenizer

from onoma.bundle.manifest import (
    MANIFEST,
    CalibrationCard,
    EntityCard,
    Manifest,
    SentencesCard,
    SpansCard,
    TaskCard,
    WordsCard,
    read_manifest,
)
from onoma.bundle.shipped import find_model
from onoma.bundle.tokenizer import read_tokenizer
from onoma.encoding import Windower, WordWindower
from onoma.errors import BundleError, InputError
from onoma.io.files import replacing_bytes
from onoma.schemes import SCHEMES
from onoma.tasks import (
    UNCALIBRATED,
    AnyTask,
    Calibration,
    EntityTask,
    Scaling,
    SentenceTask,
    SpanTask,
    TagTask,
    WordTask,
)

TOKENIZER = "tokenizer.json"
ONNX = "model.onnx"
INT8 = "model.int8.onnx"
WEIGHTS = "model.safetensors"
ARRAYS = "model.npz"
"""File of a baseline's trained parameters; a baseline with a neural network has a graph in addition."""

FP32 = "fp32"

DTYPES: Mapping[str, str] = MappingProxyType({FP32: ONNX, "int8": INT8})
"""File name of the graph for each dtype, the most exact one first."""

BF16 = "bf16"
"""A dtype without a separate graph: the fp32 graph is run in bf16."""

_MODEL_HINT = "a model is `en`, or a folder that `onoma train` has written"

AUTO = "auto"
"""Selects a dtype automatically; within this module, the dtype that the bundle prefers."""


class Bundle:
    """A model without its weights.

    Args:
        manifest: the manifest.
        tokenizer: tokenizer of the encoder; None for a baseline.
        folder: folder of the bundle; None while the model is being trained.
    """

    def __init__(self, manifest: Manifest, tokenizer: Tokenizer | None, folder: Path | None = None) -> None:
        self.manifest = manifest
        self._tokenizer = tokenizer
        self.folder = folder

    @property
    def tokenizer(self) -> Tokenizer:
        """Tokenizer of the encoder.

        Raises:
            BundleError: the model is a baseline, which has no tokenizer.
        """
        self.need_encoder()
        assert self._tokenizer is not None
        return self._tokenizer

    def need_encoder(self) -> None:
        """Check that the model has an encoder.

        Raises:
            BundleError: the model is a baseline.
        """
        if self.manifest.baseline is not None:
            raise BundleError(
                f"{self.folder or 'this model'}: is the baseline {self.manifest.baseline}, which has no encoder; this "
                "needs a model that `onoma train` has made from an encoder, such as small"
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """Entity labels that the model predicts."""
        return self.manifest.entities.labels

    def windower(self, *, structure: bool = True) -> Windower:
        """Return the windower that cuts documents into words, subwords and windows for this model.

        Args:
            structure: whether to analyse the structure of raw text; see :class:`onoma.encoding.Windower`.
        """
        window = self.manifest.window
        return Windower.of(self.tokenizer, window=window.size, overlap=window.overlap, structure=structure)

    def word_windower(self, *, structure: bool = True) -> WordWindower:
        """Return the windower that cuts documents into words and windows for a baseline; see :meth:`windower`."""
        window = self.manifest.window
        return WordWindower(window=window.size, overlap=window.overlap, structure=structure)

    def task(self) -> EntityTask:
        """Return the entity task, which decodes the model's scores to entities."""
        return self._make_entity_task(self.manifest.entities)

    def tasks(self) -> dict[str, AnyTask]:
        """Return all tasks of the model by name; each decodes its scores to labels."""
        return {name: self._make_task(card) for name, card in self.manifest.tasks.items()}

    def only(self, *names: str) -> Bundle:
        """Return the bundle with only the named tasks."""
        chosen = {name: card for name, card in self.manifest.tasks.items() if name in names}
        return self.with_manifest(self.manifest.replace(tasks=chosen))

    def with_manifest(self, manifest: Manifest) -> Bundle:
        """Return the bundle with another manifest."""
        return Bundle(manifest, self._tokenizer, self.folder)

    def _make_task(self, card: TaskCard) -> AnyTask:
        if isinstance(card, WordsCard):
            return WordTask(card.labels)
        return SentenceTask(card.labels) if isinstance(card, SentencesCard) else self._make_entity_task(card)

    def _make_entity_task(self, card: EntityCard) -> EntityTask:
        calibration = _make_calibration(card.calibration)
        if isinstance(card, SpansCard):
            return SpanTask(
                card.labels,
                size=card.size,
                widest=card.widest,
                overlaps=card.overlaps,
                threshold=card.threshold,
                parameters={} if card.width is None else {"width": np.asarray(card.width)},
                calibration=calibration,
            )
        transitions = None if card.transitions is None else msgspec.structs.asdict(card.transitions)
        parameters = {name: np.asarray(values) for name, values in (transitions or {}).items()}
        try:
            return TagTask(card.labels, scheme=SCHEMES[card.scheme], parameters=parameters, calibration=calibration)
        except ValueError as error:
            manifest_path = (self.folder or Path()) / MANIFEST
            raise BundleError(
                f"{manifest_path}: transitions: {error}; the manifest is broken, copy the bundle again"
            ) from error

    def weights(self, name: str) -> Path | None:
        """Return the path of a weight file, or None if the manifest lists no file of this name.

        Raises:
            BundleError: the manifest lists the file, but it is missing or has another size.
        """
        expected_size = self.manifest.files.get(name)
        if self.folder is None or expected_size is None:
            return None
        path = self.folder / name
        size = path.stat().st_size if path.is_file() else None
        if size != expected_size:
            problem = "is missing" if size is None else f"has {size:,} bytes"
            raise BundleError(
                f"{path}: the weight file {problem}, {MANIFEST} says {expected_size:,}; copy the bundle again"
            )
        return path

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Dtypes for which the bundle has a graph; empty for a baseline, which has no choice of dtypes."""
        if self.manifest.baseline is not None:
            return ()
        return tuple(dtype for dtype, name in DTYPES.items() if name in self.manifest.files)

    @property
    def preferred(self) -> str | None:
        """Dtype that the manifest prefers, if the bundle has its graph; else the most exact dtype with a graph."""
        available = self.dtypes
        return self.manifest.dtype if self.manifest.dtype in available else next(iter(available), None)

    def check_files(self, dtype: str = AUTO) -> Path:
        """Check that the files needed for tagging in a dtype exist, and return the bundle's folder.

        Raises:
            InputError, BundleError: as for :meth:`graph`.
        """
        baseline = self.manifest.baseline
        if baseline is None:
            return self.graph(dtype).parent
        if dtype not in (AUTO, FP32):
            raise InputError(f"{self.folder}: is the baseline {baseline}, which has no dtype {dtype}; leave it out")
        path = self.weights(ARRAYS)
        if path is None:
            raise BundleError(f"{self.folder}: has no {ARRAYS}; copy the folder again")
        return path.parent

    def graph(self, dtype: str = AUTO) -> Path:
        """Return the path of the graph for a dtype.

        Raises:
            InputError: the dtype is unknown.
            BundleError: the model is a baseline, or has no graph for this dtype; or the file does not match the
                manifest.
        """
        self.need_encoder()
        if dtype not in (AUTO, BF16, *DTYPES):
            raise InputError(f"unknown dtype {dtype!r}; choose one of {', '.join((AUTO, *DTYPES, BF16))}")
        available = self.dtypes
        graph_dtype = {AUTO: self.preferred, BF16: FP32}.get(dtype, dtype)
        path = self.weights(DTYPES[graph_dtype]) if graph_dtype else None
        if path is None:
            missing = DTYPES[graph_dtype or FP32]
            advice = [f"choose another dtype (available: {', '.join(available)})"] if available else []
            if self.weights(WEIGHTS) is not None:
                export_option = " --quantize int8" if graph_dtype == "int8" else ""
                advice.insert(0, f"write it with `onoma export {shlex.quote(str(self.folder))}{export_option}`")
            raise BundleError(f"{self.folder}: has no {missing}; {', or '.join(advice) or 'copy the folder again'}")
        return path


def _make_calibration(card: CalibrationCard | None) -> Calibration:
    if card is None:
        return UNCALIBRATED
    scaling = Scaling(card.slope, card.intercept)
    return Calibration(temperature=card.temperature, scaling=scaling, thresholds=card.thresholds)


def load_bundle(folder: str | Path) -> Bundle:
    """Read a bundle's manifest and tokenizer.

    Args:
        folder: path of the bundle, or the name of a shipped model: ``en``.

    Raises:
        BundleError: the folder is not a bundle, is broken, or has a newer format than this version of onoma can read.
    """
    folder = find_model(folder)
    path = folder / MANIFEST
    if not folder.exists():
        raise BundleError(f"{folder}: the folder does not exist; {_MODEL_HINT}")
    if not folder.is_dir():
        raise BundleError(f"{folder}: this is a file; {_MODEL_HINT}")
    if not path.is_file():
        raise BundleError(f"{folder}: has no {MANIFEST}, so it is not a model that `onoma train` has written")
    manifest = read_manifest(path)
    return Bundle(manifest, None if manifest.baseline else read_tokenizer(folder / TOKENIZER), folder)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write ``onoma.json`` atomically, with the sizes of the weight files in the same folder."""
    names = (*DTYPES.values(), WEIGHTS, ARRAYS)
    files = {name: (folder / name).stat().st_size for name in names if (folder / name).is_file()}
    with replacing_bytes(folder / MANIFEST) as file:
        file.write(f"{manifest.replace(files=files).to_json()}\n".encode())
