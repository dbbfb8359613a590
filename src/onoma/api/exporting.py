"""Export of a model's graph in fp32 or int8."""

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

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.bundle import Manifest
    from onoma.corpora import ReadOptions
    from onoma.export import Agreement, ExportResult

_MAX_LOSS = 0.2
_DEV_WITH_INT8 = "dev with int8"
"""Name of the scores of an int8 graph on the dev set that it was checked on."""


def export_model(
    model: PathLike,
    *,
    quantize: str | None = None,
    dev: PathLike | Iterable[Document] | None = None,
    max_loss: float | None = None,
    exact_layers: int = 0,
    output: PathLike | None = None,
    overwrite: bool = False,
    format: str | None = None,
    options: ReadOptions | None = None,
) -> ExportResult:
    """Export a model's ONNX graph in fp32 or int8, into the model's folder or as a new bundle without PyTorch weights.

    Args:
        model: a folder that `onoma train` has written.
        quantize: `int8` for a quantized graph; None for fp32.
        dev: annotated text on which the F1 of int8 is compared with that of fp32. If the loss is at most ``max_loss``,
            int8 becomes the preferred dtype of the model.
        max_loss: maximum loss of exact F1 on ``dev``, in percentage points, that is accepted for int8; 0.2 if None.
        exact_layers: number of lowest encoder layers that stay in fp32 when the others are quantized.
        output: folder of a new bundle with this graph only; the model itself is not changed. None to write into the
            model's folder.
        overwrite: whether to replace a bundle in ``output``.
        format: format of ``dev``; detected automatically if None.
        options: options for reading ``dev``.

    Returns:
        The path of the graph, and the agreement of int8 with fp32.

    Raises:
        ParityError: the outputs of the graph differ from those of PyTorch, or int8 loses more than ``max_loss``;
            nothing is written then.
        InputError: ``quantize`` is unknown, ``dev`` cannot be read or has no entities, ``output`` exists, or two
            arguments do not fit together.
        BundleError: the model is broken, is a baseline, or has no PyTorch weights to export.
        EncoderError: the encoder cannot be exported in this dtype.
        MissingExtraError: the packages for training are not installed.
    """
    need_training()
    from onoma.bundle import TOKENIZER, WEIGHTS, load_bundle, write_manifest
    from onoma.export import ExportResult, export_graph
    from onoma.models import load_model
    from onoma.views import write_card

    dtype, folder = quantize or "fp32", Path(model)
    output_folder = None if output is None else Path(output)
    dev_documents = None if dev is None else list(documents_in(dev, format=format, options=options))
    _check_request(
        dtype,
        dev=dev_documents,
        max_loss=max_loss,
        exact_layers=exact_layers,
        output=output_folder,
        overwrite=overwrite,
    )
    if output_folder is not None and output_folder.resolve() == folder.resolve():
        raise InputError("--output: is the model itself, which would lose its weights; leave it out to add the graph")
    bundle = load_bundle(folder)
    bundle.need_encoder()
    if bundle.weights(WEIGHTS) is None:
        raise BundleError(f"{folder}: has no {WEIGHTS} to export; pass the folder that `onoma train` has written")
    torch_model = load_model(folder)
    with _open_target_folder(folder, output_folder, overwrite=overwrite) as target_folder:
        with replacing_path(target_folder / DTYPES[dtype]) as draft:
            agreement = export_graph(
                bundle, torch_model, draft, dtype=dtype, dev=dev_documents, exact_layers=exact_layers
            )
            if agreement is not None:
                agreement.require(_MAX_LOSS if max_loss is None else max_loss)
        if output_folder is not None:
            shutil.copyfile(folder / TOKENIZER, target_folder / TOKENIZER)
        is_int8_unchanged = dtype == "fp32" and output_folder is None
        manifest = bundle.manifest if is_int8_unchanged else _with_check_of_int8(bundle.manifest, agreement)
        write_manifest(manifest, target_folder)
        write_card(target_folder, name=(output_folder or folder).resolve().name)
    return ExportResult((output_folder or folder) / DTYPES[dtype], agreement)


def _check_request(
    dtype: str,
    *,
    dev: Sequence[Document] | None,
    max_loss: float | None,
    exact_layers: int,
    output: Path | None,
    overwrite: bool,
) -> None:
    if dtype not in DTYPES:
        raise InputError(f"--quantize {dtype}: unknown quantization; the only one is int8")
    if output is None and overwrite:
        raise InputError("--overwrite belongs to --output; without it a graph in the model's folder is always replaced")
    if dtype == "fp32" and (dev is not None or exact_layers):
        raise InputError("--dev and --exact-layers belong to --quantize int8")
    if max_loss is not None and dev is None:
        raise InputError("--max-loss is measured on --dev; pass --dev and --quantize int8 too")
    if dev is not None and not any(document.entities for document in dev):
        raise InputError("--dev: has no entities, so int8 cannot be measured on it; check --format and --tag-column")


@contextmanager
def _open_target_folder(folder: Path, output: Path | None, *, overwrite: bool) -> Iterator[Path]:
    """Yield the folder to write to: the model's own folder, or a draft that becomes the output when it is complete."""
    if output is None:
        yield folder
        return
    with open_output(output, overwrite=overwrite) as output_folder, output_folder.new_bundle(last=True) as draft:
        yield draft


def _with_check_of_int8(manifest: Manifest, agreement: Agreement | None) -> Manifest:
    """Return the manifest with int8's scores on dev and int8 as the preferred dtype if it was measured, else without.

    Scores of an earlier graph are not kept.
    """
    figures = {part: scores for part, scores in manifest.provenance.figures.items() if part != _DEV_WITH_INT8}
    if agreement is None or agreement.quantized is None:
        return manifest.with_provenance(figures=figures).replace(dtype=None)
    figures[_DEV_WITH_INT8] = as_fractions(agreement.quantized.exact)
    return manifest.with_provenance(figures=figures).replace(dtype="int8")
