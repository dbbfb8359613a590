"""Backends that run a bundle. Opening one checks that all files belong to the same model, before any text is tagged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from onoma.bundle import BF16, MANIFEST, TOKENIZER, Bundle
from onoma.errors import BundleError, InferenceError
from onoma.runtime import Backend, Runner, run_one

_ADVICE = "the files belong to different models, copy the folder again"


def open_runner(bundle: Bundle, *, dtype: str, threads: int | None) -> Runner:
    """Open the runner of a bundle: a backend for its graph, or the word scorer of a baseline.

    Raises:
        InputError, BundleError, MissingExtraError: as for :func:`open_backend`.
    """
    if bundle.manifest.baseline is None:
        return open_backend(bundle, dtype=dtype, threads=threads)
    from onoma.baselines import load_scorer

    bundle.check_files(dtype)
    return load_scorer(bundle, threads=threads)


def open_backend(bundle: Bundle, *, dtype: str, threads: int | None) -> Backend:
    """Open a backend for a bundle's graph in a dtype other than ``auto``.

    Raises:
        InputError: the dtype is unknown, or this processor does not support it.
        BundleError: the bundle has no graph for this dtype, or the graph does not fit the bundle's labels or tokenizer.
        MissingExtraError: OpenVINO is not installed.
    """
    graph = bundle.graph(dtype)
    backend: Backend
    if dtype == BF16:
        from onoma.runtime.openvino import OpenvinoBackend

        backend = OpenvinoBackend(graph, threads=threads)
    else:
        from onoma.runtime.onnx import OnnxBackend

        backend = OnnxBackend(graph, threads=threads)
    _check_graph(backend, bundle, graph)
    return backend


def _check_graph(backend: Backend, bundle: Bundle, graph: Path) -> None:
    """Run the graph on the last subword of the vocabulary, and check the scores of each task.

    Raises:
        BundleError: the graph fails, lacks the output of a task, or returns scores of a wrong shape or not finite ones.
    """
    last_id = bundle.tokenizer.get_vocab_size() - 1
    try:
        scores = run_one(backend, np.array([[last_id]]))
    except InferenceError as error:
        raise BundleError(
            f"{graph}: fails at subword {last_id:,} of {TOKENIZER} ({error.__cause__}); {_ADVICE}"
        ) from error
    for name, task in bundle.tasks().items():
        if name not in scores:
            raise BundleError(f"{graph}: has no output for the task {name!r} of {MANIFEST}; {_ADVICE}")
        shape, expected_shape = scores[name].shape[2:], task.shape
        if shape != expected_shape:
            raise BundleError(
                f"{graph}: gives each subword {_describe_shape(shape)}, the labels and the scheme of {MANIFEST} ask "
                f"for {_describe_shape(expected_shape)}; {_ADVICE}"
            )
        if not np.isfinite(scores[name]).all():
            raise BundleError(f"{graph}: its scores are not finite, so its weights are broken; copy or export it again")


def _describe_shape(shape: tuple[int, ...]) -> str:
    """Describe the shape of a subword's scores for an error message."""
    return f"{shape[0]:,} scores" if len(shape) == 1 else f"scores of shape {list(shape)}"
