"""``onoma info``: shows what a model folder contains."""

from __future__ import annotations

from typing import Annotated

import typer

from onoma.cli.options import ModelArgument
from onoma.cli.output import print_json, print_line


def run(
    model: ModelArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Show what a model finds, what it was trained on and how it scored.

    Example: onoma info runs/mine
    """
    from onoma.api.dtypes import choose_dtype
    from onoma.bundle import load_bundle
    from onoma.metrics import percent
    from onoma.views import model_summary

    bundle = load_bundle(model)
    manifest = bundle.manifest
    if as_json:
        print_json(manifest.to_json())
        return
    origin = manifest.provenance
    lines = list(model_summary(bundle))
    lines += [
        (
            f"F1 on {part}",
            f"{percent(of['f1'])} (precision {percent(of['precision'])}, recall {percent(of['recall'])})",
        )
        for part, of in origin.figures.items()
    ]
    if bundle.dtypes:
        choice = choose_dtype(bundle)
        lines.append(("auto", f"{choice.dtype}: {choice.reason}"))
    lines.append(("made with", ", ".join(f"{name} {version}" for name, version in origin.versions.items())))
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print_line(f"{name:<{width}}  {value}")
