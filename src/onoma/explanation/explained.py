"""Data classes of explanations, and their conversion to JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from onoma.explanation.evidence import Evidence
from onoma.text import Document, Entity, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class WordAttribution(Word):
    """A word and its attribution, in log-odds of the explained entity: above 0 for it, below 0 against it.

    Attributes:
        gradients: attribution by integrated gradients; None if the model has no weights for torch.
        occlusion: attribution by occlusion: decrease of the log-odds when only this word is hidden.
    """

    gradients: float | None
    occlusion: float

    @property
    def best(self) -> float:
        """Attribution by integrated gradients if available, otherwise by occlusion."""
        return self.occlusion if self.gradients is None else self.gradients


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Explanation of why a span has or does not have a label.

    Attributes:
        entity: explained span, with the explained label and the probability of exactly this span and label.
        predicted: whether the model predicts this span with this label.
        runner_up: most likely other label of the same span; ``O`` means that none of its words is in an entity.
        runner_up_score: probability of the runner-up.
        log_odds: log-odds of the score.
        baseline: log-odds with every word hidden.
        words: words of the window with their attributions, in order.
        evidence: nearest entities of the training set, in descending order of similarity.
    """

    entity: Entity
    predicted: bool
    runner_up: str
    runner_up_score: float
    log_odds: float
    baseline: float
    words: tuple[WordAttribution, ...]
    evidence: tuple[Evidence, ...] = ()

    @property
    def score(self) -> float:
        """Score of the explained entity."""
        return self.entity.score or 0.0

    @property
    def margin(self) -> float:
        """Probability of the entity minus that of the runner-up; it can be negative."""
        return self.score - self.runner_up_score

    @property
    def pushed(self) -> float | None:
        """Sum of the attributions by integrated gradients; None if there are none."""
        attributions = [word.gradients for word in self.words if word.gradients is not None]
        return sum(attributions) if attributions else None

    @property
    def gap(self) -> float | None:
        """Completeness gap of integrated gradients: ``log_odds - baseline - pushed``; None if there are none."""
        pushed = self.pushed
        return None if pushed is None else self.log_odds - self.baseline - pushed

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`."""
        return {
            **self.entity.to_json(),
            "predicted": self.predicted,
            "runner_up": {"label": self.runner_up, "score": self.runner_up_score},
            "margin": self.margin,
            "log_odds": self.log_odds,
            "baseline": self.baseline,
            "gap": self.gap,
            "words": [asdict(word) for word in self.words],
            "evidence": [each.to_json() for each in self.evidence],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A document with predicted entities and explanations.

    Attributes:
        document: document with predicted entities.
        explanations: explanations of all predicted entities, or of the requested spans.
        notes: notes on what could not be explained, and on what the user can do about it.
    """

    document: Document
    explanations: tuple[Explanation, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`."""
        return {
            "text": self.document.text,
            "entities": [entity.to_json() for entity in self.document.entities],
            "explanations": [each.to_json() for each in self.explanations],
            "notes": list(self.notes),
        }
