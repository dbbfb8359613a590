"""Loading and saving the parameters of a baseline; files that do not belong together are rejected on loading."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onoma.baselines.crf import CrfScorer
from onoma.baselines.gazetteer import GazetteerScorer
from onoma.bundle import ARRAYS, MANIFEST, ONNX, Bundle
from onoma.errors import BundleError, InferenceError
from onoma.io.files import replacing_bytes
from onoma.runtime import WordScorer
from onoma.tasks import TagTask

_ADVICE = "the files belong to different models, copy the folder again"


def load_scorer(bundle: Bundle, *, threads: int | None = None) -> WordScorer:
    """Load the scorer of a baseline, and check it on a trial sentence.

    Args:
        bundle: bundle of a baseline.
        threads: number of CPU threads; None for as many as this process may use. Only the network uses more than one.

    Raises:
        BundleError: a file is missing or corrupt, or does not match the manifest.
    """
    path = _require_file(bundle, ARRAYS)
    task = bundle.task()
    if not isinstance(task, TagTask):
        raise BundleError(f"{bundle.folder}: {MANIFEST}: a baseline tags words, its task does not; copy it again")
    arrays = _read_arrays(path)
    try:
        scorer, trial_words = _load_scorer(bundle, arrays, task, threads=threads)
    except (KeyError, ValueError) as error:
        raise BundleError(f"{path}: {error}; {_ADVICE}") from error
    try:
        (scores,) = scorer.score([trial_words])
    except InferenceError as error:
        raise BundleError(f"{bundle.folder}: {error.__cause__}; {_ADVICE}") from error
    if scores.shape != (len(trial_words), len(task.tags)):
        raise BundleError(
            f"{path}: gives each word {scores.shape[-1]:,} scores, the labels and the scheme of {MANIFEST} ask for "
            f"{len(task.tags):,}; {_ADVICE}"
        )
    if not np.isfinite(scores).all():
        raise BundleError(f"{path}: its scores are not finite, so its weights are broken; copy it again")
    return scorer


def write_arrays(folder: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write the trained parameters of a baseline."""
    with replacing_bytes(folder / ARRAYS) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _load_scorer(
    bundle: Bundle, arrays: Mapping[str, NDArray[np.generic]], task: TagTask, *, threads: int | None
) -> tuple[WordScorer, list[str]]:
    """Return the scorer and the words of a trial sentence; those of a network include its highest ids."""
    match bundle.manifest.baseline:
        case "crf":
            return CrfScorer.of(arrays), ["a"]
        case "gazetteer":
            return GazetteerScorer.of(arrays, task), ["a"]
        case _:
            from onoma.baselines.bilstm import open_network
            from onoma.baselines.vocabulary import Vocabulary

            vocabulary = Vocabulary.from_arrays(arrays)
            scorer = open_network(vocabulary, _require_file(bundle, ONNX), threads=threads)
            return scorer, ["a", *vocabulary.words[-1:], *vocabulary.characters[-1:]]


def _require_file(bundle: Bundle, name: str) -> Path:
    path = bundle.weights(name)
    if path is None:
        raise BundleError(f"{bundle.folder}: has no {name}; copy the folder again")
    return path


def _read_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as error:  # the errors of zipfile, zlib and numpy have no more specific base class
        raise BundleError(f"{path}: cannot be read as arrays ({error}); copy the folder again") from error
