"""A configuration to a model in a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike, paths_of
from onoma.api.loading import load
from onoma.bundle import ONNX, OutputFolder, open_output, write_manifest
from onoma.errors import MissingExtraError
from onoma.tagger import Tagger

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.training import Observer, Ranks, RunConfig, Trained


def need_training() -> None:
    """Check that what training needs is installed.

    Raises:
        MissingExtraError: with the command that installs it.
    """
    if not all(find_spec(name) for name in ("jaxtyping", "onnx", "safetensors", "torch", "transformers")):
        raise MissingExtraError("training", extra="train")


def train(
    *,
    train: PathLike | Sequence[PathLike],
    output: PathLike,
    dev: PathLike | Sequence[PathLike] | None = None,
    test: PathLike | Sequence[PathLike] | None = None,
    encoder: str | None = None,
    settings: Mapping[str, object] | None = None,
    overwrite: bool = False,
    resume: bool = False,
    accept_changes: bool = False,
    observer: Observer | None = None,
) -> Tagger:
    """Fine-tune an encoder on annotated text and write the model to a folder.

    Args:
        train: one file or several, in any format that onoma reads.
        output: the folder to write; it must be empty or not exist.
        dev: what to choose the best epoch on.
        test: what to measure the finished model on.
        encoder: an alias (`small`, `multilingual`), a folder, or a Hub id.
        settings: any other setting by its dotted key, such as ``{"training.epochs": 3}``.
        overwrite: replace a model that lies at ``output``, and forget an unfinished run.
        resume: go on with the unfinished run at ``output``, where there is one.
        accept_changes: resume also where settings, data or versions are not what they were.
        observer: is told how it goes.

    Returns:
        The tagger of the finished model.

    Raises:
        InputError: a file cannot be used, the output is taken, or the unfinished run is another one.
        TrainingError: training cannot go on; its checkpoints stand.
        StoppedError: SIGTERM came; the run can be resumed.
    """
    need_training()
    from onoma.training import read_config

    named: dict[str, object] = {
        "data.train": paths_of(train),
        "data.dev": paths_of(dev),
        "data.test": paths_of(test),
        "model.encoder": encoder,
        "output": Path(output),
    }
    return train_run(
        read_config(None, settings={**(settings or {}), **named}),
        overwrite=overwrite,
        resume=resume,
        accept_changes=accept_changes,
        observer=observer,
    )


def train_run(
    config: RunConfig,
    *,
    overwrite: bool = False,
    resume: bool = False,
    accept_changes: bool = False,
    observer: Observer | None = None,
) -> Tagger:
    """Do a configured run, see :func:`train`: train, export, measure, and write the model whole or not at all.

    A run that Ctrl-C has ended leaves the best model so far, and can be resumed nevertheless. Of several processes that
    `torchrun` has started all train, and only the first one tells its observer and writes; all return the tagger.
    """
    need_training()
    from onoma.training import Observer, joined, run_training

    with joined() as ranks:
        if ranks.first:
            observer = observer or Observer()
            with open_output(config.output, overwrite=overwrite, resume=resume) as output:
                _fill_output(
                    output, config=config, resume=resume, accept_changes=accept_changes, observer=observer, ranks=ranks
                )
        elif not ranks.told(lambda: False):
            run_training(config, observer=Observer(), ranks=ranks)
        ranks.meet()
    return load(config.output)


def _fill_output(
    output: OutputFolder,
    *,
    config: RunConfig,
    resume: bool,
    accept_changes: bool,
    observer: Observer,
    ranks: Ranks,
) -> None:
    """Train and write the bundle, or move the bundle into place that an earlier run has completed."""
    from onoma.training import run_training

    if ranks.told(lambda: output.complete):
        observer.notice("the run had ended; its model is moved into place")
        output.finish()
        return
    if resume and not output.begun:
        observer.notice("there is no checkpoint to resume from; the run starts at its beginning")
    trained = run_training(config, observer=observer, folder=output.run, accept_changes=accept_changes, ranks=ranks)
    if trained.fitted.interrupted:
        observer.interrupted()
    with output.new_bundle(last=not trained.fitted.interrupted) as folder:
        _write_bundle(trained, folder, config=config, run=output.run, observer=observer)


def _write_bundle(trained: Trained, folder: Path, *, config: RunConfig, run: Path, observer: Observer) -> None:
    """Export, measure, and write everything that a bundle holds; what the run has logged goes along."""
    from onoma.evaluation.evaluate import tag_gold
    from onoma.export import export_onnx
    from onoma.metrics import as_fractions, judge
    from onoma.models import save_model, save_tokenizer
    from onoma.training import copy_logs
    from onoma.training.parts import read_part
    from onoma.views import write_card

    observer.stage("exporting")
    bundle = trained.bundle
    save_model(trained.model, folder, tags=bundle.decoder().tags, pretrained=trained.pretrained)
    save_tokenizer(bundle.tokenizer, folder, longest=trained.pretrained.longest)
    export_onnx(trained.model, folder / ONNX, samples=trained.samples)
    write_manifest(bundle.manifest, folder)
    origin = bundle.manifest.provenance
    figures = {} if trained.fitted.dev is None else {"dev": as_fractions(trained.fitted.dev.exact)}
    if config.data.test:
        observer.stage("measuring on test")
        part = read_part(config.data.test, config.data, observer=observer)
        report = judge(list(tag_gold(load(folder), part.documents)))
        observer.tested(report)
        figures["test"] = as_fractions(report.exact)
        if report.intervals is not None:
            figures["test"]["f1_low"], figures["test"]["f1_high"] = report.intervals.exact.f1
        origin = origin.model_copy(update={"data": {**origin.data, "test": part.card}})
    origin = origin.model_copy(update={"figures": figures})
    manifest = bundle.manifest.model_copy(update={"provenance": origin})
    copy_logs(run, folder)
    write_manifest(manifest, folder)
    write_card(manifest, folder, name=config.output.name)
