"""What an explanation is: plain values, and the same as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from onoma.explanation.evidence import Evidence
from onoma.text import Document, Entity, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Push(Word):
    """A word and what it does for the explained entity, in log-odds: above 0 towards it, below 0 against it.

    Attributes:
        gradients: by integrated gradients; None where the model has no weights for torch.
        occlusion: what is lost when the word alone is hidden.
    """

    gradients: float | None
    occlusion: float

    @property
    def best(self) -> float:
        """By integrated gradients, or by occlusion where there are none."""
        return self.occlusion if self.gradients is None else self.gradients


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a span has a label, or has not.

    Attributes:
        entity: the span with the label that is explained and the probability of just this span and label.
        predicted: whether it is what the model finds.
        runner_up: the likeliest other label of the same span; ``O`` for: none of its words is in an entity.
        runner_up_score: its probability.
        log_odds: of the score.
        baseline: the log-odds with every word hidden.
        words: what each word of the window does, in order.
        evidence: the nearest mentions of the training data, the nearest first.
    """

    entity: Entity
    predicted: bool
    runner_up: str
    runner_up_score: float
    log_odds: float
    baseline: float
    words: tuple[Push, ...]
    evidence: tuple[Evidence, ...] = ()

    @property
    def score(self) -> float:
        """The entity's."""
        return self.entity.score or 0.0

    @property
    def margin(self) -> float:
        """How much more probable it is than the runner-up; below 0 where it is less."""
        return self.score - self.runner_up_score

    @property
    def pushed(self) -> float | None:
        """What the words bring together by integrated gradients; None without those."""
        pushes = [word.gradients for word in self.words if word.gradients is not None]
        return sum(pushes) if pushes else None

    @property
    def gap(self) -> float | None:
        """What integrated gradients miss: the log-odds less the baseline and the pushes of all words."""
        pushed = self.pushed
        return None if pushed is None else self.log_odds - self.baseline - pushed

    def to_json(self) -> dict[str, object]:
        """Plain values for :func:`json.dumps`."""
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
    """A text with what the model finds in it, and why.

    Attributes:
        document: with predicted entities.
        explanations: of each predicted entity, or of each span that was asked about.
        notes: what could not be explained, and what to do about it.
    """

    document: Document
    explanations: tuple[Explanation, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Plain values for :func:`json.dumps`."""
        return {
            "text": self.document.text,
            "entities": [entity.to_json() for entity in self.document.entities],
            "explanations": [each.to_json() for each in self.explanations],
            "notes": list(self.notes),
        }
