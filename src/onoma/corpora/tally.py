"""Results of reading or writing a corpus: counts, and what could not be used or represented, by reason and location.

The tallies count while documents are streamed; the reports are their frozen results. They do not depend on the format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from onoma.corpora.offset_sample import OffsetSample
from onoma.corpora.word_sample import WordSample
from onoma.text import Document, shorten, words_touched

PLACES_KEPT = 5
"""Default number of locations kept for each finding; all of its occurrences are counted."""


_MAX_SHOWN_CHARACTERS = 120
"""Maximum length of a finding in a message."""

_MAX_SHOWN_NAMES = 10
"""Maximum number of names in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Location and content of a finding.

    Attributes:
        where: `path:line` when reading, `document 3 'id'` when writing.
        what: the annotation, as in the file or the document.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {shorten(self.what, max_length=_MAX_SHOWN_CHARACTERS)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """Number of occurrences of a finding, and the first few locations."""

    count: int = 0
    places: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport:
    """Result of reading a corpus.

    Attributes:
        documents, sentences, words, entities: counts; sentences and words are those that the corpus itself gives.
        labels: number of entities by label.
        scheme: name of the tagging scheme; None if the corpus holds spans.
        scheme_forced: whether the caller gave the scheme, so that it was not detected.
        repairs: repaired transitions between tags that the scheme does not allow.
        unusable: annotations of entities that could not be used, by reason.
        left_out: annotations that are no entities or were not to be read, such as relations, by reason.
        adjusted: content that was read in another form than in the file, by reason.
        unread: columns and keys that are not read, such as those of lemmas, with the number of words, spans or records
            that have one.
    """

    documents: int
    sentences: int
    words: int
    entities: int
    labels: Counter[str]
    scheme: str | None
    scheme_forced: bool
    repairs: Occurrences
    unusable: Mapping[str, Occurrences]
    left_out: Mapping[str, Occurrences]
    adjusted: Mapping[str, Occurrences]
    unread: Mapping[str, int]

    @property
    def omitted(self) -> Mapping[str, Occurrences]:
        """All annotations that are not in the documents, by reason: unusable ones and those left out."""
        return {**self.unusable, **self.left_out}

    def notices(self) -> list[str]:
        """Return one message for each kind of repair, omission or adjustment; empty if there were none."""
        is_unread = self.unread and not self.entities
        repaired = {f"transitions that scheme {self.scheme} does not allow, repaired": self.repairs}
        return [
            *_format_findings({reason: finding for reason, finding in repaired.items() if finding.count}),
            *_format_findings(self.omitted, prefix="left out: "),
            *_format_findings(self.adjusted),
            *([f"there are no entities, and these were not read: {self.unread_names}"] if is_unread else []),
        ]

    @property
    def unread_names(self) -> str:
        """The columns and keys that are not read, with their numbers; empty if there are none."""
        names = [f"{name}: {count:,}" for name, count in self.unread.items()]
        if len(names) > _MAX_SHOWN_NAMES:
            names[_MAX_SHOWN_NAMES:] = [f"and {len(names) - _MAX_SHOWN_NAMES:,} more"]
        return ", ".join(names)

    def unread_notices(self) -> list[str]:
        """Return a message on the columns and keys that are not read, which a copy will not have.

        Empty if there are none, and if :meth:`notices` names them.
        """
        return [f"not read, and so not written: {self.unread_names}"] if self.unread and self.entities else []


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReport:
    """Result of writing a corpus.

    Attributes:
        documents, entities: number of written documents and entities.
        labels: number of written entities by label.
        lost: content that the target cannot represent, or represents differently, by reason.
    """

    documents: int
    entities: int
    labels: Counter[str]
    lost: Mapping[str, Occurrences]

    def notices(self) -> list[str]:
        """Return one message for each kind of content that the target could not represent as it was."""
        return _format_findings(self.lost)


def _format_findings(findings: Mapping[str, Occurrences], *, prefix: str = "") -> list[str]:
    return [
        f"{prefix}{reason}: {finding.count:,}, first at {finding.places[0]}" for reason, finding in findings.items()
    ]


class OccurrenceCounter:
    """Counter of findings by reason, which keeps the first locations of each."""

    def __init__(self, places: int = PLACES_KEPT) -> None:
        self._max_places = places
        self._occurrences: dict[str, Occurrences] = {}

    def add(self, reason: str, *, where: str, what: str) -> None:
        previous = self._occurrences.get(reason, Occurrences())
        places = previous.places
        if len(places) < self._max_places:
            places = (*places, Location(where=where, what=what))
        self._occurrences[reason] = Occurrences(count=previous.count + 1, places=places)

    def frozen(self) -> Mapping[str, Occurrences]:
        return MappingProxyType(dict(self._occurrences))


@dataclass(slots=True)
class ReadTally:
    """Counts during reading.

    Attributes:
        lines: for the document that is being yielded, the line of each word, or the one line of the whole document;
            empty if the reader does not know them.
        unread: columns and keys that are not read, with the number of words, spans or records that have one.
        annotated: whether the file has a place for entities, even if there are none.
        sample: statistics of the first words.
        offsets: statistics of the bounds of the first entities, if the corpus gives them as offsets.
        covered_words: number of words in entities.
    """

    documents: int = 0
    sentences: int = 0
    words: int = 0
    scheme: str | None = None
    labels: Counter[str] = field(default_factory=Counter)
    repairs: OccurrenceCounter = field(default_factory=OccurrenceCounter)
    unusable: OccurrenceCounter = field(default_factory=OccurrenceCounter)
    left_out: OccurrenceCounter = field(default_factory=OccurrenceCounter)
    adjusted: OccurrenceCounter = field(default_factory=OccurrenceCounter)
    unread: Counter[str] = field(default_factory=Counter)
    lines: tuple[int, ...] = ()
    annotated: bool = False
    sample: WordSample = field(default_factory=WordSample)
    offsets: OffsetSample = field(default_factory=OffsetSample)
    covered_words: int = 0

    @classmethod
    def keeping(cls, places: int) -> ReadTally:
        """Return a tally that keeps ``places`` locations of each finding."""
        return cls(
            repairs=OccurrenceCounter(places),
            unusable=OccurrenceCounter(places),
            left_out=OccurrenceCounter(places),
            adjusted=OccurrenceCounter(places),
        )

    def count(self, document: Document) -> None:
        self.documents += 1
        self.sentences += len(document.sentences or ())
        self.words += len(document.words or ())
        self.labels.update(entity.label for entity in document.entities)
        self.covered_words += _count_covered_words(document)
        self.sample.add(word.text for word in document.words or ())
        if self.scheme is None:
            self.offsets.add(document)

    def report(self, *, forced: bool) -> ReadReport:
        return ReadReport(
            documents=self.documents,
            sentences=self.sentences,
            words=self.words,
            entities=self.labels.total(),
            labels=self.labels.copy(),
            scheme=self.scheme,
            scheme_forced=forced and self.scheme is not None,
            repairs=self.repairs.frozen().get("", Occurrences()),
            unusable=self.unusable.frozen(),
            left_out=self.left_out.frozen(),
            adjusted=self.adjusted.frozen(),
            unread=dict(self.unread),
        )


@dataclass(slots=True)
class WriteTally:
    """Counts during writing.

    A writer announces each document with ``begin``, then counts what it wrote and what was lost.
    """

    documents: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    lost: OccurrenceCounter = field(default_factory=OccurrenceCounter)
    _id: str = ""

    def begin(self, document: Document) -> None:
        self.documents += 1
        self._id = document.id

    def wrote(self, label: str) -> None:
        self.labels[label] += 1

    def lose(self, reason: str, what: str) -> None:
        """Count content of the current document that the target cannot represent as it is."""
        where = f"document {self.documents} {self._id!r}" if self._id else f"document {self.documents}"
        self.lost.add(reason, where=where, what=what)

    def lose_beyond(self, document: Document, *, holds: frozenset[str]) -> None:
        """Count the parts of a document that the format cannot represent.

        Args:
            document: the current document.
            holds: names of the parts that the format can represent.
        """
        parts = {
            "id": document.id,
            "words": document.words,
            "sentences": document.sentences,
            "sentence ids": any(sentence.id for sentence in document.sentences or ()),
            "scores": any(entity.score is not None for entity in document.entities),
            "meta": dict(document.meta),
            "layers": list(document.layers),
        }
        for name, part in parts.items():
            if part and name not in holds:
                self.lose(f"{name} cannot be kept", repr(part) if name in ("id", "meta", "layers") else name)

    def report(self) -> WriteReport:
        return WriteReport(
            documents=self.documents,
            entities=self.labels.total(),
            labels=self.labels.copy(),
            lost=self.lost.frozen(),
        )


def _count_covered_words(document: Document) -> int:
    """Count the given words of a document that its entities touch; words of several entities count several times."""
    if not document.words or not document.entities:
        return 0
    starts, ends = [word.start for word in document.words], [word.end for word in document.words]
    ranges = (words_touched(starts, ends, entity.start, entity.end) for entity in document.entities)
    return sum(max(0, end - first) for first, end in ranges)
