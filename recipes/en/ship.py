"""Export of the trained student as the model that ships with onoma: `python recipes/en/ship.py`.

The int8 model is evaluated and calibrated on the dev set of the training, which is read with the label settings of
`student.toml`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import onoma
from onoma.corpora import read
from onoma.text import Document
from onoma.training import read_config
from onoma.training.parts import read_options


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("runs/en/student"))
    parser.add_argument("--output", type=Path, default=Path("src/onoma/shipped/en"))
    parser.add_argument("--exact-layers", type=int, default=0)
    parser.add_argument("--overwrite", action="store_true")
    arguments = parser.parse_args()
    exported = onoma.export_model(
        arguments.model,
        quantize="int8",
        dev=dev_documents(),
        exact_layers=arguments.exact_layers,
        output=arguments.output,
        overwrite=arguments.overwrite,
    )
    for finding in exported.findings():
        print(finding)
    calibrated = onoma.calibrate(arguments.output, dev_documents())
    print(f"calibration error on dev: {calibrated.before.ece:.3f} before, {calibrated.after.ece:.3f} after")
    print(f"{exported.path}: {exported.path.stat().st_size / 1e6:.1f} MB")


def dev_documents() -> Iterator[Document]:
    """Yield the documents of the dev set of the student's training."""
    data = read_config(Path(__file__).with_name("student.toml")).data
    for path in data.dev:
        yield from read(path, options=read_options(data, path))


if __name__ == "__main__":
    main()
