"""A model, ready to tag."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from onoma.api.backends import open_backend, open_runner
from onoma.api.dtypes import choose_dtype
from onoma.api.inputs import PathLike
from onoma.bundle import AUTO, Bundle, load_bundle
from onoma.runtime import Backend, Runner
from onoma.tagger import Tagger


def load(model: PathLike, *, dtype: str = AUTO, threads: int | None = None, structure: bool = True) -> Tagger:
    """Load a model.

    Args:
        model: `en` (the English model that comes with onoma), or a folder that `onoma train` has written.
        dtype: `fp32`, `int8`, or `bf16`, which computes the fp32 graph in bf16 with OpenVINO. `auto` takes the
            fastest on this machine of those whose loss of F1 is within the model's bound; see :func:`export_model`.
        threads: processor threads; None for as many as this process may use.
        structure: whether raw text is looked through for what no entity crosses (ends of lines that were not wrapped,
            cells, list items, addresses), words hyphenated over a line end and HTML escapes, and sentences in capitals
            or in lower case are read twice. Else only blank lines separate entities.

    Returns:
        A tagger. A pickle of it holds the folder's path, or the name of a shipped model, and these arguments.

    Raises:
        InputError: the dtype is unknown, or this processor does not support it.
        BundleError: the folder is missing, broken, of a newer version, or has no graph of this dtype that fits it.
        MissingExtraError: OpenVINO is not installed.
    """
    bundle = load_bundle(Path(model))
    if dtype == AUTO:  # a copy must not choose otherwise
        dtype = choose_dtype(bundle, threads=threads).dtype
    is_shipped = bundle.folder != Path(model)
    place = model if is_shipped else Path(model).absolute()  # a shipped model may be elsewhere on another machine
    again = partial(load, place, dtype=dtype, threads=threads, structure=structure)
    runner = open_runner(bundle, dtype=dtype, threads=threads)
    return Tagger(bundle, runner, structure=structure, reload=again)


def backend_of(bundle: Bundle, *, dtype: str, threads: int | None) -> Backend:
    """A backend for a bundle's graph of a dtype."""
    if dtype == AUTO:
        dtype = choose_dtype(bundle, threads=threads).dtype
    return open_backend(bundle, dtype=dtype, threads=threads)


def runner_of(bundle: Bundle, *, threads: int | None) -> Runner:
    """What runs a bundle, in the dtype that is fastest here."""
    return open_runner(bundle, dtype=choose_dtype(bundle, threads=threads).dtype, threads=threads)
