"""What tagging needs of a manifest: labels, scheme, windows and weight files.

It is taken out of the JSON by hand, since the library that checks a whole manifest takes a tenth of a second to import,
a fifth of what it takes to load a model and tag one sentence. What is not as expected is left to that library, which
says what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onoma.schemes import SCHEMES

FORMAT = 1
"""Version of the bundle's layout; a reader refuses what is newer."""

_KEYS = frozenset(
    ("format", "labels", "scheme", "head", "window", "encoder", "provenance", "precision", "calibration", "files")
)
"""What a manifest may hold; with anything else it is none for a quick look."""


@dataclass(frozen=True, slots=True)
class InferenceConfig:
    """How texts are cut and tags are read.

    Attributes:
        labels: the entity types, in the order of the model's tags.
        scheme: the name of the tags' scheme.
        window, overlap: subwords of a window, special tokens included, and how many neighbours share.
        temperature: what tag scores are divided by; 1 where the model was not calibrated.
        slope, intercept: what the log-odds of an entity's score are multiplied by, and what is added to them then.
        thresholds: by label, the score below which an entity is not told.
        dtype: that of the graph to take where nobody asks for another; None for the most exact one.
        files: size of each weight file in bytes.
    """

    labels: tuple[str, ...]
    scheme: str
    window: int
    overlap: int
    temperature: float
    slope: float
    intercept: float
    thresholds: Mapping[str, float]
    dtype: str | None
    files: Mapping[str, int]

    @classmethod
    def of(cls, fields: Mapping[str, object]) -> InferenceConfig | None:
        """The recipe of a manifest, or None where one of these parts is not what it has to be."""
        labels, scheme, window = fields.get("labels"), fields.get("scheme"), fields.get("window")
        files = fields.get("files", {})
        if not _KEYS.issuperset(fields) or not {"head", "encoder"}.issubset(fields):
            return None
        if not isinstance(labels, list | tuple) or not labels or not all(isinstance(label, str) for label in labels):
            return None
        if not isinstance(scheme, str) or scheme not in SCHEMES:
            return None
        if not isinstance(window, dict) or not isinstance(files, dict):
            return None
        dtype = fields.get("precision")
        if dtype is not None and not isinstance(dtype, str):
            return None
        calibration = fields.get("calibration")
        if calibration is None:
            calibration = {"temperature": 1.0}
        if not isinstance(calibration, dict):
            return None
        temperature, thresholds = calibration.get("temperature"), calibration.get("thresholds", {})
        slope, intercept = calibration.get("slope", 1.0), calibration.get("intercept", 0.0)
        if not isinstance(temperature, float) or not isinstance(slope, float) or not isinstance(intercept, float):
            return None
        if temperature <= 0 or slope <= 0:
            return None
        if not isinstance(thresholds, dict) or not all(isinstance(score, float) for score in thresholds.values()):
            return None
        size, overlap = window.get("size"), window.get("overlap")
        if not isinstance(size, int) or not isinstance(overlap, int) or size <= 2 or overlap < 0:
            return None
        if not all(isinstance(size, int) for size in files.values()):
            return None
        return cls(tuple(labels), scheme, size, overlap, temperature, slope, intercept, thresholds, dtype, files)
