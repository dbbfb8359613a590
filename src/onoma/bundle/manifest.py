"""``onoma.json``: what a bundle is, as a value that is checked when it is read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from onoma.bundle.inference import FORMAT


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EncoderCard(_Frozen):
    """Which pre-trained encoder the model began as."""

    name: str
    family: str
    digest: str = ""


class Windowing(_Frozen):
    """How texts are cut, in subwords; ``size`` counts the special tokens."""

    size: int = Field(gt=2)
    overlap: int = Field(ge=0)


class DataCard(_Frozen):
    """A corpus that the model was trained, chosen or measured on; ``words`` where the corpus itself gives them."""

    name: str
    digest: str
    documents: int
    words: int | None
    entities: int


class Provenance(_Frozen):
    """Where the model comes from: data, seed, versions, settings and figures."""

    data: dict[str, DataCard] = {}
    seed: int | None = None
    versions: dict[str, str] = {}
    settings: dict[str, object] = {}
    figures: dict[str, dict[str, float]] = {}
    dropped: dict[str, int] = {}


class Calibration(_Frozen):
    """How scores were made honest: tag scores are divided by the temperature.

    The log-odds of an entity's score are then multiplied by ``slope``, and ``intercept`` is added.

    ``thresholds`` are the scores by label below which an entity is not told; a label without one keeps all.
    ``data`` and ``entities`` are what it was fitted on, the latter predicted ones; the errors are the expected
    calibration error of their scores.
    """

    temperature: float = Field(gt=0)
    slope: float = Field(default=1.0, gt=0)
    intercept: float = 0.0
    data: str
    entities: int
    error_before: float
    error_after: float
    thresholds: dict[str, float] = {}


class Manifest(_Frozen):
    """What a bundle is."""

    format: int = FORMAT
    labels: tuple[str, ...] = Field(min_length=1)
    scheme: Literal["BIO", "BIOES"]
    head: str
    window: Windowing
    encoder: EncoderCard
    calibration: Calibration | None = None
    provenance: Provenance = Provenance()
    precision: Literal["fp32", "int8"] | None = None
    """Which graph is taken where nobody asks for another; None for the most exact that there is."""
    files: dict[str, int] = {}
    """Size of each weight file in bytes, so that one that was cut short is noticed."""
