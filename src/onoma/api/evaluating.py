"""Scoring a model on annotated text, or one annotated file against another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike, context_notes, documents_in, name_of, notes_on
from onoma.api.loading import load
from onoma.api.pages import check_page
from onoma.bundle import AUTO
from onoma.tagger import Tagger
from onoma.text import Document

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
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
    """Tag annotated text with a model and score the predicted entities, and the layers that both have.

    Args:
        model: `en`, a folder that `onoma train` has written, or a loaded tagger.
        data: a file in any format that onoma reads, or documents.
        against: another model, for paired tests on the same data.
        seeds: models trained in the same way with other seeds, for mean and standard deviation.
        train: the training text, to score entities that it contains and new ones separately.
        raw: tag the text alone, without the words and sentence bounds that the data gives.
        report: an HTML page to write, with all figures and every sentence with an error.
        format: the format of all files; detected automatically if None.
        options: how files are read.
        dtype: as for :func:`load`; for models that are given as folders.
        threads: processor threads for these; None for as many as this process may use.
        structure: as for :func:`load`, likewise.

    Returns:
        All figures.

    Raises:
        InputError: a file cannot be used.
        BundleError: a model cannot be loaded.
        MissingExtraError: ``report`` is given and matplotlib is not installed.
    """
    from onoma.evaluation import figures_of_layers, full_report, tag_gold
    from onoma.metrics import align

    check_page(report)
    gold = documents_in(data, format=format, options=options)
    documents = [replace(document, words=None, sentences=None) if raw else document for document in gold]

    def loaded(model: PathLike | Tagger) -> Tagger:
        return model if isinstance(model, Tagger) else load(model, dtype=dtype, threads=threads, structure=structure)

    def tagged(model: PathLike | Tagger) -> list[Aligned]:
        return list(tag_gold(loaded(model), documents))

    tagger = loaded(model)
    predicted = list(tagger.tag_many(replace(document, entities=()) for document in documents))
    pairs = list(align(documents, predicted))
    found = full_report(
        pairs,
        against=None if against is None else (name_of(against, "the other"), tagged(against)),
        seeds=[tagged(each) for each in seeds],
        train=None if train is None else documents_in(train, format=format, options=options),
    )
    found = replace(found, layers=figures_of_layers(tagger.bundle, documents, predicted))
    title = f"{name_of(model, 'model')} on {name_of(data, 'documents')}"
    notes = [*notes_on(gold), *context_notes(tagger.bundle, documents), *_notes_on_layers(found)]
    return _finished(found, pairs, notes=notes, page=report, title=title)


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

    The files may have different formats. Entities are compared by character offsets if the texts are equal, else by
    words.

    Args:
        gold: a file in any format that onoma reads, or documents. Predicted entities of a label that a gold document
            lists in ``unannotated`` are not scored.
        predicted: the same text with predicted entities.
        against: predictions of another system, for paired tests.
        seeds: predictions of runs with other seeds, for mean and standard deviation.
        train: the training text, to score entities that it contains and new ones separately.
        report: an HTML page to write, with all figures and every sentence with an error.
        format: the format of all files; detected automatically if None.
        options: how files are read.

    Returns:
        All figures.

    Raises:
        InputError: a file cannot be used, or the texts differ; the message says where.
        MissingExtraError: ``report`` is given and matplotlib is not installed.

    >>> text = Document("Ada met Babbage.")
    >>> gold = text.with_entities([text.entity(0, 3, "PER"), text.entity(8, 15, "PER")])
    >>> score([gold], [text.with_entities([text.entity(0, 3, "PER")])]).exact.recall
    0.5
    """
    from onoma.corpora import ReadOptions
    from onoma.evaluation import full_report
    from onoma.metrics import align

    check_page(report)
    expected = documents_in(gold, format=format, options=options)
    lenient = replace(options or ReadOptions(), may_be_empty=True)
    systems = [
        documents_in(system, format=format, options=lenient)
        for system in (predicted, *seeds, *(() if against is None else (against,)))
    ]
    documents = list(expected)
    pairs, *others = (list(align(documents, system)) for system in systems)
    found = full_report(
        pairs,
        against=None if against is None else (name_of(against, "the other"), others.pop()),
        seeds=others,
        train=None if train is None else documents_in(train, format=format, options=options),
    )
    found = replace(found, strict_reading=_strict_reading((gold, expected), (predicted, systems[0]), format, options))
    title = f"{name_of(predicted, 'predicted')} against {name_of(gold, 'gold')}"
    return _finished(found, pairs, notes=notes_on(expected, *systems), page=report, title=title)


ScoreInput = tuple[PathLike | Iterable[Document], Iterable[Document]]
"""What a caller passed, and the documents in it."""


def _strict_reading(
    gold: ScoreInput, predicted: ScoreInput, format: str | None, options: ReadOptions | None
) -> Counts | None:
    """Exact counts without the entities that exist only because a tag was repaired; None if no tag was repaired."""
    from onoma.corpora import Reading, ReadOptions
    from onoma.metrics import score

    if not any(isinstance(read, Reading) and read.report.repairs.count for _, read in (gold, predicted)):
        return None
    strict = replace(options or ReadOptions(), sound_only=True, may_be_empty=True)
    return score(*(documents_in(data, format=format, options=strict) for data, _ in (gold, predicted))).exact


def _notes_on_layers(report: Report) -> Iterator[str]:
    """The figures of further tasks, a sentence each."""
    for task, figures in report.layers.items():
        yield f"layer {task}: " + ", ".join(f"{name} {100 * value:.2f} %" for name, value in figures.items())


def _finished(
    report: Report, pairs: Sequence[Aligned], *, notes: Sequence[str], page: PathLike | None, title: str
) -> Report:
    """The report with notes on how files were read; also written as a page if one is wanted."""
    report = replace(report, notes=(*notes, *report.notes))
    if page is not None:
        from onoma.views.evaluation_page import write_evaluation_page

        write_evaluation_page(Path(page), report, pairs, title=title)
    return report
