"""The model card: what a person should know of a bundle, in Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from onoma.bundle import HISTORY, load_bundle
from onoma.metrics import CONVENTIONS, Interval, percent, percent_range
from onoma.views.curve import CURVE, write_curve
from onoma.views.summary import model_summary

_SPECIAL = re.compile(r"[\\`*_\[\]<>|#$~]")


def write_card(folder: Path, *, name: str) -> None:
    """Write ``README.md`` with what the model finds, what it was trained on, how training went and how it scored."""
    bundle = load_bundle(folder)
    figures = bundle.manifest.provenance.figures
    lines = [
        "---",
        "library_name: onoma",
        "pipeline_tag: token-classification",
        "---",
        "",
        f"# {_literal(name)}",
        "",
        f"A named-entity recognition model that finds {_listed(bundle.labels)}.",
        f"It was fine-tuned with onoma from the encoder {_literal(bundle.manifest.encoder.name)}.",
        "",
        "```python",
        "import onoma",
        "",
        f"tagger = onoma.load({json.dumps(name, ensure_ascii=False)})",
        'document = tagger.tag("...")',
        "```",
        "",
    ]
    lines += ["## Model", "", "| | |", "|---|---|"]
    lines += [f"| {_literal(key)} | {_literal(value)} |" for key, value in model_summary(bundle)]
    lines.append("")
    if figures:
        lines += [
            "## Figures",
            "",
            f"{CONVENTIONS['exact'].name}, in %.",
            "",
            "| part | precision | recall | F1 |",
            "|---|--:|--:|--:|",
        ]
        lines += [
            f"| {_literal(part)} | {percent(of['precision'])} | {percent(of['recall'])} | {_f1(of)} |"
            for part, of in figures.items()
        ]
        lines.append("")
        if any("f1_low" in of for of in figures.values()):
            lines += ["In brackets: the 95 % interval of F1 on other texts of the same kind.", ""]
    if write_curve(folder):
        lines += [
            "## Training",
            "",
            f"![Loss and dev F1 by epoch]({CURVE})",
            "",
            f"Every figure is in [{HISTORY}]({HISTORY}).",
            "",
        ]
    lines += [
        "## Limits",
        "",
        "It works on the kinds of text and names that it was trained on.",
        "Measure it on your own text before you rely on it.",
        "",
    ]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _f1(figures: Mapping[str, float]) -> str:
    """F1, and its interval where that was measured."""
    if "f1_low" not in figures:
        return percent(figures["f1"])
    return f"{percent(figures['f1'])} ({percent_range(Interval(figures['f1_low'], figures['f1_high']))})"


def _listed(labels: tuple[str, ...]) -> str:
    *others, last = map(_literal, labels)
    return f"{', '.join(others)} and {last}" if others else last


def _literal(text: str) -> str:
    """Text on one line, without what Markdown reads as markup."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))
