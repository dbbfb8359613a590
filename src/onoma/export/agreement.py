"""Agreement of two graphs of one model: shared predicted entities, and the difference in F1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from onoma.bundle import ENTITIES
from onoma.errors import ParityError
from onoma.evaluation.evaluate import evaluate
from onoma.metrics import Accuracy, Report, align, label_accuracy, tally
from onoma.tagger import Tagger
from onoma.text import Document


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of a quantized graph with the exact (fp32) graph on some texts.

    Attributes:
        share: F1 of the quantized graph's entities against those of the exact graph, as a fraction of 1.
        exact: metrics of the exact graph; None if the texts are not annotated.
        quantized: metrics of the quantized graph; None if the texts are not annotated.
        layers: for each annotation layer, the share of labels on which the two graphs agree.
    """

    share: float
    exact: Report | None = None
    quantized: Report | None = None
    layers: Mapping[str, float] = field(default_factory=dict)

    def require(self, max_loss: float) -> None:
        """Check that the quantized graph loses at most ``max_loss`` points of exact F1; needs annotated texts.

        Raises:
            ParityError: the loss is larger.
        """
        if self.exact is None or self.quantized is None:
            return
        exact_f1, quantized_f1 = (100 * report.exact.f1 for report in (self.exact, self.quantized))
        if exact_f1 - quantized_f1 > max_loss:
            raise ParityError(
                f"int8 loses {exact_f1 - quantized_f1:.2f} points of exact F1 on dev ({exact_f1:.2f} to "
                f"{quantized_f1:.2f}), and {max_loss:g} are allowed, so nothing was written; leave layers in fp32 "
                "(--exact-layers 1, then 2, ...), allow more with --max-loss, or stay with fp32"
            )


def measure_agreement(quantized: Tagger, exact: Tagger, texts: Sequence[Document], *, annotated: bool) -> Agreement:
    """Tag texts with both graphs and compare the predictions.

    Args:
        quantized: tagger with the quantized graph.
        exact: tagger with the exact graph, which is the reference.
        texts: texts to tag.
        annotated: whether the texts have gold entities, so that metrics can be computed.
    """
    plain_texts = [replace(text, entities=()) for text in texts]
    expected, predicted = list(exact.tag_many(plain_texts)), list(quantized.tag_many(plain_texts))
    counts = tally(align(expected, predicted)).exact
    share = counts.f1 if counts.gold or counts.predicted else 1.0
    pairs = list(zip(expected, predicted, strict=True))
    layers = {
        name: sum((label_accuracy(one.layers[name], other.layers[name]) for one, other in pairs), Accuracy()).share
        for name in exact.bundle.manifest.tasks
        if name != ENTITIES
    }
    if not annotated:
        return Agreement(share, layers=layers)
    return Agreement(share, evaluate(exact, texts), evaluate(quantized, texts), layers)
