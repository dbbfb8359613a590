"""Learning curve of a run as an SVG picture, drawn without a library: loss and other metrics by epoch."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from onoma.bundle import HISTORY

CURVE = "learning-curve.svg"

EpochPoint = tuple[float, float]

_WIDTH, _HEIGHT = 320, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 30, 34
_TICK_STEPS = (1, 2, 5, 10)
_METRICS = {
    "f1": ("dev F1", 100.0),
    "perplexity": ("held-out perplexity", 1.0),
    "masked_accuracy": ("accuracy of masked subwords", 100.0),
    "pair_accuracy": ("accuracy of pairs", 100.0),
    "relation_loss": ("held-out loss of relations", 1.0),
    "explained_variance": ("explained variance", 100.0),
}
"""Title and scale of each metric that is drawn if it was measured, by its name in the history."""


def write_curve(folder: Path) -> bool:
    """Draw the epochs of a bundle's ``history.jsonl``, if at least two of them have a finite loss.

    Returns:
        Whether ``learning-curve.svg`` was written.
    """
    path = folder / HISTORY
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    epochs = [line for line in map(json.loads, lines) if line["kind"] == "epoch" and math.isfinite(line["loss"])]
    if len(epochs) < 2:
        return False
    loss = [(line["epoch"], line["loss"]) for line in epochs]
    metrics = {
        title: [(line["epoch"], scale * line["dev"][name]) for line in epochs if name in line.get("dev", ())]
        for name, (title, scale) in _METRICS.items()
    }
    best = max((line["epoch"] for line in epochs if line["best"]), default=None)
    (folder / CURVE).write_text(draw_curve(loss, metrics, best=best), encoding="utf-8")
    return True


def curve_section(folder: Path, *, caption: str) -> list[str]:
    """Draw the curve and return the lines of a card that show it; none if there is nothing to draw."""
    if not write_curve(folder):
        return []
    return ["## Training", "", f"![{caption}]({CURVE})", "", f"Every figure is in [{HISTORY}]({HISTORY}).", ""]


def draw_curve(
    loss: Sequence[EpochPoint], measured: Mapping[str, Sequence[EpochPoint]], *, best: int | None = None
) -> str:
    """Return an SVG picture with a panel for the loss and one for each metric, side by side.

    Args:
        loss: epochs with their loss.
        measured: for each metric's title, epochs with their value.
        best: epoch whose weights were kept, which is marked.
    """
    panels = [_draw_panel("loss (smoothed)", loss, colour="#0072b2", marked_epoch=None)]
    panels += [
        _draw_panel(title, points, colour="#d55e00", marked_epoch=best) for title, points in measured.items() if points
    ]
    width = _WIDTH * len(panels)
    placed_panels = [f'<g transform="translate({_WIDTH * index} 0)">{panel}</g>' for index, panel in enumerate(panels)]
    opening_tag = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}"'
    )
    return "\n".join(
        [
            f'{opening_tag} font-family="sans-serif" font-size="11" fill="#333">',
            f'<rect width="{width}" height="{_HEIGHT}" fill="white"/>',
            *placed_panels,
            "</svg>\n",
        ]
    )


def _draw_panel(title: str, points: Sequence[EpochPoint], *, colour: str, marked_epoch: float | None) -> str:
    epochs, values = zip(*points, strict=True)
    ticks = _choose_ticks(min(values), max(values))
    first, last = min(epochs), max(epochs)

    def x(epoch: float) -> float:
        fraction = (epoch - first) / (last - first) if last > first else 0.5
        return round(_LEFT + fraction * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        fraction = (value - ticks[0]) / (ticks[-1] - ticks[0])
        return round(_HEIGHT - _BOTTOM - fraction * (_HEIGHT - _TOP - _BOTTOM), 1)

    def elements() -> Iterator[str]:
        yield f'<text x="{_LEFT}" y="18" font-weight="bold">{title}</text>'
        for tick in ticks:
            yield f'<path d="M{_LEFT} {y(tick)}H{_WIDTH - _RIGHT}" stroke="#ddd"/>'
            yield f'<text x="{_LEFT - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>'
        for epoch in (first, last):
            yield f'<text x="{x(epoch)}" y="{_HEIGHT - 18}" text-anchor="middle">{epoch:g}</text>'
        yield f'<text x="{(_WIDTH + _LEFT) / 2}" y="{_HEIGHT - 4}" text-anchor="middle">epoch</text>'
        coordinates = " ".join(f"{x(epoch)},{y(value)}" for epoch, value in points)
        yield f'<polyline points="{coordinates}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for epoch, value in points:
            if epoch == marked_epoch:
                yield f'<circle cx="{x(epoch)}" cy="{y(value)}" r="4" fill="{colour}"/>'
                anchor = "end" if x(epoch) > _WIDTH - _LEFT else "middle"
                yield f'<text x="{x(epoch)}" y="{y(value) - 8}" text-anchor="{anchor}">{value:.2f}</text>'

    return "".join(elements())


def _choose_ticks(lowest: float, highest: float) -> list[float]:
    """Return a few round numbers that cover a range, as the ticks of an axis."""
    span = max(highest - lowest, 1e-3)
    power = 10.0 ** math.floor(math.log10(span / 3))
    step = next(power * each for each in _TICK_STEPS if power * each * 3 >= span)
    first, last = math.floor(lowest / step), math.ceil(highest / step)
    return [round(step * number, 10) for number in range(first, max(last, first + 1) + 1)]
