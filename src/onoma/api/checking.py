"""Checks of annotated files for errors."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.extras import need_training
from onoma.api.inputs import PathLike, paths_of
from onoma.api.loading import load
from onoma.api.training import train as train_model
from onoma.bundle import BASELINES
from onoma.errors import InputError, StoppedError
from onoma.machine import raise_on_sigterm
from onoma.text import Document

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.corpora import ReadOptions
    from onoma.doctor import CheckResult
    from onoma.encoding import Windower
    from onoma.engine.events import Listener

_STOPPED = "stopped by SIGTERM; no fold is kept"
_SET_FOR_FOLDS = ("output", "data.train")
"""Settings of a training run that are different for each fold."""


def check(
    files: PathLike | Sequence[PathLike] = (),
    *,
    train: PathLike | Sequence[PathLike] = (),
    dev: PathLike | Sequence[PathLike] = (),
    test: PathLike | Sequence[PathLike] = (),
    model: PathLike | None = None,
    encoder: str | None = None,
    folds: int | None = None,
    settings: Mapping[str, object] | None = None,
    fix: PathLike | None = None,
    format: str | None = None,
    options: ReadOptions | None = None,
    threads: int | None = None,
    on_event: Listener | None = None,
) -> CheckResult:
    """Look for errors in annotated text.

    Args:
        files: annotated files that belong to none of the following parts.
        train, dev, test: annotated files of the training, dev and test sets, which are also compared with one another.
        model: a folder that `onoma train` has written. The text is checked with its tokenizer. Without ``folds``, its
            predictions are compared with the annotation.
        encoder: the encoder that is fine-tuned with ``folds``; `small` if None. Without ``model``, the text is checked
            with its tokenizer.
        folds: number of folds of a cross-validation: one model is trained for each fold, on all other folds, and its
            predictions for the fold are compared with the annotation. None for no cross-validation.
        settings: settings for training with ``folds``, by dotted key, such as ``{"training.epochs": 3}``.
        fix: a new folder for copies of the files with all safe fixes applied, and a diff.
        format: format of all files; detected automatically if None.
        options: options for reading the files.
        threads: number of processor threads; None for as many as this process may use.
        on_event: function called with each event of training.

    Returns:
        The findings, the most severe and most certain ones first.

    Raises:
        InputError: a file cannot be read, there are no files, there are more folds than documents, ``settings`` are
            given without ``folds`` or cannot be set, ``fix`` exists already, or a file cannot be fixed because its
            format is read-only.
        BundleError: the model cannot be loaded.
    """
    from onoma.corpora import ReadOptions
    from onoma.doctor import check as check_files
    from onoma.doctor import check_fixable, read_cases, score_gold
    from onoma.doctor import fix as write_fixed

    if settings and folds is None:
        raise InputError("settings (--set) are for training with folds; pass folds (--folds) too")
    for key in _SET_FOR_FOLDS:
        if key in (settings or {}):
            raise InputError(f"settings (--set): {key} is different for each fold and cannot be set")

    parts = {"": files, "train": train, "dev": dev, "test": test}
    part_paths = [(part, path) for part, paths in parts.items() for path in paths_of(paths) or []]
    if not part_paths:
        raise InputError("there are no files to check; pass files, or the parts with --train, --dev and --test")
    options = options or ReadOptions()
    if len(part_paths) > 1:
        options = replace(options, may_be_empty=True)
    checked_files = [read_cases(path, part=part, format=format, options=options) for part, path in part_paths]
    if fix is not None:
        check_fixable(checked_files, Path(fix))
    if folds is not None:
        encoder = encoder or ("small" if model is None else None)
    tagger = load(model, threads=threads) if model is not None else None
    windower = None
    if tagger is not None and tagger.bundle.manifest.baseline is None:
        windower = tagger.bundle.windower()
    elif tagger is None and encoder is not None and encoder not in BASELINES:
        windower = _make_windower(encoder)
    predict = None if tagger is None else lambda documents: list(score_gold(tagger, documents))
    if folds is not None:
        predict = partial(
            predict_folds,
            folds=folds,
            settings={"model.encoder": encoder, **(settings or {})},
            threads=threads,
            on_event=on_event,
        )
    result = check_files(checked_files, windower=windower, predict=predict)
    if fix is None:
        return result
    return replace(result, fixed=tuple(write_fixed(result.files, Path(fix), options=options)))


def _make_windower(encoder: str) -> Windower:
    """Return a windower for an encoder, with the default window size and overlap."""
    need_training()
    from onoma.encoding import Windower
    from onoma.models import load_pretrained
    from onoma.training.config import ModelConfig

    default = ModelConfig()
    return Windower.of(load_pretrained(encoder).tokenizer, window=default.window, overlap=default.overlap)


def predict_folds(
    documents: Sequence[Document],
    *,
    folds: int,
    settings: Mapping[str, object],
    threads: int | None = None,
    on_event: Listener | None = None,
) -> list[Document]:
    """Tag each document by cross-validation, with a model trained on the folds that do not contain it.

    Args:
        documents: documents with gold entities.
        folds: number of folds, and of models. The models are deleted afterwards.
        settings: settings for training, by dotted key, such as ``{"training.epochs": 3}``.
        threads: number of processor threads for tagging.
        on_event: function called with each event of training.

    Returns:
        The documents with the predicted entities and the probability of each gold span.

    Raises:
        InputError: there are fewer different documents than folds.
        TrainingError: training cannot continue.
        StoppedError: the process received SIGTERM.
        KeyboardInterrupt: the process received SIGINT, or the listener stopped the training.
    """
    need_training()
    from onoma.corpora import write
    from onoma.doctor import cross_validated, score_gold
    from onoma.engine.events import Event, Interrupted, Stage, ignore

    listener = on_event or ignore

    def forward(event: Event) -> bool | None:
        return None if isinstance(event, Interrupted) else listener(event)  # a fold cannot be resumed

    with raise_on_sigterm(_STOPPED), tempfile.TemporaryDirectory() as scratch:

        def predict(
            fold: int, train_documents: Sequence[Document], test_documents: Sequence[Document]
        ) -> Iterable[Document]:
            listener(Stage(f"fold {fold} of {folds}"))
            path, output = Path(scratch) / f"{fold}.jsonl", Path(scratch) / f"{fold}"
            write(train_documents, path)
            try:
                trained = train_model(train=path, output=output, settings=settings, on_event=forward)
            except StoppedError as error:
                raise StoppedError(_STOPPED) from error
            if trained.interrupted:
                raise KeyboardInterrupt
            return score_gold(load(output, threads=threads), test_documents)

        return cross_validated(documents, predict, folds=folds)
