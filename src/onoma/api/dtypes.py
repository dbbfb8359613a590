"""Which dtype ``auto`` means: the fastest of those that the model allows, measured once for each machine and model.

fp32 is always allowed. int8 is allowed where the model prefers it, which says that its F1 was measured on dev and
stayed within the bound of `onoma export`. bf16 is allowed beside such an int8 if its scores differ less from those of
fp32 than those of int8 do: what loses less than the loss that was accepted is within the same bound.
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
from onoma.errors import BundleError, InputError, MissingExtraError
from onoma.machine import remembered, shortest_times
from onoma.runtime import Backend, PaddedBatch, thread_count
from onoma.version import __version__

_FP32, _INT8 = "fp32", "int8"
_WINDOWS, _SUBWORDS = 4, 32
"""What one thread computes in the measurement, of random subwords: some 20 to 70 ms with a small encoder."""

_AT_MOST = 0.6
"""Seconds of the measurement; loading the graphs comes on top of it."""

_DIFFERENCE = " difference"


@dataclass(frozen=True, slots=True)
class DtypeChoice:
    """What ``auto`` means for a model on this machine.

    Attributes:
        dtype: the dtype.
        speeds: subwords a second in each dtype that was measured; empty where there was nothing to choose.
        reason: why it is this one, for a person.
    """

    dtype: str
    speeds: Mapping[str, float]
    reason: str


def choose_dtype(bundle: Bundle, *, threads: int | None = None) -> DtypeChoice:
    """What ``auto`` means for a model, from a measurement of this machine that is kept in the user's cache.

    Args:
        bundle: the model.
        threads: processor threads that it will run on; None for as many as this process may use.

    Raises:
        BundleError: the model has no graph, or its preferred one is not what the manifest says.
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
    openvino = _version("openvino")
    candidates = [_FP32, _INT8, *([BF16] if openvino else [])]
    figures = remembered(
        "dtype",
        lambda: _measured(bundle, candidates, threads=threads),
        facts={
            "model": hashlib.sha256(bundle.manifest.to_json().encode()).hexdigest(),
            "threads": threads,
            "onoma": __version__,
            "onnxruntime": _version("onnxruntime"),
            "openvino": openvino,
        },
    )
    return _chosen(figures, threads=threads)


def _is_complete(bundle: Bundle, dtype: str) -> bool:
    """Whether the graph of a dtype is there: a user may have deleted one that is not preferred."""
    try:
        bundle.graph(dtype)
    except BundleError:
        return False
    return True


def _measured(bundle: Bundle, candidates: list[str], *, threads: int) -> dict[str, float]:
    """Subwords a second in each dtype, and how far its scores are from those of fp32."""
    backends = {}
    for dtype in candidates:
        try:
            backends[dtype] = open_backend(bundle, dtype=dtype, threads=threads)
        except (InputError, MissingExtraError):  # no products in bf16 here, or an OpenVINO that cannot be imported
            continue
    subwords = min(_SUBWORDS, bundle.manifest.window.size)
    ids = np.random.default_rng(1).integers(0, bundle.tokenizer.get_vocab_size(), (_WINDOWS, subwords))
    batch = PaddedBatch(ids, np.ones_like(ids), np.ones(ids.shape, dtype=bool))
    scores = {dtype: next(iter(backend.run([batch]))) for dtype, backend in backends.items()}
    works = {dtype: _work(backend, batch, times=threads) for dtype, backend in backends.items()}
    seconds = shortest_times(works, warm_up=0, at_most=_AT_MOST)
    figures = {dtype: ids.size * threads / taken for dtype, taken in seconds.items()}
    exact = scores[_FP32]
    for dtype, found in scores.items():
        figures[dtype + _DIFFERENCE] = max(_difference(found[task], exact[task]) for task in exact)
    return figures


def _difference(found: NDArray[np.float32], exact: NDArray[np.float32]) -> float:
    """The mean difference of scores, in standard deviations of the exact ones."""
    return float(np.sqrt(np.mean((found - exact) ** 2)) / exact.std())


def _work(backend: Backend, batch: PaddedBatch, *, times: int) -> Callable[[], object]:
    return lambda: list(backend.run([batch] * times))


def _chosen(figures: Mapping[str, float], *, threads: int) -> DtypeChoice:
    """The fastest dtype among those whose scores are near enough to fp32's."""
    speeds = {name: figure for name, figure in figures.items() if not name.endswith(_DIFFERENCE)}
    bound = figures[_INT8 + _DIFFERENCE]
    allowed = [dtype for dtype in speeds if figures[dtype + _DIFFERENCE] <= bound]
    best = max(allowed, key=lambda dtype: speeds[dtype])
    others = [
        f"{dtype} {speed:,.0f}" + ("" if dtype in allowed else " (too inexact)")
        for dtype, speed in sorted(speeds.items(), key=lambda item: -item[1])
        if dtype != best
    ]
    on = f"{threads} thread{'' if threads == 1 else 's'}"
    return DtypeChoice(best, speeds, f"{speeds[best]:,.0f} subwords/s on {on} here; {', '.join(others)}")


def _version(package: str) -> str:
    """The version of an installed package, or nothing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
