"""A model to graphs of other arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.given import PathLike, documents_in
from onoma.api.training import need_training
from onoma.text import Document

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.corpora import ReadOptions
    from onoma.export import Exported


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
    """Write a model's graph anew, in fp32 or in int8, beside its weights or as a bundle of its own that only tags.

    Args:
        model: a folder that `onoma train` has written.
        quantize: `int8`, or None for fp32.
        dev: annotated text that int8 must not lose more than ``bound`` on; then the model prefers int8 from now on.
        bound: points of exact F1.
        exact_layers: layers, counted from the embeddings, that int8 leaves in fp32.
        output: a folder for a new bundle with this graph only; the model itself then stays as it is.
        overwrite: replace a bundle that lies at ``output``.
        format: the format of ``dev``; found out by itself where not given.
        options: how ``dev`` is read.

    Raises:
        ParityError: the graph does not compute what torch computes, or int8 loses too much; nothing is written then.
        InputError: there is no such quantisation, ``dev`` cannot be read, or the output is taken.
        BundleError: the model is broken or has no weights to export.
        EncoderError: the encoder cannot be exported so.
    """
    need_training()
    from onoma.export import export_bundle

    return export_bundle(
        Path(model),
        precision=quantize or "fp32",
        dev=None if dev is None else list(documents_in(dev, format=format, options=options)),
        bound=bound,
        exact_layers=exact_layers,
        output=None if output is None else Path(output),
        overwrite=overwrite,
    )
