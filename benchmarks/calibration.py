"""Effect of a calibration fitted on one half of the dev set on the scores of the other half.

    python benchmarks/calibration.py --model runs/wnut17 --dev FILE [--model runs/bc5cdr --dev FILE] [--splits 20]

The dev set is split at random into two halves by document. The calibration of `onoma calibrate` is fitted on one half,
and the expected calibration error (ECE) without and with it is measured on the other. Results are means and standard
deviations over the splits. `ece_by_chance` is the expected ECE of perfectly calibrated scores for the same number of
entities; the fewer entities, the larger it is.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

from results import write_result

from onoma.bundle import Bundle, CalibrationCard, load_bundle
from onoma.corpora import read
from onoma.evaluation import calibrate, tag_gold
from onoma.metrics import Reliability, Scored, reliability
from onoma.runtime.onnx import OnnxBackend
from onoma.tagger import Tagger
from onoma.tasks import UNSCALED, Scaling
from onoma.text import Document


def calibrated(bundle: Bundle, temperature: float, scaling: Scaling) -> Bundle:
    """Return the same bundle with the given calibration."""
    card = CalibrationCard(
        temperature=temperature,
        slope=scaling.slope,
        intercept=scaling.intercept,
        data="",
        entities=0,
        error_before=0,
        error_after=0,
    )
    return Bundle(bundle.manifest.with_entities(calibration=card), bundle.tokenizer, bundle.folder)


def reliable(tagger: Tagger, documents: Sequence[Document]) -> Reliability:
    found = reliability(Scored.of(tag_gold(tagger, documents)))
    assert found is not None
    return found


def measure(model: Path, dev: Path, splits: int) -> dict[str, object]:
    bundle = load_bundle(model)
    backend = OnnxBackend(bundle.graph())
    documents = list(read(dev))
    rows: list[dict[str, float]] = []
    for seed in range(splits):
        chosen = random.Random(seed).sample(documents, len(documents))
        half, other = chosen[: len(chosen) // 2], chosen[len(chosen) // 2 :]
        fitted = calibrate(bundle, backend, half)
        before, tempered, after = (
            reliable(Tagger(calibrated(bundle, *numbers), backend), other)
            for numbers in (
                (1.0, UNSCALED),
                (fitted.temperature, UNSCALED),
                (fitted.temperature, fitted.scaling),
            )
        )
        rows.append(
            {
                "temperature": fitted.temperature,
                "slope": fitted.scaling.slope,
                "intercept": fitted.scaling.intercept,
                "entities": sum(bin.entities for bin in after.bins),
                "ece_before": before.ece,
                "ece_with_temperature_alone": tempered.ece,
                "ece_after": after.ece,
                "ece_by_chance": after.ece_by_chance,
                "log_loss_before": before.log_loss,
                "log_loss_after": after.log_loss,
            }
        )
    return {
        name: {
            "mean": statistics.mean(row[name] for row in rows),
            "deviation": statistics.stdev(row[name] for row in rows),
        }
        for name in rows[0]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", dest="models", type=Path, action="append", required=True)
    parser.add_argument("--dev", dest="devs", type=Path, action="append", required=True, help="one for each --model")
    parser.add_argument("--splits", type=int, default=5)
    arguments = parser.parse_args()
    pairs = zip(arguments.models, arguments.devs, strict=True)
    write_result("calibration", {dev.name: measure(model, dev, arguments.splits) for model, dev in pairs})


if __name__ == "__main__":
    main()
