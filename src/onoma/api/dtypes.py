"""Choice of the dtype for ``auto``: the fastest one that the model allows, measured once for each machine and model.

fp32 is always allowed. int8 is allowed if the manifest prefers it: `onoma export` has then measured its F1 on dev, and
the loss was accepted. bf16 is allowed only where int8 is, and only if its scores differ from those of fp32 by
no more than the scores of int8 do. Its loss of F1 is then assumed to be acceptable too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from onoma.api.backends import open_backend
from onoma.bundle import AUTO, BF16, Bundle
from onoma.counting import counted
from onoma.errors import BundleError, InputError, MissingExtraError
from onoma.machine import best_times, cached_measurement
from onoma.runtime import Backend, PaddedBatch, thread_count
from onoma.version import __version__

_FP32, _INT8 = "fp32", "int8"
_BATCH_WINDOWS, _WINDOW_SUBWORDS = 4, 32
"""Windows of the measured batch, and random subwords of each; one batch per thread is run.

A batch takes some 20 to 70 ms with a small encoder.
"""

_MAX_SECONDS = 0.6
"""Maximum time of the measurement in seconds, without loading the graphs."""

_DIFFERENCE_SUFFIX = " difference"
"""Suffix of the keys under which the differences of the scores from those of fp32 are cached."""


@dataclass(frozen=True, slots=True)
class DtypeChoice:
    """The dtype chosen for a model on this machine.

    Attributes:
        dtype: the chosen dtype.
        speeds: subwords per second in each measured dtype; empty if there was only one dtype to choose from.
        reason: human-readable reason for the choice.
    """

    dtype: str
    speeds: Mapping[str, float]
    reason: str


def choose_dtype(bundle: Bundle, *, threads: int | None = None) -> DtypeChoice:
    """Choose the dtype for ``auto`` by measuring speeds on this machine; the user's cache keeps the measurement.

    Args:
        bundle: the model.
        threads: number of processor threads that the model will use; None for as many as this process may use.

    Raises:
        BundleError: the model has no graph, or its preferred graph does not match the manifest.
    """
    if bundle.manifest.baseline is not None:
        return DtypeChoice(_FP32, {}, "the only one of a baseline")
    bundle.graph(AUTO)
    preferred = bundle.preferred or _FP32
    if preferred != _INT8:
        return DtypeChoice(preferred, {}, "no other dtype was checked on dev")
    if not _is_complete(bundle, _FP32):
        return DtypeChoice(preferred, {}, "the only graph")
    threads = thread_count(threads)
    openvino = _find_version("openvino")
    candidates = [_FP32, _INT8, *([BF16] if openvino else [])]
    measurements = cached_measurement(
        "dtype",
        lambda: _measure_dtypes(bundle, candidates, threads=threads),
        facts={
            "model": hashlib.sha256(bundle.manifest.to_json().encode()).hexdigest(),
            "threads": threads,
            "onoma": __version__,
            "onnxruntime": _find_version("onnxruntime"),
            "openvino": openvino,
        },
    )
    return _choose_fastest(measurements, threads=threads)


def _is_complete(bundle: Bundle, dtype: str) -> bool:
    """Whether the graph of a dtype exists and is complete; a user may have deleted a graph that is not preferred."""
    try:
        bundle.graph(dtype)
    except BundleError:
        return False
    return True


def _measure_dtypes(bundle: Bundle, candidates: list[str], *, threads: int) -> dict[str, float]:
    """Measure the speed of each dtype in subwords per second, and the difference of its scores from those of fp32."""
    backends = {}
    for dtype in candidates:
        try:
            backends[dtype] = open_backend(bundle, dtype=dtype, threads=threads)
        except (InputError, MissingExtraError):  # the processor lacks bf16, or OpenVINO cannot be imported
            continue
    subwords = min(_WINDOW_SUBWORDS, bundle.manifest.window.size)
    ids = np.random.default_rng(1).integers(0, bundle.tokenizer.get_vocab_size(), (_BATCH_WINDOWS, subwords))
    batch = PaddedBatch(ids, np.ones_like(ids), np.ones(ids.shape, dtype=bool))
    scores = {dtype: next(iter(backend.run([batch]))) for dtype, backend in backends.items()}
    workloads = {dtype: _make_workload(backend, batch, times=threads) for dtype, backend in backends.items()}
    seconds = best_times(workloads, warm_up=0, at_most=_MAX_SECONDS)
    measurements = {dtype: ids.size * threads / elapsed for dtype, elapsed in seconds.items()}
    exact_scores = scores[_FP32]
    for dtype, dtype_scores in scores.items():
        measurements[dtype + _DIFFERENCE_SUFFIX] = max(
            _measure_difference(dtype_scores[task], exact_scores[task]) for task in exact_scores
        )
    return measurements


def _measure_difference(scores: NDArray[np.float32], exact_scores: NDArray[np.float32]) -> float:
    """Return the root mean square difference of scores, in standard deviations of the exact scores."""
    return float(np.sqrt(np.mean((scores - exact_scores) ** 2)) / exact_scores.std())


def _make_workload(backend: Backend, batch: PaddedBatch, *, times: int) -> Callable[[], object]:
    return lambda: list(backend.run([batch] * times))


def _choose_fastest(measurements: Mapping[str, float], *, threads: int) -> DtypeChoice:
    """Return the fastest dtype whose scores differ from those of fp32 by no more than the scores of int8 do."""
    speeds = {key: value for key, value in measurements.items() if not key.endswith(_DIFFERENCE_SUFFIX)}
    bound = measurements[_INT8 + _DIFFERENCE_SUFFIX]
    allowed = [dtype for dtype in speeds if measurements[dtype + _DIFFERENCE_SUFFIX] <= bound]
    best = max(allowed, key=lambda dtype: speeds[dtype])
    others = [
        f"{dtype} {speed:,.0f}" + ("" if dtype in allowed else " (too inexact)")
        for dtype, speed in sorted(speeds.items(), key=lambda item: -item[1])
        if dtype != best
    ]
    return DtypeChoice(
        best, speeds, f"{speeds[best]:,.0f} subwords/s on {counted(threads, 'thread')} here; {', '.join(others)}"
    )


def _find_version(package: str) -> str:
    """Return the version of a package, or an empty string if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
