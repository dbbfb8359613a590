"""``onoma compare``: trains candidates on the same data and compares them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import EXIT_INTERRUPTED, AsJson, Settings, comma_separated, number, reads_training_data
from onoma.cli.output import print_comparison, print_message, print_notes


@reads_training_data
def run(
    *,
    config: Annotated[
        Path | None,
        typer.Argument(metavar="COMPARE.toml", help="File with settings of the comparison.", show_default=False),
    ] = None,
    texts: Annotated[
        list[Path] | None, typer.Option("--train", help="Annotated text to train on; may be repeated.")
    ] = None,
    dev: Annotated[
        list[Path] | None,
        typer.Option("--dev", help="Annotated text on which the best epoch and the best candidate are chosen."),
    ] = None,
    test: Annotated[
        list[Path] | None, typer.Option("--test", help="Annotated text on which the finished models are scored.")
    ] = None,
    encoders: Annotated[
        list[str] | None,
        typer.Option(
            "--encoder",
            help="Candidate: small, multilingual, a folder, a Hub id, or a baseline without an encoder: crf, bilstm, "
            "gazetteer; may be repeated.",
        ),
    ] = None,
    heads: Annotated[
        list[str] | None,
        typer.Option("--head", help="Head for each --encoder: linear, crf, span; may be repeated."),
    ] = None,
    sizes: Annotated[
        str | None,
        typer.Option(
            "--sizes", help="Numbers of training sentences to compare at, as in 100,300,all. Default: all of them."
        ),
    ] = None,
    seeds: Annotated[
        str | None, typer.Option("--seeds", help="How many seeds, or which, as in 1,2,5. Default: three.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", min=1, help="Runs at a time; by default as many as cores and memory allow."),
    ] = None,
    within: Annotated[
        str | None,
        typer.Option(
            "--within", help="Bounds of latency, memory or size for what is chosen, as in latency=20ms,size=50MB."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder to write the comparison and its models to.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Also write an HTML page with tables and pictures.")
    ] = None,
    sets: Settings = None,
    data_settings: dict[str, object],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Discard the comparison at the output.")] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue the comparison at the output, or add candidates, sizes or seeds."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train candidates on the same data with several seeds; compare F1, speed and size.

    Example: onoma compare --train train.conll --dev dev.conll --test test.conll --encoder small --encoder crf --output
    runs/compare

    Each combination of --encoder and --head is a candidate; a baseline has no head. Settings are read from
    COMPARE.toml, then from options, then from --set; later ones take precedence. COMPARE.toml may list several corpora
    in tables [[corpus]], and candidates that differ in other settings in tables [[candidate]]; settings in these tables
    take precedence over those of all. The best candidate is
    the one with the highest mean F1 on dev among those with the most finished runs; scores on test are only reported.

    Ctrl-C stops the comparison; --resume continues it without repeating finished runs.
    """
    from onoma.api.comparing import compare
    from onoma.api.extras import need_training

    need_training()
    from onoma.cli.comparison_progress import ComparisonProgress
    from onoma.training import read_setting

    values = comma_separated(seeds)
    with ComparisonProgress() as progress:
        try:
            comparison = compare(
                config,
                train=texts,
                dev=dev,
                test=test,
                encoders=encoders or (),
                heads=heads or (),
                output=output,
                within=within,
                report=page,
                settings={
                    **data_settings,
                    "sizes": [number(size) for size in comma_separated(sizes)] or None,
                    "seeds": number(values[0]) if len(values) == 1 else [number(seed) for seed in values] or None,
                    "jobs": jobs,
                    **dict(map(read_setting, sets or ())),
                },
                overwrite=overwrite,
                resume=resume,
                on_event=progress,
            )
        except KeyboardInterrupt:
            progress.stop()
            print_message("interrupted; finished runs are kept, and --resume continues")
            raise typer.Exit(EXIT_INTERRUPTED) from None
    print_comparison(comparison, as_json=as_json, printed_notes=progress.notes)
    if page is not None:
        print_notes([f"page written to {page}"])
    if not any(row.seeds for row in comparison.rows):
        raise typer.Exit(2)
