"""A model, ready to tag."""

from __future__ import annotations

from pathlib import Path

from onoma.api.inputs import PathLike
from onoma.bundle import AUTO, BF16, Bundle, load_bundle
from onoma.runtime.backend import Backend
from onoma.tagger import Tagger


def load(model: PathLike, *, dtype: str = AUTO, threads: int | None = None) -> Tagger:
    """Load a model.

    Args:
        model: `en` (the English model that comes with onoma), or a folder that `onoma train` has written.
        dtype: `fp32`, `int8`, or `auto` for the one that the model prefers; see :func:`export_model`. `bf16`
            computes the fp32 graph in bf16, with OpenVINO.
        threads: processor threads; None for as many as this process may use.

    Returns:
        A tagger.

    Raises:
        InputError: the dtype is unknown, or this processor does not support it.
        BundleError: the folder is missing, broken, of a newer version, or has no graph of this dtype.
        MissingExtraError: OpenVINO is not installed.
    """
    bundle = load_bundle(Path(model))
    return Tagger(bundle, backend_of(bundle, dtype=dtype, threads=threads))


def backend_of(bundle: Bundle, *, dtype: str, threads: int | None) -> Backend:
    """A backend for a bundle's graph of a dtype."""
    graph = bundle.graph(dtype)
    if dtype == BF16:
        from onoma.runtime.openvino import OpenvinoBackend

        return OpenvinoBackend(graph, threads=threads)
    from onoma.runtime.onnx import OnnxBackend

    return OnnxBackend(graph, threads=threads)
