"""Manifest of a bundle (``onoma.json``): its schema, its validation on reading, and the conversion of older formats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from onoma.errors import BundleError
from onoma.tasks import MAX_LABELS, MAX_SPAN_SIZE, MAX_SPAN_WORDS, Overlaps

MANIFEST = "onoma.json"

FORMAT = 2
"""Version of the manifest format; newer versions are refused on reading."""

ENTITIES = "entities"
"""Name of the named-entity recognition task, which every bundle has."""

BASELINE = "baseline"
"""Encoder family of a baseline, a model on words without an encoder; the name in its card is that of the baseline."""

BASELINES = ("crf", "bilstm", "gazetteer")
"""Names of all baselines."""

# The bounds are far beyond any fitted or learned value, and keep all computed scores finite.
Temperature = Annotated[float, Meta(gt=1e-3, lt=1e3)]
Slope = Annotated[float, Meta(gt=0, lt=1e3)]
BoundedFloat = Annotated[float, Meta(gt=-1e4, lt=1e4)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Labels = Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1, max_length=MAX_LABELS)]


class EncoderCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pre-trained encoder that was fine-tuned, or the name of the baseline; see :data:`BASELINE`."""

    name: str
    family: str
    digest: str = ""


class WindowConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Size and overlap of the windows into which documents are cut.

    Attributes:
        size: number of subwords of a window, including special tokens; for a baseline, number of words.
        overlap: maximum number of subwords that neighbouring windows share; for a baseline, number of words.
        documents: value of the setting ``data.documents`` in training: what counted as a document in files that do not
            mark documents. The default is omitted from the file, so that versions of onoma that do not know this field
            can read it.
    """

    size: Annotated[int, Meta(gt=2, le=65_536)]
    overlap: Annotated[int, Meta(ge=0)]
    documents: Literal["auto", "file", "blank-lines"] | Annotated[int, Meta(ge=1)] = "auto"

    def __post_init__(self) -> None:
        if self.overlap * 2 > self.size:
            raise ValueError(f"overlap {self.overlap} is more than half of size {self.size}")


class DataCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A corpus used for training, model selection or testing; ``words`` is None if it gives no words."""

    name: str
    digest: str
    documents: int
    words: int | None
    entities: int


class Provenance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The origin of a model.

    Attributes:
        data: the corpora, by part of the data, such as ``train``.
        seed: the random seed of the run.
        versions: versions of packages, by package.
        settings: the settings of the run.
        figures: the scores of the model, by data set and metric.
        dropped: number of training entities that could not be used as they are, by reason.
    """

    data: dict[str, DataCard] = {}
    seed: int | None = None
    versions: dict[str, str] = {}
    settings: dict[str, object] = {}
    figures: dict[str, dict[str, float]] = {}
    dropped: dict[str, int] = {}

    @property
    def digests(self) -> dict[str, str]:
        """Digest of each part of the data."""
        return {part: card.digest for part, card in self.data.items()}


class CalibrationCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The calibration of scores, and the data that it was fitted on.

    Attributes:
        temperature: divisor of the tag scores.
        slope: factor of the log-odds of an entity's score, applied after the temperature.
        intercept: summand of the log-odds of an entity's score, added after the multiplication by ``slope``.
        data: name of the file that the calibration was fitted on; empty for documents in memory.
        entities: number of predicted entities that it was fitted on.
        error_before: expected calibration error before the calibration.
        error_after: expected calibration error after the calibration.
        thresholds: minimum score of each label's entities; entities with a lower score are left out.
    """

    temperature: Temperature
    slope: Slope = 1.0
    intercept: BoundedFloat = 0.0
    data: str
    entities: int
    error_before: float
    error_after: float
    thresholds: dict[str, Fraction] = {}


class TransitionsCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The learned transition scores of a CRF.

    Attributes:
        step: scores of the transitions between tags, ``[from, to]``.
        start: score of each tag at the first word.
        end: score of each tag at the last word.
    """

    step: list[list[BoundedFloat]]
    start: list[BoundedFloat]
    end: list[BoundedFloat]


class TagsCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="tags"):
    """A task that gives each word a tag.

    Attributes:
        labels: the entity labels, in the order of the model's tags.
        scheme: the tagging scheme.
        head: name of the head, which computes tag scores from hidden states.
        transitions: the learned transition scores of a CRF; None for other heads.
        calibration: the calibration; None if the model was not calibrated.
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
        labels: the entity labels, in the order of the model's scores.
        head: name of the head, which computes features of words from hidden states.
        size: dimension of the query and key vectors.
        widest: maximum number of words of a span.
        overlaps: which overlaps between predicted entities are allowed.
        threshold: log-odds threshold above which a span is an entity, before calibration.
        width: learned scores of span widths, ``[widest, labels]``; None before training.
        calibration: the calibration; None if the model was not calibrated.
    """

    labels: Labels
    head: str
    size: Annotated[int, Meta(ge=1, le=MAX_SPAN_SIZE)]
    widest: Annotated[int, Meta(ge=1, le=MAX_SPAN_WORDS)]
    overlaps: Overlaps
    threshold: BoundedFloat = 0.0
    width: list[list[BoundedFloat]] | None = None
    calibration: CalibrationCard | None = None

    def __post_init__(self) -> None:
        _check_labels(self.labels)
        if self.width is not None and [len(row) for row in self.width] != [len(self.labels)] * self.widest:
            raise ValueError(f"width: is not {self.widest} rows of {len(self.labels)} numbers")


class WordsCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="words"):
    """A task that gives each word a label.

    Attributes:
        labels: the labels, in the order of the model's scores.
        head: name of the head.
    """

    labels: Labels
    head: str

    def __post_init__(self) -> None:
        _check_labels(self.labels)


class SentencesCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="sentences"):
    """A task that gives each sentence a label.

    Attributes:
        labels: the labels, in the order of the model's scores.
        head: name of the head.
    """

    labels: Labels
    head: str

    def __post_init__(self) -> None:
        _check_labels(self.labels)


EntityCard = TagsCard | SpansCard
TaskCard = TagsCard | SpansCard | WordsCard | SentencesCard


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The manifest of a bundle.

    Attributes:
        format: version of the manifest format.
        tasks: the tasks of the model, by name; one of them is ``entities``.
        window: size and overlap of windows.
        encoder: the pre-trained encoder, or the baseline.
        provenance: the origin of the model.
        dtype: preferred dtype; None for the most exact one available.
        files: size of each weight file in bytes, used to detect truncated files.
    """

    format: int = FORMAT
    tasks: dict[str, TaskCard]
    window: WindowConfig
    encoder: EncoderCard
    provenance: Provenance = Provenance()
    dtype: Literal["fp32", "int8"] | None = None
    files: dict[str, int] = {}

    @property
    def entities(self) -> EntityCard:
        """Card of the task that finds entities."""
        card = self.tasks[ENTITIES]
        assert isinstance(card, EntityCard)
        return card

    @property
    def baseline(self) -> str | None:
        """Name of the baseline; None for a model with an encoder."""
        return self.encoder.name if self.encoder.family == BASELINE else None

    def replace(self, **changes: object) -> Manifest:
        """Return the manifest with other values of some fields."""
        return msgspec.structs.replace(self, **changes)

    def with_entities(self, **changes: object) -> Manifest:
        """Return the manifest with other values of some fields of the task that finds entities."""
        return self.with_task(ENTITIES, **changes)

    def with_task(self, name: str, **changes: object) -> Manifest:
        """Return the manifest with other values of some fields of a task."""
        return self.replace(tasks={**self.tasks, name: msgspec.structs.replace(self.tasks[name], **changes)})

    def with_provenance(self, **changes: object) -> Manifest:
        """Return the manifest with other values of some fields of its provenance."""
        return self.replace(provenance=msgspec.structs.replace(self.provenance, **changes))

    def to_json(self) -> str:
        """Return the content of ``onoma.json``."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()


def _check_labels(labels: tuple[str, ...]) -> None:
    if len(set(labels)) < len(labels):
        raise ValueError("labels: one occurs twice")


def read_manifest(path: Path) -> Manifest:
    """Read and validate a manifest.

    Raises:
        BundleError: the file is not a manifest, is broken, or has a newer format than this version of onoma can read.
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
        manifest = msgspec.convert(_convert_format_1(fields) if version == 1 else fields, Manifest)
    except msgspec.ValidationError as error:
        raise BundleError(f"{path}: {error}; the manifest is broken, copy the bundle again") from error
    if manifest.baseline is not None and manifest.baseline not in BASELINES:
        raise BundleError(f"{path}: encoder: there is no baseline {manifest.baseline!r}; upgrade onoma")
    if ENTITIES not in manifest.tasks:
        raise BundleError(f"{path}: tasks: there is no task {ENTITIES!r}; copy the bundle again")
    if not isinstance(manifest.tasks[ENTITIES], EntityCard):
        raise BundleError(f"{path}: tasks: the kind of {ENTITIES!r} finds no entities; copy the bundle again")
    return manifest


def _convert_format_1(fields: Mapping[str, object]) -> dict[str, object]:
    """Convert the fields of format 1, which had a single task without a name, to those of format 2."""
    task_keys = ("labels", "scheme", "head", "calibration")
    kept_fields = {key: value for key, value in fields.items() if key not in (*task_keys, "precision")}
    task = {"kind": "tags", **{key: fields[key] for key in task_keys if key in fields}}
    return kept_fields | {"format": FORMAT, "tasks": {ENTITIES: task}, "dtype": fields.get("precision")}
