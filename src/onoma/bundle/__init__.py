"""The folder that ships: manifest, tokenizer, weights and model card.

The classes of the manifest are loaded when first used: tagging needs none of them, and they take long to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from onoma.bundle.bundle import (
    AUTO,
    BF16,
    DTYPES,
    INT8,
    MANIFEST,
    ONNX,
    TOKENIZER,
    WEIGHTS,
    Bundle,
    load_bundle,
    write_manifest,
)
from onoma.bundle.folder import CHECKPOINTS, HISTORY, OutputFolder, open_output

if TYPE_CHECKING:
    from onoma.bundle.manifest import Calibration, DataCard, EncoderCard, Manifest, Provenance, Windowing

__all__ = [
    "AUTO",
    "BF16",
    "CHECKPOINTS",
    "DTYPES",
    "HISTORY",
    "INT8",
    "MANIFEST",
    "ONNX",
    "TOKENIZER",
    "WEIGHTS",
    "Bundle",
    "Calibration",
    "DataCard",
    "EncoderCard",
    "Manifest",
    "OutputFolder",
    "Provenance",
    "Windowing",
    "load_bundle",
    "open_output",
    "write_manifest",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'onoma.bundle' has no attribute {name!r}")
    from onoma.bundle import manifest

    return getattr(manifest, name)
