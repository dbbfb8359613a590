"""Two graphs of one model: how many of the entities that one finds the other finds too, and what that means for F1."""

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
    """What a quantized graph does to the entities of some texts.

    Attributes:
        share: F1 of its entities against those of the exact graph, as a fraction of 1.
        exact: the exact graph's figures; None where the texts are not annotated.
        quantized: its own figures; None where the texts are not annotated.
        layers: for each layer the share of the exact graph's labels that the quantized one gives too.
    """

    share: float
    exact: Report | None = None
    quantized: Report | None = None
    layers: Mapping[str, float] = field(default_factory=dict)

    def require(self, bound: float) -> None:
        """Refuse a loss of more than ``bound`` points of exact F1.

        Raises:
            ParityError: with the figures and what can be done.
        """
        if self.exact is None or self.quantized is None:
            return
        before, after = (100 * report.exact.f1 for report in (self.exact, self.quantized))
        if before - after > bound:
            raise ParityError(
                f"int8 loses {before - after:.2f} points of exact F1 on dev ({before:.2f} to {after:.2f}), and "
                f"{bound:g} are allowed, so nothing was written; leave layers in fp32 (--exact-layers 1, then 2, ...), "
                "allow more with --bound, or stay with fp32"
            )


def measure_agreement(quantized: Tagger, exact: Tagger, texts: Sequence[Document], *, annotated: bool) -> Agreement:
    """Tag texts twice and compare.

    Args:
        quantized: the tagger in question.
        exact: the tagger that it shall resemble.
        texts: what to tag.
        annotated: whether their own entities are right, so that figures can be had.
    """
    shown = [replace(text, entities=()) for text in texts]
    expected, found = list(exact.tag_many(shown)), list(quantized.tag_many(shown))
    counts = tally(align(expected, found)).exact
    share = counts.f1 if counts.gold or counts.predicted else 1.0
    pairs = list(zip(expected, found, strict=True))
    layers = {
        name: sum((label_accuracy(one.layers[name], other.layers[name]) for one, other in pairs), Accuracy()).share
        for name in exact.bundle.manifest.tasks
        if name != ENTITIES
    }
    if not annotated:
        return Agreement(share, layers=layers)
    return Agreement(share, evaluate(exact, texts), evaluate(quantized, texts), layers)
