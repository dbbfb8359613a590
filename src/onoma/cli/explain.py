"""``onoma explain``: shows which words a prediction depends on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onoma.cli.options import WORDS, FormatOption, ModelArgument, Threads, reads
from onoma.cli.output import print_message, print_notes, print_result
from onoma.corpora import ReadOptions
from onoma.counting import counted
from onoma.errors import InputError

if TYPE_CHECKING:
    from onoma.explanation import Explained, SpanQuery


@reads(*WORDS)
def run(
    *,
    model: ModelArgument,
    text: Annotated[str | None, typer.Option("--text", help="A text to tag and explain.")] = None,
    spans: Annotated[
        list[str] | None,
        typer.Option(
            "--span",
            metavar="SPAN",
            help="Explain this span, not the predictions: START:END in characters, or its words; may be repeated.",
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", help="Explain this label instead of the predicted one; O for no entity.")
    ] = None,
    evidence: Annotated[
        int | None,
        typer.Option(
            "--evidence",
            min=0,
            metavar="K",
            help="Show the K most similar training entities; 3 if not given and the model has an index of them.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write an HTML page.")] = None,
    faithfulness: Annotated[
        Path | None,
        typer.Option(
            "--faithfulness", metavar="DATA", help="Measure on DATA whether explanations are better than random ones."
        ),
    ] = None,
    entities: Annotated[
        int | None, typer.Option("--entities", min=1, help="Maximum number of entities that --faithfulness explains.")
    ] = None,
    format: FormatOption = None,
    options: ReadOptions,
    threads: Threads = None,
) -> None:
    """Show which words a prediction depends on, the second-best label, and similar training entities.

    Example: onoma explain runs/mine --text "Angela Merkel visited Lyon." --span Lyon --label ORG

    Without --span, every predicted entity is explained. `onoma index` writes the index of training entities.
    """
    from onoma.api.explaining import explain, measure_faithfulness

    if (text is None) == (faithfulness is None):
        raise InputError('pass either --text "…" or --faithfulness DATA')
    if text is not None:
        if entities is not None:
            raise InputError("--entities belongs to --faithfulness")
        queries = [_parse_span(span) for span in spans or ()]
        explanation = explain(model, text, spans=queries, label=label, evidence=evidence, html=html, threads=threads)
        print_notes(explanation.notes)
        if as_json:
            print_result(explanation)
        elif html is None:
            _print_explanation(explanation)
        else:
            print_message(f"{html}: {counted(len(explanation.explanations), 'explanation')}")
        return
    assert faithfulness is not None
    if spans or label is not None or evidence is not None or html is not None:
        raise InputError("--span, --label, --evidence and --html belong to --text, not to --faithfulness")
    measurement = measure_faithfulness(
        model, faithfulness, entities=entities, format=format, options=options, threads=threads
    )
    if as_json:
        print_result(measurement)
        return
    from onoma.cli.console import PlainConsole
    from onoma.views import faithfulness_table

    PlainConsole().print(faithfulness_table(measurement, title=f"{model.name} on {faithfulness.name}"))


def _parse_span(text: str) -> SpanQuery:
    start, colon, end = text.partition(":")
    return (int(start), int(end)) if colon and start.isdecimal() and end.isdecimal() else text


def _print_explanation(explanation: Explained) -> None:
    from onoma.cli.console import PlainConsole
    from onoma.views import explanation_parts

    console = PlainConsole(soft_wrap=True)
    for part in explanation_parts(explanation):
        console.print(part)
