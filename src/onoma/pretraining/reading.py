"""Loading of a run's inputs: teacher, encoder with its tokenizer, and tokenized text."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

from onoma.corpora import files_of
from onoma.engine.events import Listener, Notice, Stage
from onoma.errors import InputError
from onoma.io.files import replacing
from onoma.models import Encoder, Pretrained, load_pretrained
from onoma.models.pruning import prune_layers
from onoma.pretraining.building import new_encoder, read_vocabulary
from onoma.pretraining.config import PretrainConfig, TextConfig
from onoma.pretraining.text import Section, TextSettings, read_sections
from onoma.pretraining.tokenized import Read, Split, is_held_out, tokenize
from onoma.pretraining.vocabulary import check_tokenizer, train_tokenizer

_VOCABULARY_FILE = "vocabulary.json"
_PROGRESS_INTERVAL_SECONDS = 20.0
"""Interval between two progress reports while text is read, in seconds."""


def load_teacher(config: PretrainConfig, *, on_event: Listener) -> Pretrained | None:
    """Load the encoder to distil; None if the configuration has no teacher.

    Raises:
        EncoderError: the encoder cannot be used.
    """
    if config.model.teacher is None:
        return None
    on_event(Stage(f"loading teacher {config.model.teacher}"))
    return load_pretrained(config.model.teacher)


def load_start(
    config: PretrainConfig, *, teacher: Pretrained | None, folder: Path | None, on_event: Listener
) -> Pretrained:
    """Load the encoder to continue, or create a new one; train a vocabulary on the text if it needs one.

    Args:
        config: configuration of the run.
        teacher: encoder to distil, whose tokenizer a new encoder gets.
        folder: folder in which a new vocabulary is stored, for a resumed run; None to store nothing.
        on_event: called with each event.

    Raises:
        EncoderError: the encoder or its tokenizer cannot be used.
        InputError: the text cannot be used.
    """
    model = config.model
    if model.encoder is not None:
        on_event(Stage(f"loading encoder {model.encoder}"))
        pretrained = load_pretrained(model.encoder)
        check_tokenizer(pretrained.tokenizer)
        return pretrained
    if teacher is not None:
        if model.shape == "teacher":
            return _initialize_from_layers(teacher, count=model.layers)
        return new_encoder(model, teacher.tokenizer)
    if model.vocabulary is not None:
        return new_encoder(model, read_vocabulary(model.vocabulary))
    vocabulary_path = None if folder is None else folder / _VOCABULARY_FILE
    if vocabulary_path is not None and vocabulary_path.is_file():
        return new_encoder(model, Tokenizer.from_file(str(vocabulary_path)))
    on_event(Stage("training the vocabulary"))
    tokenizer = train_tokenizer(
        _iter_training_sentences(config.data),
        kind=model.vocabulary_kind,
        size=model.vocabulary_size,
        cased=model.cased,
        notice=lambda text: on_event(Notice(text)),
    )
    if vocabulary_path is not None:
        with replacing(vocabulary_path) as file:
            file.write(tokenizer.to_str())
    return new_encoder(model, tokenizer)


def read_text(data: TextConfig, tokenizer: Tokenizer, *, digest: str, on_event: Listener) -> Split:
    """Return the tokenized text, from the cache if it has been tokenized before.

    Args:
        data: location and format of the text.
        tokenizer: tokenizer that makes the subwords.
        digest: digest of all files, the held-out files after the others.
        on_event: called with each event.

    Raises:
        InputError: there is no text, or it cannot be read.
    """
    on_event(Stage("reading text"))
    last_report = time.monotonic()

    def notice(text: str) -> None:
        on_event(Notice(text))

    def report_progress(subwords: int) -> None:
        nonlocal last_report
        if time.monotonic() - last_report > _PROGRESS_INTERVAL_SECONDS:
            last_report = time.monotonic()
            on_event(Stage(f"reading text: {subwords:,} subwords"))

    split = tokenize(
        tokenizer,
        _make_reader(data, data.text),
        key={
            "files": _list_file_sizes(data.text),
            "held out": _list_file_sizes(data.held_out),
            "digest": digest,
            "settings": data.model_dump(mode="json", include={"format", "encoding", "documents"}),
        },
        share=data.held_out_share,
        read_held_out=_make_reader(data, data.held_out) if data.held_out else None,
        notice=notice,
        progressed=report_progress,
    )
    names = ", ".join(path.name for path in data.text)
    if not split.train.subwords:
        raise InputError(f"{names}: there is no text to train on; check the files, and data.held_out_share")
    if not split.held_out.subwords and (data.held_out or data.held_out_share):
        notice("no document is held out, so that nothing is measured and the last weights are kept; give more text")
    return split


def _initialize_from_layers(teacher: Pretrained, *, count: int | None) -> Pretrained:
    encoder = copy.deepcopy(teacher.encoder)
    layer_count = len(encoder.layers) if isinstance(encoder, Encoder) else 1
    return prune_layers(replace(teacher, encoder=encoder), count or max(1, layer_count // 2))


def _make_reader(data: TextConfig, paths: Sequence[Path]) -> Read:
    settings = TextSettings(format=data.format, encoding=data.encoding, documents=data.documents)

    def read(notice: Callable[[str], object]) -> Iterator[Section]:
        return read_sections(paths, settings=settings, notice=notice)

    return read


def _iter_training_sentences(data: TextConfig) -> Iterator[str]:
    """Yield the sentences of the text that is not held out."""
    share = 0.0 if data.held_out else data.held_out_share
    for section in _make_reader(data, data.text)(lambda _: None):
        if not is_held_out(section, share=share):
            yield from section.sentences


def _list_file_sizes(paths: Sequence[Path]) -> list[tuple[str, int]]:
    """Return the paths and sizes of all files, which tell how the content behind their common digest is divided."""
    return [(str(file), file.stat().st_size) for path in paths for file in files_of(path)]
