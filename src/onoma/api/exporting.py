"""Exporting a model's graph in fp32 or int8."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.extras import need_training
from onoma.api.inputs import PathLike, documents_in
from onoma.bundle import DTYPES, open_output
from onoma.errors import BundleError, InputError
from onoma.io.files import replacing_path
from onoma.metrics import as_fractions
from onoma.text import Document

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.bundle import Manifest
    from onoma.corpora import ReadOptions
    from onoma.export import Agreement, Exported


def export_model(
    model: PathLike,
    *,
    quantize: str | None = None,
    dev: PathLike | Iterable[Document] | None = None,
    bound: float = 0.2,
    exact_layers: int = 0,
    output: PathLike | None = None,
    overwrite: bool = False,
    format: str | None = None,
    options: ReadOptions | None = None,
) -> Exported:
    """Write a model's graph again, in fp32 or int8, into the model's folder or as a new bundle without weights.

    Args:
        model: a folder that `onoma train` has written.
        quantize: `int8`, or None for fp32.
        dev: annotated text to measure int8 on; if int8 loses at most ``bound``, the model prefers int8 from then on.
        bound: the most points of exact F1 that int8 may lose on ``dev``.
        exact_layers: how many of the lowest layers int8 leaves in fp32.
        output: a folder for a new bundle with this graph only; the model itself then does not change.
        overwrite: replace a bundle at ``output``.
        format: the format of ``dev``; detected automatically if None.
        options: how ``dev`` is read.

    Returns:
        The graph's path, and how int8 compares with fp32.

    Raises:
        ParityError: the graph does not compute what torch computes, or int8 loses too much; nothing is written then.
        InputError: ``quantize`` is unknown, ``dev`` cannot be read, or ``output`` exists.
        BundleError: the model is broken or has no weights to export.
        EncoderError: the encoder cannot be exported in this way.
    """
    need_training()
    from onoma.bundle import TOKENIZER, WEIGHTS, load_bundle, write_manifest
    from onoma.export import Exported, export_graph
    from onoma.models import load_model
    from onoma.views import write_card

    dtype, folder = quantize or "fp32", Path(model)
    target = None if output is None else Path(output)
    texts = None if dev is None else list(documents_in(dev, format=format, options=options))
    _check_request(dtype, dev=texts, exact_layers=exact_layers, output=target, overwrite=overwrite)
    bundle = load_bundle(folder)
    bundle.need_encoder()
    if bundle.weights(WEIGHTS) is None:
        raise BundleError(f"{folder}: has no {WEIGHTS} to export; pass the folder that `onoma train` has written")
    weights = load_model(folder)
    with _place(folder, target, overwrite=overwrite) as place:
        with replacing_path(place / DTYPES[dtype]) as draft:
            agreement = export_graph(bundle, weights, draft, dtype=dtype, dev=texts, exact_layers=exact_layers)
            if agreement is not None:
                agreement.require(bound)
        if target is not None:
            shutil.copyfile(folder / TOKENIZER, place / TOKENIZER)
        write_manifest(_with_figures(bundle.manifest, agreement), place)
        write_card(place, name=(target or folder).resolve().name)
    return Exported((target or folder) / DTYPES[dtype], agreement)


def _check_request(
    dtype: str, *, dev: Sequence[Document] | None, exact_layers: int, output: Path | None, overwrite: bool
) -> None:
    if dtype not in DTYPES:
        raise InputError(f"--quantize {dtype}: unknown quantization; the only one is int8")
    if output is None and overwrite:
        raise InputError("--overwrite belongs to --output; without it a graph in the model's folder is always replaced")
    if dtype == "fp32" and (dev is not None or exact_layers):
        raise InputError("--dev and --exact-layers belong to --quantize int8")
    if dev is not None and not any(document.entities for document in dev):
        raise InputError("--dev: has no entities, so int8 cannot be measured on it; check --format and --tag-column")


@contextmanager
def _place(folder: Path, output: Path | None, *, overwrite: bool) -> Iterator[Path]:
    """The folder to write to: the bundle's own, or a draft that becomes a bundle at the end."""
    if output is None:
        yield folder
        return
    with open_output(output, overwrite=overwrite) as opened, opened.new_bundle(last=True) as draft:
        yield draft


def _with_figures(manifest: Manifest, agreement: Agreement | None) -> Manifest:
    """The manifest with the figures of int8, if there are any; int8 is then preferred."""
    if agreement is None or agreement.quantized is None:
        return manifest
    figures = {**manifest.provenance.figures, "dev with int8": as_fractions(agreement.quantized.exact)}
    return manifest.with_provenance(figures=figures).replace(dtype="int8")
