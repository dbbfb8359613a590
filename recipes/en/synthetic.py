"""Generator of annotated English text for training, from templates and lists of names: ``word<TAB>tag`` in BIO.

The syntax of the templates is described in README.md. A document is a story (headline, lead and body of one topic) or a
whole document of a topic, such as a table or a message. Within a document, the same key always refers to the same
entry, so that a person is first "Anna Weber" and later "Weber". Names come from the module ``names``.
"""

from __future__ import annotations

import argparse
import os
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

from names import PEOPLE, Entry, Names

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
TITLED = 0.25  # share of title case among the headlines that are not in capitals
SMALL = frozenset(
    ["a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "over", "the", "to", "v", "with", "'s"]
)

Word = tuple[str, str]
Sentence = list[Word]

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_CHUNK = re.compile(r"(?:\{[^}]*\}|[^\s{}])+")
_SLOT = re.compile(r"\{([^}]*)\}")
_TIMES = re.compile(r"\*(\d+)-(\d+) (.*)")
_RANGE = re.compile(r"(n|f|nn) (\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class Topic:
    """A template file: parts of stories, and whole documents."""

    weight: float
    stories: float
    capitals: float
    lower: float
    upper: float
    parts: dict[str, list[str]]
    wholes: list[list[str]]

    @classmethod
    def read(cls, path: Path) -> Topic:
        parts: dict[str, list[str]] = {}
        wholes: list[list[str]] = []
        settings = {"weight": 1.0, "stories": 0.7, "capitals": 0.9, "lower": 0.03, "upper": 0.06}
        part = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                continue
            if line.startswith("== "):
                part = line.removeprefix("== ")
                parts.setdefault(part, [])
                wholes.append([])
            elif not part and line:
                name, value = line.split(" = ")
                settings[name] = float(value)
            elif part == "whole" and not line:
                wholes.append([])
            elif part == "whole":
                wholes[-1].append(line)
            elif part == "line" and line:
                wholes.append([line])
            elif line:
                parts[part].append(line)
        return cls(**settings, parts=parts, wholes=[whole for whole in wholes if whole])


@dataclass(slots=True)
class Cast:
    """Entries that have appeared in a document, by key."""

    entries: dict[str, Entry] = field(default_factory=dict)
    mentioned: set[str] = field(default_factory=set)
    rank: int = 0

    def forget(self, *, prefix: str) -> None:
        """Remove the entries whose key starts with the prefix."""
        local = {place for place in self.entries if place.partition("#")[2].startswith(prefix)}
        self.entries = {place: entry for place, entry in self.entries.items() if place not in local}
        self.mentioned -= local


class Writer:
    """Generator of documents from a folder of templates and names with one random number generator."""

    def __init__(self, templates: Path, *, seed: int, data: Path | None) -> None:
        self._chance = random.Random(seed)
        self._names = Names(HERE / "lists", data=data, chance=self._chance)
        self._topics = {path.stem: Topic.read(path) for path in sorted(templates.glob("*.txt"))}
        self._frame = self._topics.pop("frame").parts if "frame" in self._topics else {}

    def document(self) -> list[Sentence]:
        """Generate a document: a story, or a whole document such as a table."""
        topics = list(self._topics.values())
        [topic] = self._chance.choices(topics, [topic.weight for topic in topics])
        cast = Cast()
        story = bool(topic.parts.get("body")) and (not topic.wholes or self._chance.random() < topic.stories)
        lines = self._story(topic) if story else self._whole(topic)
        return [self._recased(self._line(line, cast, capitals=topic.capitals), topic) for line in lines]

    def _story(self, topic: Topic) -> list[str]:
        chance, frame = self._chance, self._frame
        lines = ["! " + chance.choice(topic.parts["headline"])]
        if chance.random() < 0.5:
            lines.append(chance.choice(frame["byline"]))
        lead = chance.choice(topic.parts["lead"])
        if chance.random() < 0.7:
            lines += [chance.choice(frame["dateline"]), lead]
        else:
            lines.append(f"{chance.choice(frame['opening'])} {lead}")
        body = topic.parts["body"] + [other for other in topic.parts["lead"] if other != lead]
        lines += chance.sample(body, min(len(body), chance.randint(2, 11)))
        if chance.random() < 0.12:
            lines.append(chance.choice(frame["end"]))
        return lines

    def _whole(self, topic: Topic) -> list[str]:
        lines: list[str] = []
        for line in self._chance.choice(topic.wholes):
            times = _TIMES.fullmatch(line)
            if line == "@dateline":
                lines.append(self._chance.choice(self._frame["dateline"]))
            elif times:
                lines += [times[3]] * self._chance.randint(int(times[1]), int(times[2]))
            else:
                lines.append(line)
        return lines

    def _line(self, line: str, cast: Cast, *, capitals: float) -> Sentence:
        if not line.startswith("! "):
            return self._fill(line, cast)
        words = self._fill(line.removeprefix("! "), cast)
        if self._chance.random() < capitals:
            return [(word.upper(), tag) for word, tag in words]
        if self._chance.random() < TITLED:
            return [(word if word in SMALL else word[:1].upper() + word[1:], tag) for word, tag in words]
        return words

    def _fill(self, template: str, cast: Cast) -> Sentence:
        while _CHOICE.search(template):
            template = _CHOICE.sub(lambda found: self._chance.choice(found[1].split("|")), template, count=1)
        words: Sentence = []
        for chunk in _CHUNK.findall(template):
            words += self._chunk(chunk, cast)
        cast.forget(prefix="_")
        return [(words[0][0][:1].upper() + words[0][0][1:], words[0][1]), *words[1:]]

    def _chunk(self, chunk: str, cast: Cast) -> Sentence:
        """Fill a word, a slot, or slots joined to other characters; a joined name, as in "Paris-based", is MISC."""
        slots = _SLOT.findall(chunk)
        if not slots:
            return [(chunk, "O")]
        values = iter([self._slot(slot, cast) for slot in slots])
        if _SLOT.fullmatch(chunk):
            return tagged(*next(values))
        labels: list[str] = []

        def text(_: re.Match[str]) -> str:
            value, label = next(values)
            labels.append(label)
            return value

        glued = _SLOT.sub(text, chunk)
        return tagged(glued, "MISC" if any(label != "-" for label in labels) else "-")

    def _slot(self, slot: str, cast: Cast) -> tuple[str, str]:
        """Return text and label of a slot: ``list.column#key!``, ``LABEL=text``, ``rank`` or a number."""
        label, equals, text = slot.partition("=")
        if equals:
            return text, label
        number = _RANGE.fullmatch(slot)
        if number:
            value = self._chance.randint(int(number[2]), int(number[3]))
            forms = {"n": f"{value}", "nn": f"{value:,}", "f": f"{value}.{self._chance.randint(0, 9)}"}
            return forms[number[1]], "-"
        if slot == "rank":
            cast.rank += 1
            return str(cast.rank), "-"
        raised = slot.endswith("!")
        name, _, key = slot.rstrip("!").partition("#")
        list_name, _, column = name.partition(".")
        entry = self._entry(list_name, key, cast)
        text, label = entry.form(column or self._mention(entry, f"{list_name}#{key}" if key else "", cast))
        return text.upper() if raised else text, label

    def _entry(self, list_name: str, key: str, cast: Cast) -> Entry:
        """Return the entry of a key; a person comes from the country with the same key, if there is one."""
        place = f"{list_name}#{key}"
        if key and place in cast.entries:
            return cast.entries[place]
        home = cast.entries.get(f"country#{key}") if key and list_name in PEOPLE else None
        entry = self._names.draw(list_name, home=home)
        for _ in range(20):
            if entry not in cast.entries.values():
                break
            entry = self._names.draw(list_name, home=home)
        if key:
            cast.entries[place] = entry
        return entry

    def _mention(self, entry: Entry, place: str, cast: Cast) -> str:
        """Return the column to use: the full name at first mention, later mostly the short form."""
        known = place in cast.mentioned
        if place:
            cast.mentioned.add(place)
        return "short" if known and entry.has("short") and self._chance.random() < 0.85 else "name"

    def _recased(self, sentence: Sentence, topic: Topic) -> Sentence:
        draw = self._chance.random()
        if draw < topic.lower:
            return [(word.lower(), tag) for word, tag in sentence]
        if draw < topic.lower + topic.upper:
            return [(word.upper(), tag) for word, tag in sentence]
        return sentence


def tagged(text: str, label: str) -> Sentence:
    """Return the words of a text with BIO tags of one label; "-" means no label."""
    words = text.split(" ")
    if label == "-":
        return [(word, "O") for word in words]
    return [(word, f"{'I' if at else 'B'}-{label}") for at, word in enumerate(words)]


def main() -> None:
    """Parse the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(path.name for path in TEMPLATES.iterdir()))
    parser.add_argument("--sentences", type=int, default=12000, help="at least so many; the last document is whole")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("ONOMA_DATA") or None,
        help="folder of the corpora whose names join the lists; by default that of ONOMA_DATA, or none",
    )
    options = parser.parse_args()
    writer = Writer(TEMPLATES / options.kind, seed=options.seed, data=options.data)
    written = 0
    with options.output.open("w", encoding="utf-8", newline="\n") as target:
        while written < options.sentences:
            sentences = writer.document()
            written += len(sentences)
            target.write("-DOCSTART-\tO\n\n")
            for sentence in sentences:
                target.writelines(f"{word}\t{tag}\n" for word, tag in sentence)
                target.write("\n")


if __name__ == "__main__":
    main()
