"""Settings of a task, which create the task of a head and the task's card in the manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from onoma.bundle import EntityCard, SentencesCard, SpansCard, TagsCard, WordsCard
from onoma.errors import ConfigError
from onoma.schemes import SCHEMES
from onoma.tasks import EntityTask, Overlaps, SentenceTask, SpanTask, TagTask, WordTask
from onoma.training.config import ModelConfig, RunConfig, TagSchemeName

SPAN_HEAD = "span"

_THRESHOLD_WITHOUT_DEV = -1.0
"""Log-odds threshold of spans where there is no dev set to choose it on, a probability of 27 %.

On dev of six corpora, F1 at this threshold is 0.7 points below that at the best one; at a probability of one half, 1.4.
"""


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """Settings of a task that predicts a label for each word or for each sentence.

    Attributes:
        labelled: kind of unit that has labels.
    """

    labelled: Literal["words", "sentences"]

    def make(self, labels: Sequence[str], *, unannotated: Sequence[frozenset[str]] = ()) -> WordTask | SentenceTask:
        """Create the task with its labels, all of which must be annotated in every document."""
        del unannotated  # always empty here: rejected when the configuration is read
        return WordTask(labels) if self.labelled == "words" else SentenceTask(labels)

    def card(self, labels: tuple[str, ...]) -> WordsCard | SentencesCard:
        """Return the card of the task before training."""
        kind = WordsCard if self.labelled == "words" else SentencesCard
        return kind(labels=labels, head="linear")

    def key(self) -> dict[str, object]:
        """Return the settings that affect the examples, as JSON-compatible values for the cache key."""
        return {"labelled": self.labelled}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSettings:
    """Settings of a task that predicts entities; see :class:`~onoma.training.config.ModelConfig`."""

    head: str
    tag_scheme: TagSchemeName
    overlaps: Overlaps
    span_size: int
    widest_span: int

    @classmethod
    def of(cls, model: ModelConfig) -> TaskSettings:
        """Return the settings of a model configuration.

        Raises:
            ConfigError: the head cannot predict entities that overlap.
        """
        if model.overlaps != "flat" and model.head != SPAN_HEAD:
            raise ConfigError(
                f"model.overlaps: the head {model.head} gives each word one tag, so its entities do not overlap; set "
                f"model.head to {SPAN_HEAD}"
            )
        return cls(
            head=model.head,
            tag_scheme=model.tag_scheme,
            overlaps=model.overlaps,
            span_size=model.span_size,
            widest_span=model.widest_span,
        )

    def make(self, labels: Sequence[str], *, unannotated: Sequence[frozenset[str]] = ()) -> EntityTask:
        """Create the task with its labels.

        Args:
            labels: labels of the entities.
            unannotated: sets of labels that some documents do not annotate.
        """
        if self.head != SPAN_HEAD:
            return TagTask(labels, scheme=SCHEMES[self.tag_scheme], unannotated=unannotated)
        return SpanTask(labels, size=self.span_size, widest=self.widest_span, overlaps=self.overlaps)

    def card(self, labels: tuple[str, ...]) -> EntityCard:
        """Return the card of the task before training."""
        if self.head != SPAN_HEAD:
            return TagsCard(labels=labels, scheme=self.tag_scheme, head=self.head)
        return SpansCard(
            labels=labels,
            head=self.head,
            size=self.span_size,
            widest=self.widest_span,
            overlaps=self.overlaps,
            threshold=_THRESHOLD_WITHOUT_DEV,
        )

    def key(self) -> dict[str, object]:
        """Return the settings that affect the examples, as JSON-compatible values for the cache key."""
        return asdict(self)


Settings = TaskSettings | LabelSettings


def settings_of(config: RunConfig) -> Settings:
    """Return the settings of the task of a run.

    Raises:
        ConfigError: the head cannot predict entities that overlap.
    """
    labelled = config.data.labelled
    return TaskSettings.of(config.model) if labelled == "spans" else LabelSettings(labelled)
