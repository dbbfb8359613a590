"""The model card: a bundle's manifest told to a person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.bundle import HISTORY
from onoma.views.curve import CURVE, write_curve

if TYPE_CHECKING:
    from onoma.bundle import Manifest


def write_card(manifest: Manifest, folder: Path, *, name: str) -> None:
    """Write ``README.md`` with what the model finds, what it was trained on, how it learnt and how it scored."""
    origin = manifest.provenance
    lines = [
        "---",
        "library_name: onoma",
        "pipeline_tag: token-classification",
        "---",
        "",
        f"# {name}",
        "",
        f"A named-entity recogniser that finds {_listed(manifest.entities.labels)}.",
        f"It began as the encoder `{manifest.encoder.name}` and was fine-tuned with onoma.",
        "",
        "```python",
        "import onoma",
        "",
        f'tagger = onoma.load("{name}")',
        'document = tagger.tag("...")',
        "```",
        "",
    ]
    if origin.data:
        lines += ["## Data", "", "| part | file | documents | entities |", "|---|---|--:|--:|"]
        lines += [
            f"| {part} | {data.name} | {data.documents:,} | {data.entities:,} |" for part, data in origin.data.items()
        ]
        lines += [f"\n{count:,} annotations were left out of training: {why}." for why, count in origin.dropped.items()]
        lines.append("")
    if origin.figures:
        lines += [
            "## Figures",
            "",
            "Exact spans, in points of 100.",
            "",
            "| part | precision | recall | F1 |",
            "|---|--:|--:|--:|",
        ]
        lines += [
            f"| {part} | {100 * of['precision']:.2f} | {100 * of['recall']:.2f} | {100 * of['f1']:.2f}{_interval(of)} |"
            for part, of in origin.figures.items()
        ]
        lines.append("")
        if any(_interval(of) for of in origin.figures.values()):
            lines += ["Between which figures F1 would lie on other texts of the kind stands in brackets (95 %).", ""]
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
        "It knows the kinds of text and of names that it was trained on.",
        "Measure it on your own text before you rely on it.",
        "",
    ]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _interval(figures: Mapping[str, float]) -> str:
    """The bounds of F1, where they were measured."""
    if "f1_low" not in figures:
        return ""
    return f" ({100 * figures['f1_low']:.2f} – {100 * figures['f1_high']:.2f})"


def _listed(labels: tuple[str, ...]) -> str:
    quoted = [f"`{label}`" for label in labels]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]
