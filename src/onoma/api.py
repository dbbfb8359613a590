"""What `import onoma` offers: load, tag, train, evaluate, calibrate, explain. Each puts rooms together, no more."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.bundle import AUTO, ONNX, WEIGHTS, Bundle, OutputFolder, load_bundle, open_output, write_card, write_manifest
from onoma.errors import BundleError, InputError, MissingExtraError
from onoma.runtime.backend import Backend
from onoma.tagger import Tagger
from onoma.text import Document

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.bulk import BulkObserver, BulkReport, Engine
    from onoma.corpora import ReadOptions
    from onoma.doctor import Checkup, Judge
    from onoma.encoding import Framing
    from onoma.evaluation import Calibrated
    from onoma.explanation import Explained, Explainer, Place
    from onoma.explanation.faithfulness import Faithfulness
    from onoma.explanation.indexing import Indexed
    from onoma.export import Exported
    from onoma.metrics import Report, Wanted
    from onoma.models import Pretrained
    from onoma.training import Observer, Ranks, RunConfig, Trained

PathLike = str | os.PathLike[str]


def load(model: PathLike, *, precision: str = AUTO, threads: int | None = None) -> Tagger:
    """Load a recogniser.

    Args:
        model: `en`, the English model that comes with onoma, or a folder that `onoma train` has written.
        precision: `fp32`, `int8`, or `auto` for the one that the model prefers; see :func:`export_model`.
        threads: processor threads; None for as many as this process may use.

    Raises:
        InputError: there is no such precision.
        BundleError: the folder is missing, broken, of a newer version, or lacks the graph of that precision.
    """
    bundle = load_bundle(Path(model))
    return Tagger(bundle, _backend(bundle, precision=precision, threads=threads))


def _backend(bundle: Bundle, *, precision: str, threads: int | None) -> Backend:
    graph = bundle.graph(precision)
    from onoma.runtime.onnx import OnnxBackend

    return OnnxBackend(graph, threads=threads)


def tag_files(
    files: PathLike | Sequence[PathLike],
    *,
    model: PathLike,
    output: PathLike,
    to: str | None = None,
    column: str | None = None,
    format: str | None = None,
    options: ReadOptions | None = None,
    engine: Engine = "local",
    workers: int = 1,
    threads: int | None = None,
    precision: str = AUTO,
    shard_rows: int | None = None,
    overwrite: bool = False,
    resume: bool = False,
    observer: BulkObserver | None = None,
) -> BulkReport:
    """Tag files to a file or a folder of parts, each row exactly once, however often the job is killed and resumed.

    With several workers a script needs ``if __name__ == "__main__":`` around this, as with all of `multiprocessing`.

    Args:
        files: files, folders and patterns: text, JSON Lines, CSV (these also as ``.gz`` or ``.zst``), Parquet, corpora.
        model: a folder that `onoma train` has written.
        output: a file that ends in ``.jsonl``, ``.csv`` or ``.parquet``; or a folder, there already or with a slash at
            its end.
        to: `jsonl`, `csv` or `parquet`, where the output does not tell.
        column: which column or key holds the text; `text` where not named.
        format: what all files are; found out by itself where not given.
        options: how text and corpora are read.
        engine: `local`, or `ray` for a cluster.
        workers: processes that tag.
        threads: processor threads of each; None for all with one worker, and for one with several.
        precision: `fp32`, `int8`, or `auto` for the one that the model prefers.
        shard_rows: rows that are written at once.
        overwrite: replace an output, and forget an unfinished job.
        resume: go on with the unfinished job, where there is one.
        observer: is told how it goes.

    Returns:
        What was written, and how many rows could not be tagged.

    Raises:
        InputError: a file, the output or the precision cannot be used, or the unfinished job is another one.
        BundleError: the model cannot be loaded.
        MissingExtraError: Parquet, Zstandard or Ray is not installed.
        UnfinishedError: the job cannot go on; what it has written stands and can be resumed.
    """
    from onoma.bulk import SHARD_ROWS, Request, choose_output, find_inputs, run_job

    folder = load_bundle(Path(model)).graph(precision).parent
    found = find_inputs(_paths(files) or [], column=column, format=format, options=options)
    if threads is None and (engine != "local" or workers > 1):
        threads = 1
    request = Request(
        found=found,
        output=choose_output(output, to=to, inputs=found.inputs),
        model=folder,
        load=partial(load, Path(model), threads=threads, precision=precision),
        settings={"precision": precision},
        engine=engine,
        workers=workers,
        threads=threads or 1,
        shard_rows=shard_rows or SHARD_ROWS,
        overwrite=overwrite,
        resume=resume,
    )
    return run_job(request, observer=observer)


def export_model(
    model: PathLike,
    *,
    quantize: str | None = None,
    dev: PathLike | Iterable[Document] | None = None,
    bound: float = 0.2,
    exact_layers: int = 0,
    output: PathLike | None = None,
    overwrite: bool = False,
    format: str | None = None,
    options: ReadOptions | None = None,
) -> Exported:
    """Write a model's graph anew, in fp32 or in int8, beside its weights or as a bundle of its own that only tags.

    Args:
        model: a folder that `onoma train` has written.
        quantize: `int8`, or None for fp32.
        dev: annotated text that int8 must not lose more than ``bound`` on; then the model prefers int8 from now on.
        bound: points of exact F1.
        exact_layers: layers, counted from the embeddings, that int8 leaves in fp32.
        output: a folder for a new bundle with this graph only; the model itself then stays as it is.
        overwrite: replace a bundle that lies at ``output``.
        format: the format of ``dev``; found out by itself where not given.
        options: how ``dev`` is read.

    Raises:
        ParityError: the graph does not compute what torch computes, or int8 loses too much; nothing is written then.
        InputError: there is no such quantisation, ``dev`` cannot be read, or the output is taken.
        BundleError: the model is broken or has no weights to export.
        EncoderError: the encoder cannot be exported so.
    """
    need_training()
    from onoma.export import export_bundle

    return export_bundle(
        Path(model),
        precision=quantize or "fp32",
        dev=None if dev is None else list(_documents(dev, format=format, options=options)),
        bound=bound,
        exact_layers=exact_layers,
        output=None if output is None else Path(output),
        overwrite=overwrite,
    )


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
        "data.train": _paths(train),
        "data.dev": _paths(dev),
        "data.test": _paths(test),
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
    from onoma.evaluation import tag_gold
    from onoma.export import export_onnx
    from onoma.metrics import as_fractions, judge
    from onoma.models import save_model, save_tokenizer
    from onoma.training import copy_logs
    from onoma.training.parts import read_part

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


def evaluate(
    model: PathLike | Tagger,
    data: PathLike | Iterable[Document],
    *,
    format: str | None = None,
    options: ReadOptions | None = None,
    report: PathLike | None = None,
) -> Report:
    """Score a model on annotated text.

    Args:
        model: a folder, or a tagger that is loaded already.
        data: a file in any format that onoma reads, or documents.
        format: the file's format; found out by itself where not given.
        options: how the file is read.
        report: an HTML page to write, with all figures and every wrong sentence.

    Returns:
        The figures; where a page is written also their intervals, the errors, and what scores are worth.

    Raises:
        MissingExtraError: there is to be a page, and what draws its pictures is not installed.
    """
    from onoma.evaluation import evaluate as evaluate_documents

    tagger = model if isinstance(model, Tagger) else load(model)
    documents = _documents(data, format=format, options=options)
    if report is None:
        return evaluate_documents(tagger, documents)
    from onoma.evaluation import tag_gold
    from onoma.metrics import judge
    from onoma.report import need_plots, write_report

    need_plots()
    pairs = list(tag_gold(tagger, documents))
    found = judge(pairs)
    write_report(
        Path(report), report=found, pairs=pairs, title=f"{_name(model, 'model')} on {_name(data, 'documents')}"
    )
    return found


def calibrate(
    model: PathLike,
    data: PathLike | Iterable[Document],
    *,
    format: str | None = None,
    options: ReadOptions | None = None,
    precision: float | None = None,
    recall: float | None = None,
    threads: int | None = None,
) -> Calibrated:
    """Fit a model's temperature on annotated text, so that its scores are honest, and write it into the model.

    With ``precision`` or ``recall`` thresholds are written too: the model then leaves out entities that score less.
    Without them thresholds that it has are taken off.

    Args:
        model: a folder that `onoma train` has written.
        data: a file in any format that onoma reads, or documents; not what the model was trained or is measured on.
        precision: what the entities of each label are to have, at the best recall; a label that cannot have it keeps
            all of its entities.
        recall: what the entities of each label are to keep, at the best precision.
        format: the file's format; found out by itself where not given.
        options: how the file is read.
        threads: processor threads; None for as many as this process may use.

    Raises:
        BundleError: the folder is missing, broken, or of a newer version.
        InputError: the text has too little to fit a temperature on, or both precision and recall are wanted.
    """
    from onoma.bundle import Calibration
    from onoma.evaluation import calibrate as calibrate_bundle

    if precision is not None and recall is not None:
        raise InputError("a threshold is chosen for a precision or for a recall; ask for one of them")

    bundle = load_bundle(Path(model))
    graph = bundle.graph()
    gold = list(_documents(data, format=format, options=options))
    fitted = calibrate_bundle(bundle, _backend(bundle, precision=AUTO, threads=threads), gold)
    calibration = Calibration(
        temperature=fitted.temperature,
        data=_name(data, ""),
        entities=sum(bin.entities for bin in fitted.after.bins),
        error_before=fitted.before.ece,
        error_after=fitted.after.ece,
        thresholds=_thresholds(fitted, precision=precision, recall=recall),
    )
    write_manifest(bundle.manifest.model_copy(update={"calibration": calibration}), graph.parent)
    return fitted


def _thresholds(fitted: Calibrated, *, precision: float | None, recall: float | None) -> dict[str, float]:
    """The thresholds to keep, rounded down so that the entity which each was taken from stays."""
    wanted: tuple[float, Wanted] | None = None
    if precision is not None:
        wanted = precision, "precision"
    elif recall is not None:
        wanted = recall, "recall"
    if wanted is None:
        return {}
    chosen = fitted.thresholds(wanted=wanted[0], of=wanted[1])
    return {label: math.floor(1e6 * point.threshold) / 1e6 for label, point in chosen.items() if point is not None}


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
    format: str | None = None,
    options: ReadOptions | None = None,
    threads: int | None = None,
    observer: Observer | None = None,
) -> Checkup:
    """Look for errors in annotated text.

    Args:
        files: annotated files that belong to no part.
        train, dev, test: the parts of a data set, which are also compared.
        model: a folder that `onoma train` has written; its tokenizer, and where there are no folds its predictions, are
            held against the files.
        encoder: what the folds are trained from (`small` where not given); its tokenizer is held against the files.
        folds: train so many models, each on all but a part of the documents, and hold the predictions for that part
            against its annotation.
        settings: of these trainings, by dotted key, such as ``{"training.epochs": 3}``.
        format: what all files are; found out by itself where not given.
        options: how they are read.
        threads: processor threads; None for as many as this process may use.
        observer: is told how trainings go.

    Raises:
        InputError: a file cannot be read, there are none, or the folds cannot be made.
        BundleError: the model cannot be loaded.
    """
    from onoma.corpora import ReadOptions
    from onoma.doctor import check as check_files
    from onoma.doctor import examine

    parts = {"": files, "train": train, "dev": dev, "test": test}
    named = [(part, path) for part, paths in parts.items() for path in _paths(paths) or []]
    if not named:
        raise InputError("there are no files to check; name some, or the parts with --train, --dev and --test")
    examined = [examine(path, part=part, format=format, options=options or ReadOptions()) for part, path in named]
    if folds is not None:
        encoder = encoder or ("small" if model is None else None)
    judge = _judge(Path(model), threads=threads) if model is not None else None
    framing = judge.bundle.framing() if judge is not None else _framing(encoder) if encoder is not None else None
    predict = None if judge is None else lambda documents: list(judge.tag_many(documents))
    if folds is not None:
        predict = partial(
            predict_folds,
            folds=folds,
            settings={"model.encoder": encoder, **(settings or {})},
            threads=threads,
            observer=observer,
        )
    return check_files(examined, framing=framing, predict=predict)


def _judge(folder: Path, *, threads: int | None) -> Judge:
    from onoma.doctor import Judge

    bundle = load_bundle(folder)
    return Judge(bundle, _backend(bundle, precision=AUTO, threads=threads))


def _framing(encoder: str) -> Framing:
    """How documents are cut for an encoder where nobody says otherwise."""
    need_training()
    from onoma.encoding import Aligner, Framing
    from onoma.models import load_pretrained
    from onoma.training.config import ModelConfig

    usual = ModelConfig()
    return Framing(Aligner(load_pretrained(encoder).tokenizer), window=usual.window, overlap=usual.overlap)


def predict_folds(
    documents: Sequence[Document],
    *,
    folds: int,
    settings: Mapping[str, object],
    threads: int | None = None,
    observer: Observer | None = None,
) -> list[Document]:
    """Tag each document by a model that is trained on the others.

    Args:
        documents: with gold entities.
        folds: how many models are trained, each on all but a part of the documents; they are thrown away.
        settings: of these trainings, by dotted key, such as ``{"training.epochs": 3}``.
        threads: processor threads for tagging.
        observer: is told how trainings go.

    Returns:
        The documents with what is predicted, and with the probability of each gold span.

    Raises:
        InputError: there are fewer different documents than folds.
        TrainingError: a training cannot go on.
    """
    need_training()
    from onoma.corpora import write
    from onoma.doctor import cross_validated
    from onoma.training import Observer, read_config

    told = observer or Observer()
    with tempfile.TemporaryDirectory() as scratch:

        def predict(fold: int, learnt: Sequence[Document], held: Sequence[Document]) -> Iterable[Document]:
            told.stage(f"fold {fold} of {folds}")
            path, output = Path(scratch) / f"{fold}.jsonl", Path(scratch) / f"{fold}"
            write(learnt, path)
            train_run(
                read_config(None, settings={**settings, "data.train": [path], "output": output}), observer=observer
            )
            return _judge(output, threads=threads).tag_many(held)

        return cross_validated(documents, predict, folds=folds)


def explain(
    model: PathLike | Explainer,
    text: str | Document,
    *,
    spans: Sequence[Place] = (),
    label: str | None = None,
    evidence: int | None = None,
) -> Explained:
    """Say why a model finds what it finds: which words speak for it and against it, and what it has learnt like it.

    Args:
        model: a folder that `onoma train` has written, or what :func:`load_explainer` gives, for many texts. Where
            there is a graph alone, as in `en`, words are weighed by occlusion and there is no evidence.
        text: what is tagged and explained.
        spans: what is asked about instead of the predicted entities: characters as in ``(0, 5)``, taken to the bounds
            of words, or what stands there, as in ``"Angela Merkel"``, wherever it does.
        label: the label that is explained, `O` for none; if None, the predicted one, or the likeliest of a span.
        evidence: how many mentions of the training data are shown; if None, three where the model has an index of them
            (:func:`index_mentions`).

    Raises:
        InputError: a span is not in the text, or the model does not know the label.
        BundleError: the model cannot be loaded, or evidence is asked for where there is no index.
        MissingExtraError: the model has weights and what runs them is not installed.
    """
    from onoma.explanation import Explainer

    explainer = model if isinstance(model, Explainer) else load_explainer(model)
    return explainer.explain(text, spans=spans, label=label, evidence=evidence)


def load_explainer(model: PathLike, *, threads: int | None = None) -> Explainer:
    """Load what explains a model; see :func:`explain`, whose ``model`` it may be.

    Args:
        model: `en`, or a folder that `onoma train` has written.
        threads: processor threads; None for as many as this process may use. They are those of torch as a whole where
            the model has weights.
    """
    from onoma.explanation import Explainer, read_index

    bundle = load_bundle(Path(model))
    if bundle.folder is None or bundle.weights(WEIGHTS) is None:
        return Explainer(bundle, _backend(bundle, precision=AUTO, threads=threads))
    need_explaining()
    import torch

    from onoma.explanation.states import fingerprint
    from onoma.models import TorchBackend, load_model

    if threads is not None:
        torch.set_num_threads(threads)
    weights = load_model(bundle.folder).requires_grad_(False)
    index = read_index(bundle.folder, model=fingerprint(weights))
    return Explainer(bundle, TorchBackend(weights), model=weights, index=index)


def need_explaining() -> None:
    """Check that what explaining a model by its weights needs is installed.

    Raises:
        MissingExtraError: with the command that installs it.
    """
    if not all(find_spec(name) for name in ("captum", "jaxtyping", "safetensors", "torch", "transformers")):
        raise MissingExtraError("explaining", extra="explain")


def index_mentions(
    model: PathLike,
    data: PathLike | Sequence[PathLike],
    *,
    overwrite: bool = False,
    format: str | None = None,
    options: ReadOptions | None = None,
) -> Indexed:
    """Write an index of the entities of annotated text into a model's folder, for :func:`explain` to show as evidence.

    Args:
        model: a folder that `onoma train` has written.
        data: files in any format that onoma reads; best those that the model was trained on.
        overwrite: replace the index that is there.
        format: the files' format; found out by itself where not given.
        options: how the files are read.

    Raises:
        InputError: a file cannot be used or holds no entities, or there is an index already.
        BundleError: the model cannot be loaded, or has no weights.
        MissingExtraError: what runs the weights is not installed.
    """
    bundle = load_bundle(Path(model))
    if bundle.folder is None or bundle.weights(WEIGHTS) is None:
        raise BundleError(
            f"{bundle.folder}: holds no {WEIGHTS}, and an index is of the states of the weights; take the folder that "
            "`onoma train` has written"
        )
    need_explaining()
    from onoma.explanation import check_place, write_index
    from onoma.explanation.indexing import index_documents
    from onoma.explanation.states import fingerprint
    from onoma.models import load_model

    check_place(bundle.folder, overwrite=overwrite)
    documents = (
        document for path in _paths(data) or [] for document in _documents(path, format=format, options=options)
    )
    weights = load_model(bundle.folder)
    found = index_documents(documents, model=weights, framing=bundle.framing())
    write_index(found.vectors, found.mentions, bundle.folder, model=fingerprint(weights))
    return found


def measure_faithfulness(
    model: PathLike | Explainer,
    data: PathLike | Iterable[Document],
    *,
    entities: int | None = None,
    format: str | None = None,
    options: ReadOptions | None = None,
) -> Faithfulness:
    """Measure whether explanations name the words that the model goes by, against random ones.

    Args:
        model: as for :func:`explain`.
        data: a file in any format that onoma reads, or documents; their own entities are not looked at.
        entities: how many predicted entities are explained at most, the first ones; None for all.
        format: the file's format; found out by itself where not given.
        options: how the file is read.

    Raises:
        InputError: the file cannot be used, or the model finds no entities in it.
        BundleError: the model cannot be loaded.
        MissingExtraError: the model has weights and what runs them is not installed.
    """
    from onoma.explanation import Explainer
    from onoma.explanation.faithfulness import measure_faithfulness as measure

    explainer = model if isinstance(model, Explainer) else load_explainer(model)
    return measure(explainer, _documents(data, format=format, options=options), entities=entities)


def cut(
    encoder: str,
    *,
    output: PathLike,
    texts: Sequence[PathLike] = (),
    pieces: int = 40_000,
    layers: int | None = None,
    encoding: str = "utf-8",
) -> Pretrained:
    """Make an encoder smaller and write it to a folder, for :func:`train` to begin with.

    Args:
        encoder: an alias (`small`, `multilingual`), a folder, or a Hub id.
        output: the folder to write; it must not exist.
        texts: files in any format that onoma reads; the vocabulary is cut to the pieces that they need.
        pieces: how many pieces are kept at most, where there are texts.
        layers: how many layers are kept, spread evenly; None for all.
        encoding: of the files.

    Returns:
        What was written.

    Raises:
        InputError: the output exists, or a file cannot be used.
        EncoderError: there is no such encoder, or it cannot be cut.
    """
    need_training()
    from onoma.corpora import ReadOptions, read
    from onoma.models import load_pretrained, save_encoder
    from onoma.models.cutting import choose_pieces, count_pieces, cut_layers, cut_vocabulary

    output = Path(output)
    if output.exists():
        raise InputError(f"{output}: exists already; name another folder")
    found = load_pretrained(encoder)
    if texts:
        options = ReadOptions(encoding=encoding)
        lines = (
            line
            for path in texts
            for document in read(Path(path), options=options)
            for line in document.text.split("\n")
        )
        counts = count_pieces(found.tokenizer, lines)
        found = cut_vocabulary(found, choose_pieces(found.tokenizer, counts, limit=pieces))
    if layers is not None:
        found = cut_layers(found, layers)
    output.mkdir(parents=True)
    save_encoder(found, output)
    return found


def _name(of: object, otherwise: str) -> str:
    """What a file or folder is called, also one that is being read; of what is in memory nobody knows."""
    from onoma.corpora import Reading

    path = of.path if isinstance(of, Reading) else of
    return Path(path).name if isinstance(path, str | os.PathLike) else otherwise


def _documents(
    data: PathLike | Iterable[Document], *, format: str | None, options: ReadOptions | None
) -> Iterable[Document]:
    """The documents of a file, or those that are at hand already."""
    from onoma.corpora import ReadOptions, read

    if isinstance(data, str | os.PathLike):
        return read(Path(data), format=format, options=options or ReadOptions())
    return data


def _paths(paths: PathLike | Sequence[PathLike] | None) -> list[Path] | None:
    if paths is None:
        return None
    return [Path(paths)] if isinstance(paths, str | os.PathLike) else [Path(path) for path in paths]
