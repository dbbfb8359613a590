"""The folder that ships: manifest, tokenizer and weights."""

from onoma.bundle.bundle import AUTO, BF16, DTYPES, INT8, ONNX, TOKENIZER, WEIGHTS, Bundle, load_bundle, write_manifest
from onoma.bundle.folder import ADAPTED, CHECKPOINTS, HISTORY, PRETRAINING, OutputFolder, open_output
from onoma.bundle.manifest import (
    ENTITIES,
    MANIFEST,
    CalibrationCard,
    DataCard,
    EncoderCard,
    Manifest,
    Provenance,
    SpansCard,
    TagsCard,
    TransitionsCard,
    Windowing,
)
from onoma.bundle.tokenizer import why_unusable

__all__ = [
    "ADAPTED",
    "AUTO",
    "BF16",
    "CHECKPOINTS",
    "DTYPES",
    "ENTITIES",
    "HISTORY",
    "INT8",
    "MANIFEST",
    "ONNX",
    "PRETRAINING",
    "TOKENIZER",
    "WEIGHTS",
    "Bundle",
    "CalibrationCard",
    "DataCard",
    "EncoderCard",
    "Manifest",
    "OutputFolder",
    "Provenance",
    "SpansCard",
    "TagsCard",
    "TransitionsCard",
    "Windowing",
    "load_bundle",
    "open_output",
    "why_unusable",
    "write_manifest",
]
