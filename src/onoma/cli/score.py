"""``onoma score``: judges predicted entities against gold ones, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onoma.cli.options import (
    AsJson,
    Encoding,
    Format,
    Labels,
    PositionDigit,
    SchemeName,
    Strict,
    TagColumn,
    Unannotated,
    WordColumn,
    read_options,
)
from onoma.cli.report import (
    Against,
    Also,
    Page,
    ShowErrors,
    Training,
    check_page,
    judge_all,
    print_judged,
    tell_reading,
    write_page,
)

if TYPE_CHECKING:
    from onoma.corpora import Reading
    from onoma.metrics import Counts


def run(
    *,
    gold: Annotated[Path, typer.Argument(help="File with the gold entities.", show_default=False)],
    predicted: Annotated[Path, typer.Argument(help="File with the predicted entities.", show_default=False)],
    against: Against = None,
    also: Also = None,
    errors: ShowErrors = False,
    training: Training = None,
    page: Page = None,
    format: Format = None,
    scheme: SchemeName = None,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    position_digit: PositionDigit = False,
    encoding: Encoding = "utf-8",
    strict: Strict = False,
    labels: Labels = None,
    unannotated: Unannotated = None,
    as_json: AsJson = False,
) -> None:
    """Score a file of predictions against a file of gold entities.

    Example: onoma score test.gold.conll test.predicted.conll

    The two may be of different formats; they are compared by character offsets where their texts agree, else word by
    word. --against and --also name further files of predictions.
    """
    from onoma.corpora import read
    from onoma.metrics import align

    check_page(page)
    options = read_options(
        scheme=scheme,
        word_column=word_column,
        tag_column=tag_column,
        position_digit=position_digit,
        encoding=encoding,
        strict=strict,
        labels=labels,
        unannotated=unannotated,
    )
    systems = dict.fromkeys(path for path in (predicted, against, *(also or ())) if path is not None)
    readings = {path: read(path, format=format, options=options) for path in (gold, *systems)}
    aligned = {path: list(align(readings[gold], readings[path])) for path in systems}
    strictly = replace(options, sound_only=True)
    judged = judge_all(
        aligned[predicted],
        against=None if against is None else aligned[against],
        also=[aligned[path] for path in also or ()],
        training=None if training is None else read(training, options=options),
        strict_reading=_strict_reading(
            [(readings[path], read(path, format=format, options=strictly)) for path in (gold, predicted)]
        ),
    )
    for reading in readings.values():
        tell_reading(reading)
    title = f"{predicted.name} against {gold.name}"
    other = against.name if against else ""
    write_page(page, judged, pairs=aligned[predicted], title=title, other=other)
    print_judged(judged, as_json=as_json, title=title, other=other, errors=errors)


def _strict_reading(files: Sequence[tuple[Reading, Reading]]) -> Counts | None:
    """Exact counts where entities that stand only by repair are left out of gold and predicted; None if nothing broke.

    Args:
        files: gold and predicted, each as it was read and as it is to be read strictly.
    """
    from onoma.metrics import score

    if not any(reading.report.repairs.count for reading, _ in files):
        return None
    gold, predicted = (strictly for _, strictly in files)
    return score(gold, predicted).exact
