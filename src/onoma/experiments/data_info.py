"""Facts about the data of a run, read and checked before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass

from onoma.corpora import count_sentences
from onoma.engine.events import NoticeCollector
from onoma.experiments.forecast import DevSize
from onoma.training.config import DataConfig
from onoma.training.parts import (
    check_trainable,
    compare_labels,
    read_part,
    report_suspicious_data,
    report_unseen_labels,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataInfo:
    """Facts about the data of a run.

    Attributes:
        train_sentences: number of sentences of the training files.
        dev: size of the dev set.
        notes: notices on how the files were read, and on what could make the scores misleading.
    """

    train_sentences: int
    dev: DevSize
    notes: tuple[str, ...]

    @classmethod
    def of(cls, data: DataConfig) -> DataInfo:
        """Read all files of a run.

        Raises:
            InputError: a file cannot be read, or the run could not be trained or evaluated on the files.
        """
        notices = NoticeCollector()
        report_suspicious_data(data, on_event=notices)
        train, dev, test = (read_part(paths, data, on_event=notices) for paths in (data.train, data.dev, data.test))
        check_trainable(train.labels, train.card, data=data)
        compare_labels(train.labels, dev, on_event=notices)
        report_unseen_labels(train.labels, test.labels, part="test", on_event=notices)
        return cls(
            train_sentences=count_sentences(train.documents),
            dev=DevSize.of(len(document.entities) for document in dev.documents),
            notes=tuple(notices.texts),
        )
