"""Loading of models for tagging."""

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
    """Load a model for tagging.

    Args:
        model: `en` (the English model that comes with onoma), or a folder that `onoma train` has written.
        dtype: `fp32`, `int8`, or `bf16`, which runs the fp32 graph in bf16 with OpenVINO. `auto` chooses the fastest
            dtype on this machine among those whose loss of F1 was accepted at export; see
            :func:`export_model`.
        threads: number of processor threads; None for as many as this process may use.
        structure: whether to analyse the structure of raw text. If True, entities do not cross ends of unwrapped lines,
            table cells, list items or e-mail addresses; words hyphenated at a line end are joined, and HTML escapes are
            decoded; and sentences that are all in capitals or all in lower case are encoded in two letter cases. If
            False, only blank lines separate entities.

    Returns:
        A tagger. Its pickle contains the folder's path, or the name of a shipped model, and these arguments.

    Raises:
        InputError: the dtype is unknown, this processor does not support it, or the number of threads is less than 1.
        BundleError: the folder is missing, broken or of a newer version, or has no graph for this dtype.
        MissingExtraError: OpenVINO is needed and not installed.
    """
    bundle = load_bundle(Path(model))
    if dtype == AUTO:  # chosen here, so that an unpickled copy uses the same dtype
        dtype = choose_dtype(bundle, threads=threads).dtype
    is_shipped = bundle.folder != Path(model)
    # The path of a shipped model differs between machines, so that a pickle refers to it by name.
    model_path = model if is_shipped else Path(model).absolute()
    reload = partial(load, model_path, dtype=dtype, threads=threads, structure=structure)
    runner = open_runner(bundle, dtype=dtype, threads=threads)
    return Tagger(bundle, runner, structure=structure, reload=reload)


def backend_of(bundle: Bundle, *, dtype: str, threads: int | None) -> Backend:
    """Open a backend for a bundle's graph in a dtype, which may be ``auto``."""
    if dtype == AUTO:
        dtype = choose_dtype(bundle, threads=threads).dtype
    return open_backend(bundle, dtype=dtype, threads=threads)


def runner_of(bundle: Bundle, *, threads: int | None) -> Runner:
    """Open the runner of a bundle, in the dtype that ``auto`` chooses on this machine."""
    return open_runner(bundle, dtype=choose_dtype(bundle, threads=threads).dtype, threads=threads)
