"""``onoma tune``: searches for better settings of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from onoma.cli.options import EXIT_INTERRUPTED, AsJson, Settings, reads_training_data
from onoma.cli.output import print_line, print_message, print_notes, print_result

PrunerOption = Annotated[
    Literal["median", "hyperband", "none"],
    typer.Option("--pruner", help="Which trials end early: those below the median of the others, by Hyperband, none."),
]


@reads_training_data
def run(
    *,
    config: Annotated[
        Path | None,
        typer.Argument(metavar="RUN.toml", help="File with settings of a run, and [space].", show_default=False),
    ] = None,
    texts: Annotated[
        list[Path] | None, typer.Option("--train", help="Annotated text to train on; may be repeated.")
    ] = None,
    dev: Annotated[
        list[Path] | None, typer.Option("--dev", help="Annotated text on which trials are compared.")
    ] = None,
    encoders: Annotated[
        list[str] | None,
        typer.Option("--encoder", help="small, multilingual, a folder, or a Hub id; repeated, it is searched too."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write the result to.")] = None,
    trials: Annotated[
        int | None,
        typer.Option("--trials", help="Trials of the whole study; 20 if neither --trials nor --minutes is given."),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", help="Time for this call, the runs with new seeds included.")
    ] = None,
    seeds: Annotated[
        int,
        typer.Option("--seeds", help="New seeds with which the best trial and the defaults are trained; 0 for none."),
    ] = 3,
    finalists: Annotated[
        int,
        typer.Option(
            "--finalists",
            help="Best trials that are trained with two more seeds to choose among them; 1 for no choice.",
        ),
    ] = 3,
    pruner: PrunerOption = "median",
    storage: Annotated[
        str | None,
        typer.Option(
            "--storage",
            metavar="URL",
            help="Where the study is: a database such as postgresql+psycopg://user@host/name, or journal:PATH. "
            "SQLite in the output if not given.",
        ),
    ] = None,
    study: Annotated[str, typer.Option("--study", metavar="NAME", help="Name of the study in its storage.")] = "onoma",
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Trials at a time, which share the processor's cores.")] = 1,
    sets: Settings = None,
    data_settings: dict[str, object],
    page: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Also write an HTML page with plots and a table of the trials."),
    ] = None,
    as_json: AsJson = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Discard the study at the output.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the study at the output, or help a call that works on it.")
    ] = False,
) -> None:
    """Search for settings that give a higher F1 on dev.

    Example: onoma tune --train train.conll --dev dev.conll --encoder small --trials 20 --output runs/search

    The search covers learning rate, batch size, epochs, layer decay, dropout, head and more. Their ranges depend on the
    size of the training text, or are set in [space] of RUN.toml. The first trial uses the settings of the run as given.
    The best trial, chosen among three with further seeds, and the run as given are then trained with new seeds, and the
    result says whether the difference could be due to chance. Test text is never opened.

    The output contains best.toml, to be used with onoma train best.toml. Ctrl-C stops a search; --resume continues it
    and repeats no finished trial. Further calls with the same --storage, or with --resume on the same output, share the
    work.
    """
    from onoma.api.extras import need_training, need_tuning
    from onoma.api.tuning import tune

    need_training()
    need_tuning(plots=page is not None)
    from onoma.cli.search_progress import SearchProgress
    from onoma.training import read_setting

    try:
        result = tune(
            config,
            train=texts,
            dev=dev,
            encoders=encoders or (),
            output=output,
            settings={**data_settings, **dict(map(read_setting, sets or ()))},
            trials=trials,
            minutes=minutes,
            seeds=seeds,
            finalists=finalists,
            pruner=pruner,
            storage=storage,
            study=study,
            jobs=jobs,
            report=page,
            overwrite=overwrite,
            resume=resume,
            on_event=SearchProgress(),
        )
    except KeyboardInterrupt:
        print_message("interrupted; --resume continues the search and repeats no finished trial")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if as_json:
        print_result(result)
    else:
        for text in result.statements():
            print_line(text)
    if page is not None:
        print_notes([f"page written to {page}"])
