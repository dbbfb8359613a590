"""Evaluation of a model on annotated text, or of one annotated file against another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike, context_notes, documents_in, name_of, notes_on
from onoma.api.loading import load
from onoma.api.pages import check_page
from onoma.bundle import AUTO
from onoma.errors import InputError
from onoma.tagger import Tagger
from onoma.text import Document

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.corpora import ReadOptions
    from onoma.metrics import Aligned, Counts, Report


def evaluate(
    model: PathLike | Tagger,
    data: PathLike | Iterable[Document],
    *,
    against: PathLike | Tagger | None = None,
    seeds: Sequence[PathLike | Tagger] = (),
    train: PathLike | Iterable[Document] | None = None,
    raw: bool = False,
    report: PathLike | None = None,
    format: str | None = None,
    options: ReadOptions | None = None,
    dtype: str = AUTO,
    threads: int | None = None,
    structure: bool = True,
) -> Report:
    """Tag annotated text with a model and score the predicted entities against the gold entities.

    The labels of the model's further tasks are scored too, where the documents have a gold layer of the same name.

    Args:
        model: `en`, a folder that `onoma train` has written, or a loaded tagger.
        data: annotated text: a file in any format that onoma reads, or documents.
        against: another model, which is compared with ``model`` by paired tests on the same data.
        seeds: models trained in the same way with other seeds, for the mean and standard deviation of the scores.
        train: the training text, to score entities seen in training and unseen entities separately.
        raw: whether to tag the plain text, without the words and sentence bounds of the data.
        report: path of an HTML report to write, with all metrics and every sentence with an error.
        format: format of all files; detected automatically if None.
        options: options for reading the files.
        dtype: as for :func:`load`; without effect on loaded taggers.
        threads: as for :func:`load`; without effect on loaded taggers.
        structure: as for :func:`load`; without effect on loaded taggers.

    Returns:
        The report with all metrics.

    Raises:
        InputError: a file cannot be used.
        BundleError: a model cannot be loaded.
        MissingExtraError: ``report`` is given and matplotlib is not installed.
    """
    from onoma.evaluation import full_report, layer_metrics, tag_gold
    from onoma.metrics import align

    check_page(report)
    gold = documents_in(data, format=format, options=options)
    documents = [replace(document, words=None, sentences=None) if raw else document for document in gold]

    def get_tagger(model: PathLike | Tagger) -> Tagger:
        return model if isinstance(model, Tagger) else load(model, dtype=dtype, threads=threads, structure=structure)

    def tag_and_align(model: PathLike | Tagger) -> list[Aligned]:
        return list(tag_gold(get_tagger(model), documents))

    tagger = get_tagger(model)
    predicted = list(tagger.tag_many(replace(document, entities=()) for document in documents))
    pairs = list(align(documents, predicted))
    result = full_report(
        pairs,
        against=None if against is None else (_name_beside(model, against), tag_and_align(against)),
        seeds=[tag_and_align(each) for each in seeds],
        train=None if train is None else documents_in(train, format=format, options=options),
    )
    result = replace(result, layers=layer_metrics(tagger.bundle, documents, predicted))
    title = f"{name_of(model, 'model')} on {name_of(data, 'documents')}"
    notes = [
        *notes_on(gold),
        *context_notes(tagger.bundle, documents),
        *_notes_on_unannotated(documents, labels={*tagger.labels, *_labels_of(documents)}),
        *_format_layer_notes(result),
    ]
    return _finish_report(result, pairs, notes=notes, page=report, title=title)


def score(
    gold: PathLike | Iterable[Document],
    predicted: PathLike | Iterable[Document],
    *,
    against: PathLike | Iterable[Document] | None = None,
    seeds: Sequence[PathLike | Iterable[Document]] = (),
    train: PathLike | Iterable[Document] | None = None,
    report: PathLike | None = None,
    format: str | None = None,
    options: ReadOptions | None = None,
) -> Report:
    """Score predicted entities against gold entities.

    The files may have different formats. Entities are compared by character offsets if the texts are equal, otherwise
    by word positions.

    Args:
        gold: text with gold entities: a file in any format that onoma reads, or documents. If a gold document lists a
            label in ``unannotated``, entities with this label are not scored, neither gold nor predicted ones.
        predicted: the same text with predicted entities.
        against: predictions of another system, which is compared with the first by paired tests.
        seeds: predictions of models trained with other seeds, for the mean and standard deviation of the scores.
        train: the training text, to score entities seen in training and unseen entities separately.
        report: path of an HTML report to write, with all metrics and every sentence with an error.
        format: format of all files; detected automatically if None.
        options: options for reading the files.

    Returns:
        The report with all metrics.

    Raises:
        InputError: a file cannot be used, or the texts differ. The message names the place.
        MissingExtraError: ``report`` is given and matplotlib is not installed.

    >>> text = Document("Ada met Babbage.")
    >>> gold = text.with_entities([text.entity(0, 3, "PER"), text.entity(8, 15, "PER")])
    >>> score([gold], [text.with_entities([text.entity(0, 3, "PER")])]).exact.recall
    0.5
    """
    from onoma.corpora import ReadOptions
    from onoma.evaluation import full_report

    check_page(report)
    gold_documents = documents_in(gold, format=format, options=options)
    lenient_options = replace(options or ReadOptions(), may_be_empty=True)
    sources = (predicted, *seeds, *(() if against is None else (against,)))
    systems = [documents_in(source, format=format, options=lenient_options) for source in sources]
    documents, *predictions = (list(each) for each in (gold_documents, *systems))
    labels = _labels_of(documents, *predictions)
    pairs, *others = (
        _align(documents, prediction, name=name_of(source, ""))
        for source, prediction in zip(sources, predictions, strict=True)
    )
    result = full_report(
        pairs,
        against=None if against is None else (_name_beside(predicted, against), others.pop()),
        seeds=others,
        train=None if train is None else documents_in(train, format=format, options=options),
    )
    result = replace(
        result, strict_reading=_score_strictly((gold, gold_documents), (predicted, systems[0]), format, options)
    )
    title = f"{name_of(predicted, 'predicted')} against {name_of(gold, 'gold')}"
    notes = [*notes_on(gold_documents, *systems), *_notes_on_unannotated(documents, labels=labels)]
    return _finish_report(result, pairs, notes=notes, page=report, title=title)


def _name_beside(first: object, other: object) -> str:
    """Return the name of the other of two inputs, or its whole path if both have the same name."""
    name = name_of(other, "the other")
    return str(other) if name == name_of(first, "") else name


def _align(gold: Sequence[Document], predicted: Sequence[Document], *, name: str) -> list[Aligned]:
    """Align the documents of a system with gold; an error tells the name of its file, if it has one."""
    from onoma.metrics import align

    try:
        return list(align(gold, predicted))
    except InputError as error:
        raise InputError(f"{name}: {error}" if name else str(error)) from error


ScoreInput = tuple[PathLike | Iterable[Document], Iterable[Document]]
"""An argument of :func:`score`, and the documents read from it."""


def _score_strictly(
    gold: ScoreInput, predicted: ScoreInput, format: str | None, options: ReadOptions | None
) -> Counts | None:
    """Count exact matches without entities that exist only because a tag was repaired; None if none was repaired."""
    from onoma.corpora import CorpusReader, ReadOptions
    from onoma.metrics import score

    if not any(
        isinstance(documents, CorpusReader) and documents.report.repairs.count for _, documents in (gold, predicted)
    ):
        return None
    strict_options = replace(options or ReadOptions(), sound_only=True, may_be_empty=True)
    return score(*(documents_in(data, format=format, options=strict_options) for data, _ in (gold, predicted))).exact


def _labels_of(*annotations: Iterable[Document]) -> set[str]:
    return {entity.label for documents in annotations for document in documents for entity in document.entities}


def _notes_on_unannotated(documents: Iterable[Document], *, labels: Collection[str]) -> Iterator[str]:
    """Yield a note for each label that is left unannotated, but is not a label that could be scored."""
    for label in sorted(frozenset[str]().union(*(document.unannotated for document in documents)).difference(labels)):
        known = ", ".join(sorted(labels)) or "none"
        yield f"--unannotated {label} has no effect: no entity has this label; the labels are {known}"


def _format_layer_notes(report: Report) -> Iterator[str]:
    """Yield a note with the metrics of each further task."""
    for task, figures in report.layers.items():
        yield f"layer {task}: " + ", ".join(f"{name} {100 * value:.2f} %" for name, value in figures.items())


def _finish_report(
    report: Report, pairs: Sequence[Aligned], *, notes: Sequence[str], page: PathLike | None, title: str
) -> Report:
    """Return the report with notes on how the files were read, and write its HTML page if a path is given."""
    report = replace(report, notes=(*notes, *report.notes))
    if page is not None:
        from onoma.views.evaluation_page import write_evaluation_page

        write_evaluation_page(Path(page), report, pairs, title=title)
    return report
