"""The folder that ships: manifest, tokenizer, weights and model card."""

from onoma.bundle.bundle import (
    AUTO,
    INT8,
    MANIFEST,
    ONNX,
    PRECISIONS,
    TOKENIZER,
    WEIGHTS,
    Bundle,
    load_bundle,
    write_manifest,
)
from onoma.bundle.card import write_card
from onoma.bundle.curve import HISTORY
from onoma.bundle.folder import CHECKPOINTS, OutputFolder, open_output
from onoma.bundle.manifest import DataCard, EncoderCard, Manifest, Provenance, Windowing

__all__ = [
    "AUTO",
    "CHECKPOINTS",
    "PRECISIONS",
    "HISTORY",
    "INT8",
    "MANIFEST",
    "ONNX",
    "TOKENIZER",
    "WEIGHTS",
    "Bundle",
    "DataCard",
    "EncoderCard",
    "Manifest",
    "OutputFolder",
    "Provenance",
    "Windowing",
    "load_bundle",
    "open_output",
    "write_card",
    "write_manifest",
]
