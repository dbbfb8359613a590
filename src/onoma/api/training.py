"""Training of a model, and writing of its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.extras import need_crfsuite, need_training
from onoma.api.inputs import PathLike, paths_of
from onoma.api.loading import load
from onoma.api.resuming import unfinished_settings
from onoma.bundle import (
    ADAPTED,
    BASELINES,
    ENTITIES,
    HISTORY,
    ONNX,
    PRETRAINING,
    OutputFolder,
    open_output,
    write_manifest,
)
from onoma.errors import ConfigError, StoppedError, TrainingError
from onoma.metrics import as_fractions
from onoma.tagger import Tagger

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.engine.events import Listener
    from onoma.metrics import Report
    from onoma.models import Pretrained
    from onoma.training import Part, ProcessGroup, RunConfig, TrainedBaseline, TrainedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """The result of training.

    Attributes:
        folder: folder of the model.
        tagger: tagger that uses the finished model.
        dev: precision, recall and F1 of the best epoch on the dev set, as fractions of 1; None if there is no dev set.
        test: evaluation report on the test set; None if there is no test set.
        tasks: metrics of further tasks on their test sets, by task and metric.
        best_epoch: epoch whose weights the model has, counted from 1; 0 for a baseline that has no epochs.
        history: a record of every epoch and of some steps, as in ``history.jsonl``.
        interrupted: whether the run was stopped early and can be resumed.
    """

    folder: Path
    tagger: Tagger
    dev: Mapping[str, float] | None
    test: Report | None
    tasks: Mapping[str, Mapping[str, float]]
    best_epoch: int
    history: Sequence[Mapping[str, object]]
    interrupted: bool


def train(
    config: PathLike | None = None,
    *,
    train: PathLike | Sequence[PathLike] | None = None,
    dev: PathLike | Sequence[PathLike] | None = None,
    test: PathLike | Sequence[PathLike] | None = None,
    encoder: str | None = None,
    output: PathLike | None = None,
    settings: Mapping[str, object] | None = None,
    overwrite: bool = False,
    resume: bool = False,
    accept_changes: bool = False,
    on_event: Listener | None = None,
) -> TrainResult:
    """Fine-tune an encoder on annotated text and write the model to a folder.

    Settings come from ``config``, then from the named arguments, then from ``settings``; later ones take precedence.

    Args:
        config: a TOML file with settings, which may include all of the following.
        train: one or several training files, in any format that onoma reads.
        dev: text on which the best epoch is chosen.
        test: text on which the finished model is scored.
        encoder: the encoder to fine-tune: an alias (`small`, `multilingual`), a folder, or a Hub id; or a baseline
            without an encoder: `crf`, `bilstm` or `gazetteer`.
        output: the folder to write; it must be empty or not exist.
        settings: any other setting by its dotted key, such as ``{"training.epochs": 3}``.
        overwrite: whether to replace a model in ``output``, and to discard an unfinished run.
        resume: whether to continue the unfinished run in ``output``, if there is one. Without ``config``, settings
            that are not given are taken from the unfinished run.
        accept_changes: whether to resume even if settings, data or versions have changed.
        on_event: function called with each event of the run; the run stops early if it returns True.

    Returns:
        The tagger of the finished model, its scores, and the history of the run.

    Raises:
        InputError: a file cannot be used, the output exists, or the unfinished run has other settings or data.
        TrainingError: training cannot continue, or the model cannot be written; the checkpoints are kept.
        StoppedError: SIGTERM stopped the run, which can be resumed.
        MissingExtraError: packages that training needs are not installed.
    """
    need_training()
    from onoma.training import read_config

    base_settings = unfinished_settings(output, resume=resume, config=config, has_data=bool(train))
    argument_settings: dict[str, object] = {
        "data.train": paths_of(train) or None,
        "data.dev": paths_of(dev) or None,
        "data.test": paths_of(test) or None,
        "model.encoder": encoder,
        "output": None if output is None else Path(output),
    }
    path = None if config is None else Path(config)
    return _train_to_folder(
        read_config(path, base=base_settings, settings={**argument_settings, **(settings or {})}),
        overwrite=overwrite,
        resume=resume,
        accept_changes=accept_changes,
        on_event=on_event,
    )


def _train_to_folder(
    config: RunConfig,
    *,
    overwrite: bool,
    resume: bool,
    accept_changes: bool,
    on_event: Listener | None,
) -> TrainResult:
    """Train, export and test a model, and write it to its folder when it is complete.

    A run that was interrupted by Ctrl-C writes the best model so far, and can still be resumed. If `torchrun` has
    started several processes, all of them train and return the result. Only the first one calls its listener and
    writes files.
    """
    from onoma.engine.events import ignore
    from onoma.training import joined, run_training

    need_crfsuite([config.model.encoder])
    test: Report | None = None
    interrupted = False
    with joined() as ranks:
        if config.model.encoder in BASELINES and not ranks.alone:
            raise ConfigError(f"model.encoder: the baseline {config.model.encoder} is trained by one process")
        if ranks.first:
            with open_output(config.output, overwrite=overwrite, resume=resume) as output:
                test, interrupted = _fill_output(
                    output,
                    config=config,
                    resume=resume,
                    accept_changes=accept_changes,
                    on_event=on_event or ignore,
                    ranks=ranks,
                )
        elif not ranks.broadcast(lambda: False):
            adapted_encoder = _adapt_encoder(config, on_event=ignore, accept_changes=accept_changes, ranks=ranks)
            run_training(config, pretrained=adapted_encoder, on_event=ignore, ranks=ranks)
        ranks.barrier()
    return _read_result(config.output, test=test, interrupted=interrupted)


def _read_result(folder: Path, *, test: Report | None, interrupted: bool) -> TrainResult:
    from onoma.training import read_history

    tagger = load(folder)
    figures = tagger.bundle.manifest.provenance.figures
    tasks: dict[str, dict[str, float]] = {}
    for name, value in figures.get("test", {}).items():
        task, dot, figure = name.rpartition(".")
        if dot:
            tasks.setdefault(task, {})[figure] = value
    history = read_history(folder / HISTORY)
    epoch_records = [line for line in history if line["kind"] == "epoch"]
    best_records = [line for line in epoch_records if line["best"]] or epoch_records
    best_epoch = best_records[-1]["epoch"] if best_records else 0
    assert isinstance(best_epoch, int)
    return TrainResult(
        folder=folder,
        tagger=tagger,
        dev=figures.get("dev"),
        test=test,
        tasks=tasks,
        best_epoch=best_epoch,
        history=history,
        interrupted=interrupted,
    )


def _fill_output(
    output: OutputFolder,
    *,
    config: RunConfig,
    resume: bool,
    accept_changes: bool,
    on_event: Listener,
    ranks: ProcessGroup,
) -> tuple[Report | None, bool]:
    """Train and write the bundle, or move a bundle that an earlier run has completed into its place.

    Returns:
        The report on the test set, and whether the run was interrupted.
    """
    from onoma.engine.events import Interrupted, Notice

    if ranks.broadcast(lambda: output.complete):
        on_event(Notice("the run was complete; its model is moved into place"))
        output.finish()
        return None, False
    if resume and not output.begun:
        on_event(Notice("there is no checkpoint to resume from; the run starts from the beginning"))
    tests = _read_tests(config, on_event=on_event)
    trained = _train_model(config, run=output.run, accept_changes=accept_changes, on_event=on_event, ranks=ranks)
    interrupted = trained.state.interrupted
    if interrupted:
        on_event(Interrupted())
    try:
        with output.new_bundle(last=not interrupted) as folder:
            report = _write_bundle(
                trained, folder, tests=tests, name=config.output.name, run=output.run, on_event=on_event
            )
    except OSError as error:
        _keep_result(trained, output)
        advice = "pass --resume to write it" if output.begun else "train it again"
        raise TrainingError(
            f"the model could not be written to {output.folder}: {error.strerror or error}; solve this, and {advice}"
        ) from error
    return report, interrupted


def _keep_result(trained: TrainedModel | TrainedBaseline, output: OutputFolder) -> None:
    """Write a checkpoint of a finished run, if there is space for it; it is smaller than the model and its graphs."""
    from onoma.training import save_result

    if trained.state.epochs and not trained.state.interrupted and not output.complete:
        with suppress(OSError):
            save_result(trained.state, output.run)


def _read_tests(config: RunConfig, *, on_event: Listener) -> dict[str, Part]:
    """Read the test sets of all tasks, before training, so that one that cannot be used does not waste it."""
    from onoma.training import read_part

    tested = {ENTITIES: config.data, **{task.name: task for task in config.predicted}}
    return {name: read_part(data.test, data, on_event=on_event) for name, data in tested.items() if data.test}


def _train_model(
    config: RunConfig, *, run: Path, accept_changes: bool, on_event: Listener, ranks: ProcessGroup
) -> TrainedModel | TrainedBaseline:
    from onoma.training import run_training, train_baseline

    if config.model.encoder in BASELINES:
        return train_baseline(config, on_event=on_event, folder=run, accept_changes=accept_changes)
    adapted_encoder = _adapt_encoder(config, on_event=on_event, accept_changes=accept_changes, ranks=ranks)
    return run_training(
        config, pretrained=adapted_encoder, on_event=on_event, folder=run, accept_changes=accept_changes, ranks=ranks
    )


def _adapt_encoder(
    config: RunConfig, *, on_event: Listener, accept_changes: bool, ranks: ProcessGroup
) -> Pretrained | None:
    """Return the encoder adapted by further pre-training on unlabelled text; None if the run has no adaptation.

    The pre-training is started, or continued if it is unfinished, or skipped if its result is already there.

    Raises:
        ConfigError, InputError: the fine-tuning afterwards would not be possible.
        StoppedError: the pre-training was stopped, and can be continued.
    """
    if config.adapt is None:
        return None
    from onoma.api.pretraining import run_pretraining
    from onoma.corpora import digest_of
    from onoma.engine.resume import save_settings
    from onoma.models import load_pretrained
    from onoma.training import check_model

    run = OutputFolder(config.output).run
    output = OutputFolder(run / ADAPTED, mark=PRETRAINING)
    if ranks.broadcast(lambda: output.begun or not output.has_result):
        check_model(config, load_pretrained(config.model.encoder))
        for data in (config.data, *config.task):
            digest_of((*data.train, *data.dev))  # fails now, and not after the adaptation, if a file cannot be read
        if ranks.first:
            save_settings(run, config.model_dump(mode="json"))
        pretrain_config = config.adapt.for_encoder(config.model.encoder, output=output.folder)
        result = run_pretraining(
            pretrain_config, overwrite=False, resume=True, accept_changes=accept_changes, on_event=on_event
        )
        if result.interrupted:
            raise StoppedError("stopped while the encoder was adapted; pass --resume to continue")
    text_names = ", ".join(path.name for path in config.adapt.text)
    return replace(load_pretrained(str(output.folder)), name=f"{config.model.encoder}, adapted to {text_names}")


def _write_weights(trained: TrainedModel, folder: Path) -> None:
    from onoma.export import export_onnx
    from onoma.models import save_model, save_tokenizer

    bundle = trained.bundle
    other_tasks = {name: task for name, task in bundle.tasks().items() if name != ENTITIES}
    save_model(trained.model, folder, task=bundle.task(), other_tasks=other_tasks, pretrained=trained.pretrained)
    save_tokenizer(bundle.tokenizer, folder, longest=trained.pretrained.longest)
    export_onnx(trained.model, folder / ONNX, samples=trained.samples)


def _write_baseline(trained: TrainedBaseline, folder: Path) -> None:
    from onoma.baselines import write_arrays

    write_arrays(folder, trained.arrays)
    if trained.network is not None:
        from onoma.baselines.vocabulary import Vocabulary
        from onoma.export.word_network import export_network

        vocabulary = Vocabulary.from_arrays(trained.arrays)
        export_network(trained.network, folder / ONNX, vocabulary=vocabulary, samples=trained.samples)


def _write_bundle(
    trained: TrainedModel | TrainedBaseline,
    folder: Path,
    *,
    tests: Mapping[str, Part],
    name: str,
    run: Path,
    on_event: Listener,
) -> Report | None:
    """Export and test the model, and write all files of the bundle, including the logs of the run."""
    from onoma.engine.events import Stage
    from onoma.training import TrainedBaseline, copy_logs
    from onoma.views import write_card

    on_event(Stage("exporting"))
    if isinstance(trained, TrainedBaseline):
        _write_baseline(trained, folder)
    else:
        _write_weights(trained, folder)
    bundle = trained.bundle
    copy_logs(run, folder)
    write_manifest(bundle.manifest, folder)
    figures = {} if trained.state.score is None else {"dev": dict(trained.state.score.figures)}
    data = dict(bundle.manifest.provenance.data)
    report = None
    for task, part in tests.items():
        if task == ENTITIES:
            report = _evaluate_on_test(folder, part, on_event=on_event)
            data["test"], task_figures = part.card, as_fractions(report.exact)
            if report.intervals is not None:
                task_figures["f1_low"], task_figures["f1_high"] = report.intervals.exact.f1
        else:
            data[f"{task}.test"], task_figures = part.card, _evaluate_task(folder, task, part, on_event=on_event)
        figures["test"] = figures.get("test", {}) | task_figures
    write_manifest(bundle.manifest.with_provenance(figures=figures, data=data), folder)
    write_card(folder, name=name)
    return report


def _evaluate_on_test(folder: Path, part: Part, *, on_event: Listener) -> Report:
    """Evaluate the model in a folder on the test set."""
    from onoma.engine.events import Stage
    from onoma.evaluation import tag_gold
    from onoma.metrics import detailed_report
    from onoma.training import TestEvaluated, report_unseen_labels

    on_event(Stage("measuring on test"))
    tagger = load(folder)
    report_unseen_labels(tagger.labels, part.labels, part="test", on_event=on_event)
    report = detailed_report(list(tag_gold(tagger, part.documents)))
    on_event(TestEvaluated(report))
    return report


def _evaluate_task(folder: Path, task: str, part: Part, *, on_event: Listener) -> dict[str, float]:
    """Evaluate a further task of the model in a folder on the task's test set."""
    from onoma.engine.events import Notice, Stage
    from onoma.evaluation import evaluate_task
    from onoma.training import TaskTestEvaluated, describe_missing_labels, named

    on_event(Stage(f"measuring {task} on test"))
    tagger = load(folder)
    if problem := describe_missing_labels(tagger.bundle.manifest.tasks[task].labels, part, task=task):
        on_event(Notice(problem))  # the model is trained, and worth keeping
    figures = evaluate_task(tagger, task, part.documents)
    on_event(TaskTestEvaluated(task, figures))
    return named(task, figures)
