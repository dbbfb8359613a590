"""A configuration to a trained model: reads the corpora, builds the model, runs the loop."""

from __future__ import annotations

import math
import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import torch
from numpy.typing import NDArray

from onoma import __version__
from onoma.bundle import Bundle, EncoderCard, Manifest, Provenance, Windowing
from onoma.errors import ConfigError, InputError
from onoma.evaluation import evaluate
from onoma.metrics import Report
from onoma.models import HEADS, Model, Pretrained, TorchBackend, load_pretrained
from onoma.schemes import SCHEMES
from onoma.tagger import Tagger
from onoma.training.config import RunConfig, TrainingConfig
from onoma.training.examples import Example, make_examples
from onoma.training.loop import Fitted, LoopSettings, fit
from onoma.training.parts import Part, compare_labels, read_part
from onoma.training.precision import choose_precision
from onoma.training.progress import Observer
from onoma.training.sampling import Sampler

_STEPS_WANTED = 750
_SAMPLES = 24
_WIDTH_OF_BASE = 768


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
    fitted: Fitted


def run_training(config: RunConfig, *, observer: Observer) -> Trained:
    """Train as a configuration says.

    Raises:
        InputError: a corpus cannot be used.
        EncoderError: the encoder cannot be had.
    """
    settings = config.training
    device = _device(settings.device)
    observer.stage("reading")
    train = read_part(config.data.train, config.data, observer=observer)
    dev = read_part(config.data.dev, config.data, observer=observer) if config.data.dev else None
    labels = tuple(sorted(train.labels))
    if not labels:
        raise InputError(
            f"{train.card.name}: holds no entity in {len(train.documents):,} documents, so there is nothing to learn; "
            "check data.tag_column and data.format"
        )
    if dev is not None:
        compare_labels(train, dev, observer=observer)
    torch.manual_seed(settings.seed)
    observer.stage(f"loading encoder {config.model.encoder}")
    pretrained = load_pretrained(config.model.encoder)
    scheme = SCHEMES[config.model.tag_scheme]
    model = _build(config, pretrained, tags=len(scheme.tags(labels))).to(device)
    bundle = Bundle(_manifest(config, pretrained, labels, train, dev), pretrained.tokenizer)
    framing = bundle.framing()
    observer.stage("encoding")
    unusable: Counter[str] = Counter()
    examples = list(make_examples(train.documents, framing=framing, scheme=scheme, labels=labels, unusable=unusable))
    if not examples:
        raise InputError(f"{train.card.name}: holds no words; check data.format and data.word_column")
    for reason, count in unusable.items():
        observer.notice(f"{train.card.name}: {count:,} entities: {reason}")
    bundle = _with_unusable(bundle, unusable)
    sampler, loop = _plan(settings, examples, pretrained, pad_id=framing.aligner.pad, device=device)
    tagger = Tagger(bundle, TorchBackend(model, device=device))
    measure: Callable[[], Report] | None = None
    if dev is not None:
        gold = dev.documents

        def measure() -> Report:
            return evaluate(tagger, gold)

    fitted = fit(model, sampler, settings=loop, measure=measure, observer=observer)
    return Trained(model, bundle, pretrained, _samples(examples), fitted)


def _build(config: RunConfig, pretrained: Pretrained, *, tags: int) -> Model:
    if config.model.head not in HEADS:
        raise ConfigError(f"model.head: there is no head {config.model.head!r}; there are {', '.join(HEADS)}")
    if config.model.window > pretrained.longest:
        raise ConfigError(
            f"model.window: {config.model.window} subwords are more than the {pretrained.longest} that encoder "
            f"{pretrained.name} can read"
        )
    head = HEADS[config.model.head](pretrained.hidden, tags, dropout=config.model.dropout)
    return Model(pretrained.encoder, head)


def _manifest(
    config: RunConfig, pretrained: Pretrained, labels: tuple[str, ...], train: Part, dev: Part | None
) -> Manifest:
    packages = ("torch", "tokenizers", "numpy")
    return Manifest(
        labels=labels,
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
        ),
    )


def _with_unusable(bundle: Bundle, unusable: Counter[str]) -> Bundle:
    origin = bundle.manifest.provenance.model_copy(update={"dropped": dict(unusable)})
    return Bundle(bundle.manifest.model_copy(update={"provenance": origin}), bundle.tokenizer)


def _plan(
    settings: TrainingConfig,
    examples: Sequence[Example],
    pretrained: Pretrained,
    *,
    pad_id: int,
    device: torch.device,
) -> tuple[Sampler, LoopSettings]:
    """Fill in what the configuration leaves to the size of corpus and encoder."""
    subwords = sum(len(example.ids) for example in examples)
    budget = settings.batch_subwords or min(1_024, max(128, subwords // 150))
    epochs = settings.epochs or min(40, max(3, math.ceil(_STEPS_WANTED * budget / subwords)))
    rate = settings.learning_rate or 5e-5 * _WIDTH_OF_BASE / pretrained.hidden
    loop = LoopSettings(
        epochs=epochs,
        learning_rate=rate,
        warmup=settings.warmup,
        weight_decay=settings.weight_decay,
        clip=settings.clip,
        patience=settings.patience,
        pad_id=pad_id,
        device=device,
        precision=choose_precision(settings.precision, device=device),
    )
    return Sampler(examples, budget=budget, seed=settings.seed), loop


def _samples(examples: Sequence[Example]) -> list[NDArray[np.int64]]:
    """Windows spread evenly over the lengths that occur."""
    ordered = sorted(examples, key=lambda example: len(example.ids))
    chosen = np.unique(np.linspace(0, len(ordered) - 1, num=min(_SAMPLES, len(ordered))).astype(int))
    return [ordered[position].ids.astype(np.int64) for position in chosen]


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"training.device: {name!r} cannot be used here ({error}); use auto or cpu") from error
    return device
