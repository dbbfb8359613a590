"""``onoma.json``: what a bundle is, as a value that is checked when it is read, and how older formats become it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from onoma.errors import BundleError
from onoma.tasks import MOST_LABELS, Overlaps

MANIFEST = "onoma.json"

FORMAT = 2
"""Version of the bundle's layout; a reader refuses what is newer."""

ENTITIES = "entities"
"""The name of the task of an entity recognition model."""

BASELINE = "baseline"
"""The family of a model without an encoder, which reads words; its card has the baseline's name."""

BASELINES = ("crf", "bilstm", "gazetteer")
"""The baselines that there are."""

# Far beyond what is ever fitted or learnt, and such that nothing becomes infinite.
Temperature = Annotated[float, Meta(gt=1e-3, lt=1e3)]
Slope = Annotated[float, Meta(gt=0, lt=1e3)]
Summand = Annotated[float, Meta(gt=-1e4, lt=1e4)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Labels = Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1, max_length=MOST_LABELS)]


class EncoderCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which pre-trained encoder the model began as; of a baseline, which one it is. See :data:`BASELINE`."""

    name: str
    family: str
    digest: str = ""


class Windowing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How texts are cut, in subwords; ``size`` counts the special tokens. Of a baseline, in words of a sentence.

    ``documents`` says what was a document in training files that do not say so, as ``data.documents`` does; versions
    that do not know it read bundles in which it is left out.
    """

    size: Annotated[int, Meta(gt=2, le=65_536)]
    overlap: Annotated[int, Meta(ge=0)]
    documents: Literal["auto", "file", "blank-lines"] | Annotated[int, Meta(ge=1)] = "auto"

    def __post_init__(self) -> None:
        if self.overlap * 2 > self.size:
            raise ValueError(f"overlap {self.overlap} is more than half of size {self.size}")


class DataCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A corpus that the model was trained, chosen or measured on; ``words`` where the corpus itself gives them."""

    name: str
    digest: str
    documents: int
    words: int | None
    entities: int


class Provenance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the model comes from: data, seed, versions, settings and figures."""

    data: dict[str, DataCard] = {}
    seed: int | None = None
    versions: dict[str, str] = {}
    settings: dict[str, object] = {}
    figures: dict[str, dict[str, float]] = {}
    dropped: dict[str, int] = {}

    @property
    def digests(self) -> dict[str, str]:
        """Of each part of the data."""
        return {part: card.digest for part, card in self.data.items()}


class CalibrationCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How scores are calibrated, and on what that was fitted.

    Tag scores are divided by the temperature; the log-odds of an entity's score are then multiplied by ``slope``, and
    ``intercept`` is added. ``thresholds`` are the scores by label below which an entity is left out. ``data`` and
    ``entities`` are what it was fitted on, the latter predicted ones; the errors are the expected calibration error.
    """

    temperature: Temperature
    slope: Slope = 1.0
    intercept: Summand = 0.0
    data: str
    entities: int
    error_before: float
    error_after: float
    thresholds: dict[str, Fraction] = {}


class TransitionsCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Learnt transitions: from the tag of a row to that of a column, to the first tag, and from the last one."""

    step: list[list[Summand]]
    start: list[Summand]
    end: list[Summand]


class TagsCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="tags"):
    """A task that gives each word a tag.

    Attributes:
        labels: the entity types, in the order of the model's tags.
        scheme: the scheme of the tags.
        head: what turns hidden states into tag scores.
        transitions: the scores of steps from tag to tag that a CRF has learnt; None for other heads.
        calibration: None where the model was not calibrated.
    """

    labels: Labels
    scheme: Literal["BIO", "BIOES"]
    head: str
    transitions: TransitionsCard | None = None
    calibration: CalibrationCard | None = None

    def __post_init__(self) -> None:
        _check_labels(self.labels)


class SpansCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="spans"):
    """A task that scores spans of words.

    Attributes:
        labels: the entity types, in the order of the model's scores.
        head: what turns hidden states into features of words.
        size: of a query and a key.
        widest: words of the longest span.
        overlaps: which entities may be predicted together.
        bound: the log-odds above which a span is an entity, before calibration.
        width: the learnt scores of widths, ``[widest, labels]``; None before training.
        calibration: None where the model was not calibrated.
    """

    labels: Labels
    head: str
    size: Annotated[int, Meta(ge=1, le=4_096)]
    widest: Annotated[int, Meta(ge=1, le=4_096)]
    overlaps: Overlaps
    bound: Summand = 0.0
    width: list[list[Summand]] | None = None
    calibration: CalibrationCard | None = None

    def __post_init__(self) -> None:
        _check_labels(self.labels)
        if self.width is not None and [len(row) for row in self.width] != [len(self.labels)] * self.widest:
            raise ValueError(f"width: is not {self.widest} rows of {len(self.labels)} numbers")


class WordsCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="words"):
    """A task that gives each word a label: the labels in the order of the scores, and the head."""

    labels: Labels
    head: str

    def __post_init__(self) -> None:
        _check_labels(self.labels)


class SentencesCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="sentences"):
    """A task that gives each sentence a label: the labels in the order of the scores, and the head."""

    labels: Labels
    head: str

    def __post_init__(self) -> None:
        _check_labels(self.labels)


EntityCard = TagsCard | SpansCard
TaskCard = TagsCard | SpansCard | WordsCard | SentencesCard


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bundle is.

    Attributes:
        tasks: what it predicts, by name; one of them is ``entities``.
        dtype: the graph used by default; None for the most exact one available.
        files: size of each weight file in bytes, so that one that was cut short is noticed.
    """

    format: int = FORMAT
    tasks: dict[str, TaskCard]
    window: Windowing
    encoder: EncoderCard
    provenance: Provenance = Provenance()
    dtype: Literal["fp32", "int8"] | None = None
    files: dict[str, int] = {}

    @property
    def entities(self) -> EntityCard:
        """The task that finds entities."""
        card = self.tasks[ENTITIES]
        assert isinstance(card, EntityCard)
        return card

    @property
    def baseline(self) -> str | None:
        """Which baseline it is; None for a model with an encoder."""
        return self.encoder.name if self.encoder.family == BASELINE else None

    def replace(self, **changes: object) -> Manifest:
        """The manifest with other values of some fields."""
        return msgspec.structs.replace(self, **changes)

    def with_entities(self, **changes: object) -> Manifest:
        """The manifest with other values in the task that finds entities."""
        return self.with_task(ENTITIES, **changes)

    def with_task(self, name: str, **changes: object) -> Manifest:
        """The manifest with other values in a task."""
        return self.replace(tasks={**self.tasks, name: msgspec.structs.replace(self.tasks[name], **changes)})

    def with_provenance(self, **changes: object) -> Manifest:
        """The manifest with other values in its provenance."""
        return self.replace(provenance=msgspec.structs.replace(self.provenance, **changes))

    def to_json(self) -> str:
        """The content of ``onoma.json``."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()


def _check_labels(labels: tuple[str, ...]) -> None:
    if len(set(labels)) < len(labels):
        raise ValueError("labels: there is one twice")


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        BundleError: it is not one, is broken, or is newer than this version of onoma reads.
    """
    try:
        fields = msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{path}: is not JSON in UTF-8 ({error}); copy the bundle again") from error
    version = fields.get("format") if isinstance(fields, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise BundleError(
            f"{path}: format {version} is newer than {FORMAT}, the newest that this onoma reads; upgrade onoma"
        )
    try:
        manifest = msgspec.convert(_of_format_1(fields) if version == 1 else fields, Manifest)
    except msgspec.ValidationError as error:
        raise BundleError(f"{path}: {error}; the manifest is broken, copy the bundle again") from error
    if manifest.baseline is not None and manifest.baseline not in BASELINES:
        raise BundleError(f"{path}: encoder: there is no baseline {manifest.baseline!r}; upgrade onoma")
    if ENTITIES not in manifest.tasks:
        raise BundleError(f"{path}: tasks: there is no task {ENTITIES!r}; copy the bundle again")
    if not isinstance(manifest.tasks[ENTITIES], EntityCard):
        raise BundleError(f"{path}: tasks: the kind of {ENTITIES!r} finds no entities; copy the bundle again")
    return manifest


def _of_format_1(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields of format 1, which had one task without a name, as those of format 2."""
    moved = ("labels", "scheme", "head", "calibration")
    kept = {key: value for key, value in fields.items() if key not in (*moved, "precision")}
    task = {"kind": "tags", **{key: fields[key] for key in moved if key in fields}}
    return kept | {"format": FORMAT, "tasks": {ENTITIES: task}, "dtype": fields.get("precision")}
