"""``onoma info``: what a bundle holds."""

from __future__ import annotations

from typing import Annotated

import typer

from onoma.cli.options import Model


def run(
    model: Model,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole manifest as JSON.")] = False,
) -> None:
    """Show what a model finds, what it was trained on and how it scored.

    Example: onoma info runs/mine
    """
    from onoma.bundle import load_bundle

    bundle = load_bundle(model)
    manifest = bundle.manifest
    if as_json:
        typer.echo(manifest.to_json())
        return
    origin = manifest.provenance
    lines = [
        ("labels", ", ".join(manifest.entities.labels)),
        ("tags", f"{manifest.entities.scheme}, head {manifest.entities.head}"),
        ("encoder", f"{manifest.encoder.name} ({manifest.encoder.family})"),
        ("window", f"{manifest.window.size} subwords, {manifest.window.overlap} shared by neighbours"),
    ]
    lines += [
        (part, f"{data.name}: {data.documents:,} documents, {data.entities:,} entities")
        for part, data in origin.data.items()
    ]
    lines += [
        (
            f"F1 on {part}",
            f"{100 * of['f1']:.2f} (dtype {100 * of['precision']:.2f}, recall {100 * of['recall']:.2f})",
        )
        for part, of in origin.figures.items()
    ]
    if manifest.entities.calibration is not None:
        of = manifest.entities.calibration
        errors = f"calibration error {of.error_before:.3f} before, {of.error_after:.3f} after"
        line = f"temperature {of.temperature:.2f}, slope {of.slope:.2f}, intercept {of.intercept:+.2f}"
        lines.append(("scores", f"{line}, fitted on {of.data or 'documents'}: {errors}"))
        if of.thresholds:
            told = ", ".join(f"{label} {score:.3f}" for label, score in of.thresholds.items())
            lines.append(("thresholds", f"{told}; what scores less is left out"))
    lines += [("left out", f"{count:,} entities: {reason}") for reason, count in origin.dropped.items()]
    lines += [(name, f"{size / 1e6:,.1f} MB") for name, size in manifest.files.items()]
    lines.append(("dtypes", ", ".join(bundle.dtypes) or "none"))
    if len(bundle.dtypes) > 1:
        lines.append(("preferred", manifest.dtype or bundle.dtypes[0]))
    lines.append(("made with", ", ".join(f"{name} {version}" for name, version in origin.versions.items())))
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        typer.echo(f"{name:<{width}}  {value}")
