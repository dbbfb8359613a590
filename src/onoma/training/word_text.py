"""Reads the training set and the dev set of a baseline, a model that reads words instead of subwords."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from onoma.bundle import DataCard
from onoma.corpora import digest_of
from onoma.counting import counted_entities
from onoma.encoding import WordWindower
from onoma.engine.events import Listener, Notice
from onoma.errors import ConfigError, InputError
from onoma.schemes import SCHEMES
from onoma.tasks import TagTask
from onoma.training.augmenting import with_capitals
from onoma.training.config import RunConfig
from onoma.training.documents import TextSample, read_documents, unannotated_sets
from onoma.training.parts import (
    Part,
    check_trainable,
    compare_labels,
    count_inside_words,
    read_options,
    read_part,
    report_suspicious_data,
)
from onoma.training.word_examples import WordExample, word_examples


@dataclass(frozen=True, slots=True)
class WordText:
    """The training examples and the dev set of a baseline.

    Attributes:
        examples: examples of the training text.
        task: task of the examples, with its labels.
        card: description of the training text for the manifest.
        unusable: number of entities of the training text that had to be changed or left out, by reason.
        dev: dev set; None if there is none.
    """

    examples: list[WordExample]
    task: TagTask
    card: DataCard
    unusable: Counter[str]
    dev: Part | None

    @property
    def words(self) -> int:
        """Number of words of the training text."""
        return sum(len(example.words) for example in self.examples)


def read_words(config: RunConfig, *, windower: WordWindower, on_event: Listener) -> WordText:
    """Read train and dev, and report as events what had to be repaired or left out.

    Args:
        config: configuration of a baseline.
        windower: cuts documents into sentences and windows.
        on_event: function called with each notice.

    Raises:
        InputError: a file cannot be used, or there is nothing to train on.
        ConfigError: the baseline does not support unannotated labels.
    """
    data, baseline = config.data, config.model.encoder
    path_options = [read_options(data, path) for path in data.train]
    unannotated = unannotated_sets(path_options)
    if unannotated and baseline != "bilstm":
        raise ConfigError(
            f"data.corpora: the baseline {baseline} cannot leave open what a file does not annotate; choose bilstm or "
            "an encoder"
        )
    report_suspicious_data(data, on_event=on_event)
    sample = None if data.sentences is None else TextSample(data.sentences, config.training.seed)
    train = read_documents(
        data.train, digest=digest_of(data.train), format=data.format, ways=path_options, sample=sample
    )
    name = train.card.name
    for text in train.notices:
        on_event(Notice(text))
    check_trainable(train.labels, train.card, data=data)
    task = TagTask(sorted(train.labels), scheme=SCHEMES[config.model.tag_scheme], unannotated=unannotated)
    unusable: Counter[str] = Counter()
    augmented = with_capitals(train.stream, share=data.capitals)
    examples = list(word_examples(augmented, windower=windower, task=task, unusable=unusable))
    if not examples:
        raise InputError(f"{name}: has no words; check data.format and data.word_column")
    for reason, count in unusable.items():
        on_event(Notice(f"{name}: {counted_entities(count)}: {reason}"))
    dev = read_part(data.dev, data, on_event=on_event) if data.dev else None
    if dev is not None:
        compare_labels(train.labels, dev, on_event=on_event)
        count_inside_words(dev, windower, on_event=on_event)
    return WordText(examples, task, train.card, unusable, dev)
