"""The corpora of a run to what a model of words learns from, and what it is measured on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from onoma.bundle import DataCard
from onoma.corpora import digest_of
from onoma.encoding import WordWindower
from onoma.engine.events import Listener, Notice
from onoma.errors import ConfigError, InputError
from onoma.schemes import SCHEMES
from onoma.tasks import TagTask
from onoma.training.augmenting import with_capitals
from onoma.training.config import RunConfig
from onoma.training.documents import TextSample, read_documents, unannotated_sets
from onoma.training.parts import Part, compare_labels, count_inside_words, read_options, read_part
from onoma.training.word_examples import WordExample, word_examples


@dataclass(frozen=True, slots=True)
class WordText:
    """What is learnt from, and what is measured on.

    Attributes:
        examples: sentences of the training text.
        task: what they are examples of.
        card: the training text.
        unusable: its entities that could not be used as they are, by reason.
        dev: None without one.
    """

    examples: list[WordExample]
    task: TagTask
    card: DataCard
    unusable: Counter[str]
    dev: Part | None


def read_words(config: RunConfig, *, windower: WordWindower, on_event: Listener) -> WordText:
    """Read train and dev, and say what had to be repaired or left out.

    Args:
        config: the run of a baseline.
        windower: how documents are cut.
        on_event: called with each notice.

    Raises:
        InputError: a file cannot be used, or has nothing to learn from.
        ConfigError: the baseline cannot learn from files that do not annotate every label.
    """
    data, baseline = config.data, config.model.encoder
    ways = [read_options(data, path) for path in data.train]
    unannotated = unannotated_sets(ways)
    if unannotated and baseline != "bilstm":
        raise ConfigError(
            f"data.corpora: the baseline {baseline} cannot leave open what a file does not annotate; choose bilstm or "
            "an encoder"
        )
    sample = None if data.sentences is None else TextSample(data.sentences, config.training.seed)
    train = read_documents(data.train, digest=digest_of(data.train), format=data.format, ways=ways, sample=sample)
    name = train.card.name
    for text in train.notices:
        on_event(Notice(text))
    if not train.labels:
        raise InputError(
            f"{name}: has no entities in {train.card.documents:,} documents, so there is nothing to train on; check "
            "data.tag_column and data.format"
        )
    task = TagTask(sorted(train.labels), scheme=SCHEMES[config.model.tag_scheme], unannotated=unannotated)
    unusable: Counter[str] = Counter()
    learnt = with_capitals(train.stream, share=data.capitals)
    examples = list(word_examples(learnt, windower=windower, task=task, unusable=unusable))
    if not examples:
        raise InputError(f"{name}: has no words; check data.format and data.word_column")
    for reason, count in unusable.items():
        on_event(Notice(f"{name}: {count:,} entities: {reason}"))
    dev = read_part(data.dev, data, on_event=on_event) if data.dev else None
    if dev is not None:
        compare_labels(train.labels, dev.labels, on_event=on_event)
        count_inside_words(dev, windower, on_event=on_event)
    return WordText(examples, task, train.card, unusable, dev)
