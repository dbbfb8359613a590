"""What is learnt, by the settings of a run: the task of its head, and the task's card in the manifest."""

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


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """A label for each word, or for each sentence."""

    labelled: Literal["words", "sentences"]

    def make(self, labels: Sequence[str], *, unannotated: Sequence[frozenset[str]] = ()) -> WordTask | SentenceTask:
        """The task with some labels, all of which every document annotates."""
        del unannotated  # refused when the configuration is read
        return WordTask(labels) if self.labelled == "words" else SentenceTask(labels)

    def card(self, labels: tuple[str, ...]) -> WordsCard | SentencesCard:
        """The task's card before training."""
        kind = WordsCard if self.labelled == "words" else SentencesCard
        return kind(labels=labels, head="linear")

    def key(self) -> dict[str, object]:
        """What decides examples, as JSON takes it."""
        return {"labelled": self.labelled}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSettings:
    """Which task a head has; see :class:`~onoma.training.config.ModelConfig`."""

    head: str
    tag_scheme: TagSchemeName
    overlaps: Overlaps
    span_size: int
    widest_span: int

    @classmethod
    def of(cls, model: ModelConfig) -> TaskSettings:
        """Those of a configuration.

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
        """The task with some labels.

        Raises:
            ConfigError: the head cannot leave open what is not annotated.
        """
        if self.head != SPAN_HEAD:
            return TagTask(labels, scheme=SCHEMES[self.tag_scheme], unannotated=unannotated)
        if unannotated:
            raise ConfigError(
                "data.corpora: the head span cannot leave open what a file does not annotate; set model.head to linear "
                "or crf"
            )
        return SpanTask(labels, size=self.span_size, widest=self.widest_span, overlaps=self.overlaps)

    def card(self, labels: tuple[str, ...]) -> EntityCard:
        """The task's card before training."""
        if self.head != SPAN_HEAD:
            return TagsCard(labels=labels, scheme=self.tag_scheme, head=self.head)
        return SpansCard(
            labels=labels, head=self.head, size=self.span_size, widest=self.widest_span, overlaps=self.overlaps
        )

    def key(self) -> dict[str, object]:
        """What decides examples, as JSON takes it."""
        return asdict(self)


Settings = TaskSettings | LabelSettings


def settings_of(config: RunConfig) -> Settings:
    """What the data of a run are of.

    Raises:
        ConfigError: the head cannot predict entities that overlap.
    """
    labelled = config.data.labelled
    return TaskSettings.of(config.model) if labelled == "spans" else LabelSettings(labelled)
