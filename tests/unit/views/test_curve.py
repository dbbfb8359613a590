"""The learning curve is a picture that a browser can read."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from onoma.views.curve import draw_curve, write_curve

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("losses", [[2.3, 0.7, 0.31], [0.5, 0.5], [1e-9, 0.0], [12345.0, 3.0]])
@pytest.mark.parametrize("dev", [True, False])
def test_every_point_lies_in_its_panel(losses, dev):
    loss = [(float(number), value) for number, value in enumerate(losses, start=1)]
    picture = ET.fromstring(draw_curve(loss, {"dev F1": loss if dev else []}, best=2))
    lines = picture.findall(f".//{SVG}polyline")
    assert len(lines) == (2 if dev else 1)
    for line in lines:
        points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
        assert len(points) == len(losses)
        assert all(0 <= x <= 320 and 0 <= y <= 200 for x, y in points)
    assert len(picture.findall(f".//{SVG}circle")) == (1 if dev else 0)


def test_it_is_drawn_from_the_history_where_there_are_two_epochs(tmp_path: Path):
    assert not write_curve(tmp_path)
    lines = [
        {"kind": "step", "step": 50},
        *({"kind": "epoch", "epoch": n, "loss": 1 / n, "best": n == 1} for n in (1, 2)),
    ]
    for count, drawn in ((2, False), (3, True)):
        text = "".join(json.dumps(line) + "\n" for line in lines[:count])
        (tmp_path / "history.jsonl").write_text(text, encoding="utf-8")
        assert write_curve(tmp_path) is drawn
    lines[1] = {"kind": "epoch", "epoch": 1, "loss": float("nan"), "best": True}
    (tmp_path / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert not write_curve(tmp_path)
    assert "dev F1" not in (tmp_path / "learning-curve.svg").read_text(encoding="utf-8")
