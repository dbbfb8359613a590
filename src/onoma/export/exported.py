"""Export of a bundle's model to a graph in fp32 or int8; an int8 graph is compared with fp32."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from onoma.bundle import DTYPES, Bundle
from onoma.encoding import SubwordEncoder
from onoma.errors import EncoderError
from onoma.export.affine import Int8
from onoma.export.agreement import Agreement, measure_agreement
from onoma.export.graph import writable, write_graph
from onoma.export.onnx import export_onnx
from onoma.export.ranges import measure_ranges, random_windows
from onoma.models import Model
from onoma.runtime.onnx import OnnxBackend
from onoma.tagger import Tagger
from onoma.text import Document


@dataclass(frozen=True, slots=True)
class ExportResult:
    """Result of an export.

    Attributes:
        path: path of the graph.
        agreement: agreement of int8 with fp32; None for fp32.
    """

    path: Path
    agreement: Agreement | None = None

    def findings(self) -> Iterator[str]:
        """Yield sentences that tell the user how far the exported graph agrees with the original model."""
        agreement = self.agreement
        if agreement is None:
            yield "scores are those of torch"
        elif agreement.exact is None or agreement.quantized is None:
            yield (
                f"on random subwords int8 and fp32 agree on {100 * agreement.share:.1f} % of entities; that says "
                "little of F1 on real text, so fp32 is still preferred: pass --dev with annotated text"
            )
        else:
            exact_f1, quantized_f1 = (100 * report.exact.f1 for report in (agreement.exact, agreement.quantized))
            yield f"exact F1 on dev: {quantized_f1:.2f} with int8, {exact_f1:.2f} with fp32"
            yield f"int8 and fp32 agree on {100 * agreement.share:.1f} % of entities"
        for name, share in ({} if agreement is None else agreement.layers).items():
            yield f"int8 and fp32 agree on {100 * share:.1f} % of {name}"


def export_graph(
    bundle: Bundle, model: Model, path: Path, *, dtype: str, dev: Sequence[Document] | None, exact_layers: int
) -> Agreement | None:
    """Write the graph of a model and compare it with torch, or int8 with fp32.

    Args:
        bundle: bundle of the model.
        model: the model in torch.
        path: path of the file to write.
        dtype: `fp32` or `int8`.
        dev: annotated dev set for the comparison of int8 and fp32; if None, random subwords are used.
        exact_layers: number of layers, counted from the embeddings, that stay in fp32 in an int8 graph.

    Returns:
        Agreement of int8 with fp32; None for fp32.

    Raises:
        ParityError: the fp32 graph does not compute the same scores as torch.
        EncoderError: the encoder cannot be exported in this dtype.
    """
    subword_encoder = SubwordEncoder(bundle.tokenizer)
    windows = random_windows(subword_encoder, longest=bundle.manifest.window.size)
    if dtype == "fp32":
        export_onnx(model, path, samples=windows)
        return None
    if not writable(model):
        raise EncoderError(
            f"{bundle.folder}: int8 needs an encoder of the BERT family, and this is "
            f"{bundle.manifest.encoder.family}; stay with fp32"
        )
    arithmetic = Int8(measure_ranges(model, windows))
    path.write_bytes(write_graph(model, arithmetic=arithmetic, exact_layers=exact_layers).SerializeToString())
    texts = (
        dev if dev is not None else [Document(subword_encoder.tokenizer.decode(window.tolist())) for window in windows]
    )
    with TemporaryDirectory() as scratch:
        reference = Path(scratch) / DTYPES["fp32"]
        export_onnx(model, reference, samples=windows)
        quantized, exact = (Tagger(bundle, OnnxBackend(graph)) for graph in (path, reference))
        return measure_agreement(quantized, exact, texts, annotated=dev is not None)
