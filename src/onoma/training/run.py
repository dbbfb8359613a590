"""A configuration to a trained model: reads the corpora, builds the model, runs the loop."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from onoma.bundle import CHECKPOINTS, HISTORY, Bundle, EncoderCard, Manifest, Provenance, Windowing
from onoma.encoding import SubwordEncoder, Windower
from onoma.engine.checkpointer import Checkpointer, FileCheckpointer
from onoma.engine.checkpoints import Checkpoints
from onoma.engine.devices import ALONE, Ranks
from onoma.engine.dtype import Dtype
from onoma.engine.events import Observer, Observers
from onoma.engine.history import History
from onoma.engine.identity import Identity, code_versions, machine
from onoma.engine.loggers import make_loggers
from onoma.engine.loop import Loop
from onoma.engine.stopping import Stop
from onoma.engine.train_state import TrainState
from onoma.errors import InputError
from onoma.evaluation.evaluate import evaluate
from onoma.metrics import Report
from onoma.models import Model, Pretrained, TorchBackend, load_pretrained
from onoma.models.lora import merge_lora
from onoma.schemes import SCHEMES
from onoma.tagger import Tagger
from onoma.training.building import build_model, check_model, find_device
from onoma.training.config import RunConfig
from onoma.training.corpus import TrainingText, read_training_text
from onoma.training.flat import Examples
from onoma.training.parts import Part, compare_labels, read_options, read_part
from onoma.training.planning import plan_run
from onoma.training.resume import dtype_of_run, take_up
from onoma.version import __version__

_SAMPLES = 24
_SHOWN, _SHOWN_CHARACTERS = 4, 60


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run leaves in memory.

    Attributes:
        model: with its best weights.
        bundle: manifest and tokenizer.
        pretrained: what it began as.
        samples: windows of real text, of many lengths, to check other engines on.
        fitted: how the loop ended.
    """

    model: Model
    bundle: Bundle
    pretrained: Pretrained
    samples: list[NDArray[np.int64]]
    fitted: TrainState


def run_training(
    config: RunConfig,
    *,
    observer: Observer,
    folder: Path | None = None,
    accept_changes: bool = False,
    ranks: Ranks = ALONE,
) -> Trained:
    """Train as a configuration says.

    Args:
        config: the run.
        observer: is told how it goes.
        folder: where checkpoints and history lie; goes on with what is there. None to keep none.
        accept_changes: go on also where settings, data or versions are not what they were.
        ranks: the processes that train together. All get the same model; only the first has a folder and reads dev.

    Raises:
        InputError: a corpus cannot be used, or the run in the folder is another one.
        EncoderError: the encoder cannot be had.
        TrainingError: training cannot go on.
        StoppedError: SIGTERM came.
    """
    settings = config.training
    device = find_device(settings.device, ranks=ranks)
    loggers = make_loggers(settings.log, folder=folder, name=config.output.name) if folder else []
    torch.manual_seed(settings.seed)
    observer.stage(f"loading encoder {config.model.encoder}")
    pretrained = load_pretrained(config.model.encoder)
    check_model(config, pretrained)
    observer.stage("reading")
    text = ranks.in_turn(lambda: _read_train(config, pretrained, observer=observer))
    wanted = config.data.dev if ranks.first else None
    dev = read_part(wanted, config.data, observer=observer) if wanted else None
    if dev is not None:
        compare_labels(text.labels, dev.labels, observer=observer)
    bundle = Bundle(_manifest(config, pretrained, text, dev), pretrained.tokenizer)
    model = build_model(config, pretrained, tags=bundle.decoder().tags, text=text).to(device)
    dtype = ranks.told(lambda: dtype_of_run(settings.dtype, device=device, folder=folder))
    sampler, loop_settings = plan_run(settings, text.examples, hidden=pretrained.hidden, device=device, dtype=dtype)
    checkpointer = Checkpointer()
    watching = [observer, *loggers]
    if folder is not None:
        identity = _identity(config, bundle.manifest, dtype=dtype, device=device, ranks=ranks)
        take_up(identity, folder, accept_changes=accept_changes, observer=observer)
        history = History(folder / HISTORY, warn=observer.notice)
        watching.append(history)
        checkpointer = FileCheckpointer(
            Checkpoints(folder / CHECKPOINTS),
            history=history,
            minutes=settings.checkpoint_minutes,
            steps=settings.checkpoint_steps,
            observer=observer,
        )
    with Stop() as stop:
        loop = Loop(
            model,
            sampler,
            settings=loop_settings,
            measure=_measure(bundle, model, dev, device=device),
            observer=Observers(watching),
            checkpointer=checkpointer,
            stop=stop,
            describe=_describe(text.examples, pretrained.tokenizer),
            ranks=ranks,
        )
        fitted = loop.run()
    if settings.lora is not None:
        merge_lora(model.encoder)
    return Trained(model, bundle, pretrained, _samples(text.examples), fitted)


def _read_train(config: RunConfig, pretrained: Pretrained, *, observer: Observer) -> TrainingText:
    window = config.model
    text = read_training_text(
        config.data.train,
        format=config.data.format,
        options=lambda path: read_options(config.data, path),
        windower=Windower(SubwordEncoder(pretrained.tokenizer), window=window.window, overlap=window.overlap),
        scheme=SCHEMES[window.tag_scheme],
        notice=observer.notice,
    )
    if not text.labels:
        raise InputError(
            f"{text.card.name}: holds no entity in {text.card.documents:,} documents, so there is nothing to learn; "
            "check data.tag_column and data.format"
        )
    if not len(text.examples):
        raise InputError(f"{text.card.name}: holds no words; check data.format and data.word_column")
    for reason, count in text.unusable.items():
        observer.notice(f"{text.card.name}: {count:,} entities: {reason}")
    return text


def _measure(bundle: Bundle, model: Model, dev: Part | None, *, device: torch.device) -> Callable[[], Report] | None:
    if dev is None:
        return None
    tagger, gold = Tagger(bundle, TorchBackend(model, device=device)), dev.documents
    return lambda: evaluate(tagger, gold)


def _manifest(config: RunConfig, pretrained: Pretrained, train: TrainingText, dev: Part | None) -> Manifest:
    packages = ("torch", "tokenizers", "numpy")
    return Manifest(
        labels=tuple(sorted(train.labels)),
        scheme=config.model.tag_scheme,
        head=config.model.head,
        window=Windowing(size=config.model.window, overlap=config.model.overlap),
        encoder=EncoderCard(name=pretrained.name, family=pretrained.family, digest=pretrained.digest),
        provenance=Provenance(
            data={"train": train.card} | ({"dev": dev.card} if dev else {}),
            seed=config.training.seed,
            versions={
                "onoma": __version__,
                "python": platform.python_version(),
                **{name: version(name) for name in packages},
            },
            settings=config.model_dump(mode="json", exclude={"output"}),
            dropped=dict(train.unusable),
        ),
    )


def _identity(config: RunConfig, manifest: Manifest, *, dtype: Dtype, device: torch.device, ranks: Ranks) -> Identity:
    return Identity(
        settings=config.model_dump(mode="json"),
        data={part: card.digest for part, card in manifest.provenance.data.items()},
        encoder=manifest.encoder.digest,
        dtype=dtype.name,
        versions=code_versions(),
        machine=machine(device, processes=ranks.size),
    )


def _describe(examples: Examples, tokenizer: Tokenizer) -> Callable[[Sequence[int]], str]:
    def describe(positions: Sequence[int]) -> str:
        """Windows by their number and how they begin, as many as a message bears."""
        shown = [
            f"{position + 1} ({tokenizer.decode(examples[position].ids.tolist())[:_SHOWN_CHARACTERS]!r})"
            for position in positions[:_SHOWN]
        ]
        more = f" and {len(positions) - len(shown)} more" if len(positions) > len(shown) else ""
        return f"windows {', '.join(shown)}{more} of the training text"

    return describe


def _samples(examples: Examples) -> list[NDArray[np.int64]]:
    """Windows spread evenly over the lengths that occur."""
    ordered = np.argsort(examples.lengths, kind="stable")
    chosen = np.unique(np.linspace(0, len(ordered) - 1, num=min(_SAMPLES, len(ordered))).astype(int))
    return [examples[position].ids.astype(np.int64) for position in ordered[chosen].tolist()]
