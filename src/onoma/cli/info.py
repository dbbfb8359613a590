"""``onoma info``: shows what a model or encoder folder contains, and queries a pre-trained encoder."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from onoma.bundle import PRETRAINING
from onoma.cli.output import print_json, print_line


def run(
    model: Annotated[
        Path,
        typer.Argument(help="en, or a folder that `onoma train` or `onoma pretrain` has written.", show_default=False),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: the manifest, or the predictions.")] = False,
    fill: Annotated[
        str | None, typer.Option("--fill", metavar="TEXT", help="Of an encoder: fill in each [MASK] of this text.")
    ] = None,
    pair: Annotated[
        tuple[str, str] | None,
        typer.Option("--pair", metavar="TEXT TEXT", help="Of an encoder: whether the second text follows the first."),
    ] = None,
) -> None:
    """Show the labels, training data and scores of a model, or the properties and predictions of a pre-trained encoder.

    Example: onoma info runs/mine

    Example: onoma info encoders/tweets --fill "I am so [MASK] today"
    """
    if fill is not None or pair is not None:
        _show_predictions(str(model), fill, pair, as_json=as_json)
        return
    encoder = Path(model, PRETRAINING)
    if encoder.is_file():
        _show_encoder(encoder, as_json=as_json)
    else:
        _show_model(model, as_json=as_json)


def _show_predictions(encoder: str, text: str | None, pair: tuple[str, str] | None, *, as_json: bool) -> None:
    from onoma.api.pretraining import fill_mask, next_sentence_probability

    masks = [] if text is None else fill_mask(encoder, text)
    probability = None if pair is None else next_sentence_probability(encoder, *pair)
    if as_json:
        found = {"masks": [[asdict(each) for each in subwords] for subwords in masks], "follows": probability}
        print_json(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for number, subwords in enumerate(masks, start=1):
        candidates = ", ".join(f"{each.subword} {each.probability:.1%}" for each in subwords)
        print_line(f"mask {number}  {candidates}")
    if probability is not None:
        print_line(f"follows  {probability:.1%}")


def _show_encoder(path: Path, *, as_json: bool) -> None:
    from onoma.views import encoder_summary

    if as_json:
        print_json(path.read_text(encoding="utf-8").rstrip())
        return
    _print_table(list(encoder_summary(path.parent)))


def _show_model(model: Path, *, as_json: bool) -> None:
    from onoma.api.dtypes import choose_dtype
    from onoma.bundle import load_bundle
    from onoma.metrics import percent
    from onoma.views import model_summary

    bundle = load_bundle(model)
    manifest = bundle.manifest
    if as_json:
        print_json(manifest.to_json())
        return
    provenance = manifest.provenance
    lines = list(model_summary(bundle))
    lines += [
        (
            f"F1 on {part}",
            f"{percent(scores['f1'])} (precision {percent(scores['precision'])}, recall {percent(scores['recall'])})",
        )
        for part, scores in provenance.figures.items()
        if "f1" in scores  # only further tasks may have been measured
    ]
    if bundle.dtypes:
        choice = choose_dtype(bundle)
        lines.append(("auto", f"{choice.dtype}: {choice.reason}"))
    lines.append(("made with", ", ".join(f"{name} {version}" for name, version in provenance.versions.items())))
    _print_table(lines)


def _print_table(lines: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print_line(f"{name:<{width}}  {value}")
