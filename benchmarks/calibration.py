"""What a temperature that is fitted on one half of dev does for scores on the other half.

    python benchmarks/calibration.py --model runs/wnut17 --dev FILE [--model runs/bc5cdr --dev FILE] [--splits 20]

Dev is parted at random into halves by documents; the temperature of `onoma calibrate` is fitted on one half, and the
expected calibration error of both, at temperature 1 and at that one, is measured on the other. Told are means over the
partings, with their standard deviation. `by_chance` is the error that true scores would have with as many entities; the
fewer entities, the more that is.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

from results import write_result

from onoma.bundle import Bundle, Calibration, load_bundle
from onoma.corpora import read
from onoma.evaluation import calibrate, tag_gold
from onoma.metrics import Reliability, Scored, reliability
from onoma.runtime.onnx import OnnxBackend
from onoma.tagger import Tagger
from onoma.text import Document


def tempered(bundle: Bundle, temperature: float) -> Bundle:
    """The same model at a temperature."""
    calibration = Calibration(temperature=temperature, data="", entities=0, error_before=0, error_after=0)
    return Bundle(bundle.manifest.model_copy(update={"calibration": calibration}), bundle.tokenizer, bundle.folder)


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
        temperature = calibrate(bundle, backend, half).temperature
        before, after = (reliable(Tagger(tempered(bundle, at), backend), other) for at in (1.0, temperature))
        rows.append(
            {
                "temperature": temperature,
                "entities": sum(bin.entities for bin in after.bins),
                "ece_before": before.ece,
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
