"""What reading or writing a corpus came to: counts, and what could not be used or held, by reason and place.

The tallies count while documents stream by; the reports are their frozen result. They know no format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from onoma.corpora.word_sample import WordSample
from onoma.text import Document

PLACES_KEPT = 5
"""How many places a finding names by default; it counts all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where something was found and what it was.

    Attributes:
        where: `path:line` when reading, `document 3 'id'` when writing.
        what: the annotation, as the file or the document has it.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """How often something was found, and the first few places."""

    count: int = 0
    places: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport:
    """What reading a corpus came to.

    Attributes:
        documents, sentences, words, entities: counts; sentences and words are those that the corpus itself gave.
        labels: entities by label.
        scheme: name of the tagging scheme; None where the corpus holds spans.
        scheme_forced: the caller named the scheme; it was not detected.
        repairs: steps from tag to tag that the scheme does not allow and that were repaired.
        unusable: annotations that were left out, by reason.
        adjusted: what was used in another form than in the file, by reason.
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
    adjusted: Mapping[str, Occurrences]

    def notices(self) -> list[str]:
        """What was repaired, left out or read otherwise, a sentence each; nothing where all was well."""
        repaired = {f"steps that scheme {self.scheme} does not allow, repaired": self.repairs}
        return [
            *_sentences({reason: finding for reason, finding in repaired.items() if finding.count}),
            *_sentences(self.unusable, prefix="left out: "),
            *_sentences(self.adjusted),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReport:
    """What writing a corpus came to.

    Attributes:
        documents, entities: how many were written.
        labels: written entities by label.
        lost: what the target could not hold, or holds otherwise, by reason.
    """

    documents: int
    entities: int
    labels: Counter[str]
    lost: Mapping[str, Occurrences]

    def notices(self) -> list[str]:
        """What the target could not hold as it was, a sentence each."""
        return _sentences(self.lost)


def _sentences(findings: Mapping[str, Occurrences], *, prefix: str = "") -> list[str]:
    return [
        f"{prefix}{reason}: {finding.count:,}, first at {finding.places[0]}" for reason, finding in findings.items()
    ]


class OccurrenceCounter:
    """Counts things by reason and keeps the first places of each."""

    def __init__(self, places: int = PLACES_KEPT) -> None:
        self._places = places
        self._found: dict[str, Occurrences] = {}

    def add(self, reason: str, *, where: str, what: str) -> None:
        before = self._found.get(reason, Occurrences())
        places = before.places
        if len(places) < self._places:
            places = (*places, Location(where=where, what=what))
        self._found[reason] = Occurrences(count=before.count + 1, places=places)

    def frozen(self) -> Mapping[str, Occurrences]:
        return MappingProxyType(dict(self._found))


@dataclass(slots=True)
class ReadTally:
    """Counts while reading.

    Attributes:
        lines: of the document that is being yielded: the line of each of its words, or the one line of the whole
            document; empty where the reader does not know.
        annotated: the file has a place for entities, whether or not it has any.
        sample: the first words.
        covered_words: words in entities.
    """

    documents: int = 0
    sentences: int = 0
    words: int = 0
    scheme: str | None = None
    labels: Counter[str] = field(default_factory=Counter)
    repairs: OccurrenceCounter = field(default_factory=OccurrenceCounter)
    unusable: OccurrenceCounter = field(default_factory=OccurrenceCounter)
    adjusted: OccurrenceCounter = field(default_factory=OccurrenceCounter)
    lines: tuple[int, ...] = ()
    annotated: bool = False
    sample: WordSample = field(default_factory=WordSample)
    covered_words: int = 0

    @classmethod
    def keeping(cls, places: int) -> ReadTally:
        """A tally that names so many places of each finding."""
        return cls(
            repairs=OccurrenceCounter(places), unusable=OccurrenceCounter(places), adjusted=OccurrenceCounter(places)
        )

    def count(self, document: Document) -> None:
        self.documents += 1
        self.sentences += len(document.sentences or ())
        self.words += len(document.words or ())
        self.labels.update(entity.label for entity in document.entities)
        self.covered_words += sum(len(entity.text.split()) for entity in document.entities)
        self.sample.add(word.text for word in document.words or ())

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
            adjusted=self.adjusted.frozen(),
        )


@dataclass(slots=True)
class WriteTally:
    """Counts while writing; a writer says which document it is at, then what it wrote and lost of it."""

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
        """Something of the present document that the target cannot hold as it is."""
        where = f"document {self.documents} {self._id!r}" if self._id else f"document {self.documents}"
        self.lost.add(reason, where=where, what=what)

    def lose_beyond(self, document: Document, *, holds: frozenset[str]) -> None:
        """Count the parts of a document, by name, that a format without them drops as a whole."""
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
                self.lose(f"{name} cannot be held", repr(part) if name in ("id", "meta", "layers") else name)

    def report(self) -> WriteReport:
        return WriteReport(
            documents=self.documents,
            entities=self.labels.total(),
            labels=self.labels.copy(),
            lost=self.lost.frozen(),
        )
