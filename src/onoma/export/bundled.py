"""A bundle's weights to a graph beside them, or in a bundle of its own that only tags."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from onoma.bundle import (
    PRECISIONS,
    TOKENIZER,
    WEIGHTS,
    Bundle,
    Manifest,
    load_bundle,
    open_output,
    write_card,
    write_manifest,
)
from onoma.encoding import Aligner
from onoma.errors import BundleError, EncoderError, InputError
from onoma.export.affine import Int8
from onoma.export.graph import writable, write_graph
from onoma.export.judge import Judgement, judge
from onoma.export.onnx import export_onnx
from onoma.export.ranges import measure_ranges, random_windows
from onoma.metrics import as_fractions
from onoma.models import Model, load_model
from onoma.runtime.onnx import OnnxBackend
from onoma.tagger import Tagger
from onoma.text import Document


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        path: the graph.
        judgement: of int8 against fp32; None for fp32.
    """

    path: Path
    judgement: Judgement | None = None

    def findings(self) -> Iterator[str]:
        """What a user has to know of it, in sentences."""
        judged = self.judgement
        if judged is None:
            yield "scores are those of torch"
        elif judged.exact is None or judged.quantised is None:
            yield (
                f"on random subwords int8 and fp32 agree on {100 * judged.agreement:.1f} % of entities; that says "
                "little of F1 on real text, so fp32 stays preferred where there is both: pass --dev with annotated text"
            )
        else:
            before, after = (100 * report.exact.f1 for report in (judged.exact, judged.quantised))
            yield f"exact F1 on dev: {after:.2f} with int8, {before:.2f} with fp32"
            yield f"int8 and fp32 agree on {100 * judged.agreement:.1f} % of entities"


def export_bundle(
    folder: Path,
    *,
    precision: str = "fp32",
    dev: Sequence[Document] | None = None,
    bound: float = 0.2,
    exact_layers: int = 0,
    output: Path | None = None,
    overwrite: bool = False,
) -> Exported:
    """Write a graph of a bundle's weights; see :func:`onoma.export_model`, whose `quantize` is here `precision`."""
    if precision not in PRECISIONS:
        raise InputError(f"--quantize {precision}: there is no such quantisation; there is int8")
    if output is None and overwrite:
        raise InputError("--overwrite belongs to --output; a graph beside its weights is always replaced")
    if precision == "fp32" and (dev is not None or exact_layers):
        raise InputError("--dev and --exact-layers belong to --quantize int8")
    if dev is not None and not any(document.entities for document in dev):
        raise InputError("--dev: holds no entities, so int8 cannot be judged on it; check --format and --tag-column")
    bundle = load_bundle(folder)
    if bundle.weights(WEIGHTS) is None:
        raise BundleError(f"{folder}: holds no {WEIGHTS} to export; take the folder that `onoma train` has written")
    model = load_model(folder)
    with _place(folder, output, overwrite=overwrite) as place:
        unfinished = place / f".{PRECISIONS[precision]}.exported"
        try:
            judgement = _write(bundle, model, unfinished, precision=precision, dev=dev, exact_layers=exact_layers)
            if judgement is not None:
                judgement.require(bound)
            unfinished.replace(place / PRECISIONS[precision])
        finally:
            unfinished.unlink(missing_ok=True)
        manifest = _renewed(bundle.manifest, judgement)
        if output is not None:
            shutil.copyfile(folder / TOKENIZER, place / TOKENIZER)
        write_manifest(manifest, place)
        write_card(manifest, place, name=(output or folder).resolve().name)
    return Exported((output or folder) / PRECISIONS[precision], judgement)


@contextmanager
def _place(folder: Path, output: Path | None, *, overwrite: bool) -> Iterator[Path]:
    """The folder to write to: the bundle's own, or one that becomes a bundle at the end."""
    if output is None:
        yield folder
        return
    with open_output(output, overwrite=overwrite) as opened, opened.new_bundle(last=True) as draft:
        yield draft


def _write(
    bundle: Bundle, model: Model, path: Path, *, precision: str, dev: Sequence[Document] | None, exact_layers: int
) -> Judgement | None:
    aligner = Aligner(bundle.tokenizer)
    windows = random_windows(aligner, longest=bundle.manifest.window.size)
    if precision == "fp32":
        export_onnx(model, path, samples=windows)
        return None
    if not writable(model):
        raise EncoderError(
            f"{bundle.folder}: int8 is written for encoders of the BERT family with a linear head, and this is "
            f"{bundle.manifest.encoder.family} with head {bundle.manifest.head}; stay with fp32"
        )
    arithmetic = Int8(measure_ranges(model, windows))
    path.write_bytes(write_graph(model, arithmetic=arithmetic, exact_layers=exact_layers).SerializeToString())
    texts = dev if dev is not None else [Document(aligner.tokenizer.decode(window.tolist())) for window in windows]
    with TemporaryDirectory() as scratch:
        reference = Path(scratch) / PRECISIONS["fp32"]
        export_onnx(model, reference, samples=windows)
        quantised, exact = (Tagger(bundle, OnnxBackend(graph)) for graph in (path, reference))
        return judge(quantised, exact, texts, annotated=dev is not None)


def _renewed(manifest: Manifest, judgement: Judgement | None) -> Manifest:
    """The manifest with the figures of int8, where there are any; what has proved itself is preferred."""
    if judgement is None or judgement.quantised is None:
        return manifest
    of_int8 = as_fractions(judgement.quantised.exact)
    origin = manifest.provenance
    renewed = origin.model_copy(update={"figures": {**origin.figures, "dev with int8": of_int8}})
    return manifest.model_copy(update={"provenance": renewed, "precision": "int8"})
