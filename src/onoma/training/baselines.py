"""Training of the baselines `crf`, `bilstm` and `gazetteer`, which read words instead of subwords."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onoma.baselines.bilstm import NetworkScorer
from onoma.baselines.crf import CrfScorer, fit_crf
from onoma.baselines.gazetteer import GazetteerScorer, fit_gazetteer, gazetteer_arrays
from onoma.baselines.vocabulary import Vocabulary
from onoma.bundle import (
    BASELINE,
    ENTITIES,
    HISTORY,
    Bundle,
    EncoderCard,
    Manifest,
    TagsCard,
    TransitionsCard,
    WindowConfig,
)
from onoma.counting import counted
from onoma.encoding import WordWindower
from onoma.engine.data import Measure
from onoma.engine.events import FitEnded, Listener, Notice, Score, Stage, several
from onoma.engine.history import History
from onoma.engine.run import Run
from onoma.engine.train_state import TrainState
from onoma.evaluation import evaluate
from onoma.metrics import as_fractions
from onoma.models.word_network import NetworkSettings, WordNetwork, torch_compute
from onoma.runtime import WordScorer
from onoma.schemes import Chunk, decode_tags
from onoma.tagger import Tagger
from onoma.tasks import TagTask
from onoma.training.baseline_config import BilstmConfig, CrfConfig
from onoma.training.bilstm import FP32, plan_network, resolve_network_settings
from onoma.training.building import evaluation_interval, resolved_config
from onoma.training.config import RunConfig
from onoma.training.parts import Part
from onoma.training.provenance import provenance_of
from onoma.training.word_examples import WordExample
from onoma.training.word_text import WordText, read_words

_WINDOW = WindowConfig(size=256, overlap=32)
"""The window size and overlap of baselines, in words; longer sentences are scored in several windows."""

_MAX_SAMPLES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedBaseline:
    """A trained baseline in memory.

    Attributes:
        bundle: manifest, including the parameters for decoding.
        arrays: trained parameters of the baseline by name; for `bilstm`, its vocabulary.
        network: network of `bilstm` with its best weights; None for other baselines.
        samples: sentences of the training text, for checking an exported graph; empty without a network.
        state: final state of training.
    """

    bundle: Bundle
    arrays: Mapping[str, NDArray[np.generic]]
    network: WordNetwork | None
    samples: list[list[str]]
    state: TrainState


@dataclass(frozen=True, slots=True)
class _FittedBaseline:
    """A baseline that was fitted at once, without steps and epochs."""

    bundle: Bundle
    arrays: Mapping[str, NDArray[np.generic]]
    scorer: WordScorer


def train_baseline(
    config: RunConfig, *, on_event: Listener, folder: Path | None = None, accept_changes: bool = False
) -> TrainedBaseline:
    """Train the baseline that a configuration names as its encoder.

    Args:
        config: configuration of the run.
        on_event: function called with each event.
        folder: folder for the history and, for `bilstm`, the checkpoints; an unfinished run in it is resumed. None to
            save nothing.
        accept_changes: whether to resume even if settings, data or versions have changed.

    Raises:
        InputError: a corpus cannot be used, or the folder contains a different unfinished run.
        MissingExtraError: python-crfsuite is needed, but not installed.
        TrainingError: training cannot continue, for example because the loss is not finite.
        StoppedError: the process received SIGTERM.
    """
    name = config.model.encoder
    if Path(name, "config.json").is_file():
        on_event(Notice(f"{name} is the baseline; the encoder in the folder {name} is chosen as ./{name}"))
    on_event(Stage("reading"))
    windower = WordWindower(window=_WINDOW.size, overlap=_WINDOW.overlap)
    text = read_words(config, windower=windower, on_event=on_event)
    if name == "bilstm":
        return _train_network(
            config, text, windower=windower, on_event=on_event, folder=folder, accept_changes=accept_changes
        )
    bundle = Bundle(_make_manifest(config, text), None)
    if name == "gazetteer":
        return _fit(lambda: _fit_gazetteer(bundle, text), text, on_event=on_event, folder=folder)
    on_event(Stage(f"fitting a CRF to {counted(len(text.examples), 'sentence')}"))
    return _fit(lambda: _fit_crf(config.crf or CrfConfig(), bundle, text), text, on_event=on_event, folder=folder)


def _fit(
    fit: Callable[[], _FittedBaseline], text: WordText, *, on_event: Listener, folder: Path | None
) -> TrainedBaseline:
    """Fit a baseline, evaluate it on dev, and report the result as an event."""
    start_time = time.perf_counter()
    fitted = fit()
    seconds = time.perf_counter() - start_time
    score = None if text.dev is None else _evaluate_dev(fitted.bundle, fitted.scorer, text.dev)
    if folder is not None:
        history = History(folder / HISTORY, warn=lambda message: on_event(Notice(message)))
        history.cut(0)
        on_event = several(on_event, history)
    on_event(FitEnded(score, seconds))
    return TrainedBaseline(
        bundle=fitted.bundle, arrays=fitted.arrays, network=None, samples=[], state=TrainState(score=score)
    )


def _fit_crf(settings: CrfConfig, bundle: Bundle, text: WordText) -> _FittedBaseline:
    fitted = fit_crf(
        [example.words for example in text.examples],
        [example.targets for example in text.examples],
        tags=len(text.task.tags),
        c1=settings.c1,
        c2=settings.c2,
        iterations=settings.iterations,
    )
    scorer = CrfScorer(fitted.attributes, fitted.weights)
    return _FittedBaseline(_with_transitions(bundle, fitted.transitions()), fitted.arrays(), scorer)


def _fit_gazetteer(bundle: Bundle, text: WordText) -> _FittedBaseline:
    words = [example.words for example in text.examples]
    entries = fit_gazetteer(words, [_decode_chunks(example, text.task) for example in text.examples])
    return _FittedBaseline(bundle, gazetteer_arrays(entries), GazetteerScorer(entries, text.task))


def _train_network(
    config: RunConfig,
    text: WordText,
    *,
    windower: WordWindower,
    on_event: Listener,
    folder: Path | None,
    accept_changes: bool,
) -> TrainedBaseline:
    run = Run.prepare(
        config.training, name=config.output.name, on_event=on_event, folder=folder, accept_changes=accept_changes
    )
    vocabulary = Vocabulary.of(example.words for example in text.examples)
    network_settings = NetworkSettings(**(config.bilstm or BilstmConfig()).model_dump())
    network = WordNetwork(vocabulary, text.task, network_settings).to(run.device)
    resolved = resolve_network_settings(config.training, words=text.words)
    bundle = Bundle(_make_manifest(resolved_config(config, resolved, device=run.device, dtype=FP32), text), None)
    data, loop_settings = plan_network(
        config.training,
        resolved,
        text.examples,
        reader=vocabulary.reader(),
        device=run.device,
        evaluate_every=evaluation_interval(
            resolved,
            text.dev,
            train_length=text.words,
            length_of=lambda document: len(windower.words(document).starts),
        ),
    )

    def trained_bundle() -> Bundle:
        return _with_transitions(bundle, network.head.parameters_for_decoding())

    scorer = NetworkScorer(vocabulary, torch_compute(network, device=run.device))
    measure: Measure | None = None
    if text.dev is not None:
        dev = text.dev

        def measure() -> Score:
            return _evaluate_dev(trained_bundle(), scorer, dev)

    state = run.train(
        network,
        data,
        settings=loop_settings,
        measure=measure,
        config=config.model_dump(mode="json"),
        digests=bundle.manifest.provenance.digests,
        encoder="",
        dtype=FP32,
    )
    samples = _select_samples(text.examples)
    return TrainedBaseline(
        bundle=trained_bundle(), arrays=vocabulary.arrays(), network=network, samples=samples, state=state
    )


def _evaluate_dev(bundle: Bundle, scorer: WordScorer, dev: Part) -> Score:
    exact = evaluate(Tagger(bundle, scorer), dev.documents).exact
    return Score(exact.f1, as_fractions(exact))


def _with_transitions(bundle: Bundle, parameters: Mapping[str, NDArray[np.float64]]) -> Bundle:
    card = TransitionsCard(**{name: values.tolist() for name, values in parameters.items()})
    return bundle.with_manifest(bundle.manifest.with_entities(transitions=card))


def _decode_chunks(example: WordExample, task: TagTask) -> list[Chunk]:
    """Decode the gold entities of a sentence from its targets."""
    return list(decode_tags([task.tags[target] for target in example.targets.tolist()], task.scheme).chunks)


def _select_samples(examples: list[WordExample]) -> list[list[str]]:
    """Select sentences evenly spread over the range of lengths."""
    ordered = sorted((example.words for example in examples), key=len)
    positions = np.unique(np.linspace(0, len(ordered) - 1, num=min(_MAX_SAMPLES, len(ordered))).astype(int))
    return [ordered[position] for position in positions.tolist()]


def _make_manifest(config: RunConfig, text: WordText) -> Manifest:
    baseline = config.model.encoder
    packages = ("numpy", *({"crf": ("python-crfsuite",), "bilstm": ("torch",)}.get(baseline, ())))
    head = "gazetteer" if baseline == "gazetteer" else "crf"
    return Manifest(
        tasks={ENTITIES: TagsCard(labels=text.task.labels, scheme=config.model.tag_scheme, head=head)},
        window=_WINDOW,
        encoder=EncoderCard(name=baseline, family=BASELINE),
        provenance=provenance_of(
            config, train=text.card, dev=text.dev.card if text.dev else None, packages=packages, dropped=text.unusable
        ),
    )
