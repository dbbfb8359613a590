"""The folder that ships: manifest, tokenizer, weights and model card."""

from onoma.bundle.bundle import MANIFEST, ONNX, TOKENIZER, WEIGHTS, Bundle, load_bundle, write_manifest
from onoma.bundle.card import write_card
from onoma.bundle.folder import check_output, new_folder
from onoma.bundle.manifest import DataCard, EncoderCard, Manifest, Provenance, Windowing

__all__ = [
    "MANIFEST",
    "ONNX",
    "TOKENIZER",
    "WEIGHTS",
    "Bundle",
    "DataCard",
    "EncoderCard",
    "Manifest",
    "Provenance",
    "Windowing",
    "check_output",
    "load_bundle",
    "new_folder",
    "write_card",
    "write_manifest",
]
