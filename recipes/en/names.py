"""Sources of names: lists, generated names of people and companies, and gazetteers from annotated corpora.

The lists are in ``lists/``. People are combined from first names and surnames. The licences of the corpora are in
README.md.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from unicodedata import combining, normalize

from onoma.corpora import read

CORPORA = [
    "wikiann/en.train", "wikigold/wikigold.conll.txt", "ewt/en_ewt-ud-dev.iob2", "wnut17/wnut17train.conll",
    *(f"btc/{section}.conll" for section in "abeg"),
]  # fmt: skip
LABELS = {"person": "PER", "location": "LOC", "corporation": "ORG", "PER": "PER", "LOC": "LOC", "ORG": "ORG"}
GAZETTEER_SHARE = {"person": 0.25, "city": 0.12, "place": 0.4, "company": 0.12, "body": 0.08}
PEOPLE = ("person", "man", "woman")

_CLEAN = re.compile(r"[A-Z][\w'.&-]*(?: (?:[A-Z][\w'.&-]*|of|the|and|de|da|van|von|der|den|la|&))*")
_UNLIKE = re.compile(
    r"\d|\b(?:List|He|She|The|It|In|This|Redirect|Of|And|Category|District|Disambiguation|II|III|IV|VI|VII|VIII|IX|XI|XII)\b|\.\."
)
_TITLED = re.compile(
    r"(?:President|Mr|Mrs|Ms|Dr|Sir|Lord|Lady|King|Queen|Prince|Princess|Pope|Saint|St|Captain|Senator|General|Justice)\b"
)
_ORGANISED = re.compile(
    r"\b(?:University|College|Institute|School|Bank|Group|Company|Corporation|Inc|Ltd|Party|Union|Council|Committee|"
    r"Association|Federation|Society|Foundation|Commission|Agency|Ministry|Department|Airlines|Airways|Motors|Records|"
    r"Press|Radio|Network|Times|News|Television|Hospital|Army|Navy|Corps|Force|Court|Church|Congress|Museum|Orchestra|"
    r"Industries|Railway|Railroad|Club|Academy|Board|Services|Authority|Studios|Entertainment|Editors|Pictures)\b"
)
_HEAD = re.compile(r"\[(\w+) ([^\]]+)\]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A named thing with its surface forms; each form has a label, which is "-" for no label."""

    forms: Mapping[str, tuple[str, str]]

    def has(self, column: str) -> bool:
        return column in self.forms

    def form(self, column: str) -> tuple[str, str]:
        """Return text and label of a form; if it is missing, those of the name."""
        return self.forms.get(column, self.forms["name"])

    def __hash__(self) -> int:
        return hash(self.forms["name"])


@dataclass(frozen=True, slots=True)
class Culture:
    """First names and surnames that are combined freely, and the countries that they are from."""

    countries: list[str]
    men: list[str]
    women: list[str]
    surnames: list[str]


class Names:
    """All lists by name, and generated entries for ``person``, ``man``, ``woman`` and partly ``company``."""

    def __init__(self, folder: Path, *, data: Path | None, chance: random.Random) -> None:
        self._chance = chance
        self._lists: dict[str, list[Entry]] = {}
        for path in sorted(folder.glob("*.txt")):
            if path.stem != "people":
                self._lists.update(read_lists(path))
        self._cultures = list(read_cultures(folder / "people.txt"))
        self._countries = {entry.form("name")[0]: entry for entry in self._lists["country"]}
        self._gazetteer = {
            label: (list(counts), list(accumulate(count**0.5 for count in counts.values())))
            for label, counts in (self._without_adjectives(collect(data)) if data is not None else {}).items()
        }

    def draw(self, name: str, *, home: Entry | None = None) -> Entry:
        """Draw an entry of a list; a person comes from the country ``home`` if there are names for it.

        Raises:
            KeyError: there is no such list.
        """
        if name in PEOPLE:
            return self._person(name, home=home)
        collected = self._chance.random() < GAZETTEER_SHARE.get(name, 0) and bool(self._gazetteer)
        if name == "place":
            return self._collected("LOC") if collected else self._chance.choice(self._lists["city"])
        if collected:
            return self._collected("LOC" if name == "city" else "ORG")
        if name == "company" and self._chance.random() < 0.5:
            return self._company()
        return self._chance.choice(self._lists[name])

    def _without_adjectives(self, counts: dict[str, Counter[str]]) -> dict[str, Counter[str]]:
        """Remove names that the lists label MISC; corpora annotate "Iraqi" and "European" as places."""
        others = {form for entries in self._lists.values() for entry in entries for form in entry.forms.values()}
        return {
            label: Counter({name: count for name, count in found.items() if (name, "MISC") not in others})
            for label, found in counts.items()
        }

    def _collected(self, label: str) -> Entry:
        names, weights = self._gazetteer[label]
        [name] = self._chance.choices(names, cum_weights=weights)
        return Entry({"name": (name, label)})

    def _person(self, kind: str, *, home: Entry | None) -> Entry:
        chance = self._chance
        known = [culture for culture in self._cultures if home and home.form("name")[0] in culture.countries]
        culture = chance.choice(known or self._cultures)
        country = home or self._countries[chance.choice(culture.countries)]
        woman = kind == "woman" or (kind == "person" and chance.random() < 0.2)
        first = chance.choice(culture.women if woman else culture.men)
        last = chance.choice(culture.surnames)
        if kind == "person" and self._gazetteer and chance.random() < GAZETTEER_SHARE["person"]:
            names, weights = self._gazetteer["PER"]
            first, last = parted(chance.choices(names, cum_weights=weights)[0])
            woman = False
        eastern = {"China", "Taiwan", "South Korea", "North Korea"} & set(culture.countries)
        name = f"{last} {first}" if eastern and " " not in f"{first}{last}" else f"{first} {last}"
        forms = {
            "name": (name, "PER"),
            "short": (last, "PER"),
            "last": (last, "PER"),
            "first": (first, "PER"),
            "initial": (f"{first[0]}. {last}", "PER"),
            "reversed": (f"{last} {first[0]}.", "PER"),
            "he": ("she" if woman else "he", "-"),
            "his": ("her" if woman else "his", "-"),
            "him": ("her" if woman else "him", "-"),
            "Mr": (chance.choice(["Mrs", "Ms"]) if woman else "Mr", "-"),
        }
        forms |= {"country": country.form("name"), "adj": country.form("adj"), "code": country.form("code")}
        return Entry(forms)

    def _company(self) -> Entry:
        """Return a fictitious company: a surname, city or coined name with a trade, a legal form or both."""
        chance = self._chance
        culture = chance.choice(self._cultures)
        maker = chance.choice(
            [
                chance.choice(culture.surnames),
                self._chance.choice(self._lists["city"]).form("name")[0],
                self._chance.choice(self._lists["coined"]).form("name")[0],
                self._chance.choice(self._lists["coined"]).form("name")[0],
                f"{chance.choice(culture.surnames)} & {chance.choice(culture.surnames)}",
            ]
        )
        trade = self._chance.choice(self._lists["trade"]).form("name")[0]
        legal = self._chance.choice(self._lists["legal"]).form("name")[0]
        name = chance.choice([f"{maker} {trade} {legal}", f"{maker} {legal}", f"{maker} {trade}", f"{maker} {trade}"])
        return Entry({"name": (name, "ORG"), "short": (maker, "ORG")})


def parted(name: str) -> tuple[str, str]:
    """Split a name into first names and surname; a particle belongs to the surname."""
    words = name.split()
    at = next((at for at, word in enumerate(words[1:], 1) if word.islower()), len(words) - 1)
    return " ".join(words[:at]), " ".join(words[at:])


def read_lists(path: Path) -> Iterator[tuple[str, list[Entry]]]:
    """Yield name and entries of each list of a file."""
    name, columns, entries = "", list[tuple[str, str]](), list[Entry]()
    for line in path.read_text(encoding="utf-8").splitlines():
        head = _HEAD.fullmatch(line)
        if head:
            name, entries = head[1], []
            columns = [(column, label) for column, _, label in (part.partition(":") for part in head[2].split())]
            yield name, entries
        elif line and not line.startswith("#"):
            for text in line.split(" ; "):
                forms = [form.strip() for form in text.split("|")]
                pairs = zip(columns, forms, strict=False)
                entries.append(Entry({column: (form, label) for (column, label), form in pairs if form}))


def read_cultures(path: Path) -> Iterator[Culture]:
    """Yield the cultures of people.txt."""
    block: list[list[str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            block.append([name.strip() for name in line.strip("[]").split(": ", 1)[-1].split(",")])
        if len(block) == 4:
            yield Culture(*block)
            block = []


def collect(data: Path) -> dict[str, Counter[str]]:
    """Count the names in the training corpora under ``data`` by label, without those that look like noise.

    Newswire is written in ASCII: accents are removed, and names with other non-ASCII letters are left out.
    """
    counts = {label: Counter[str]() for label in ("PER", "LOC", "ORG")}
    for corpus in CORPORA:
        for document in read(data / corpus):
            for entity in document.entities:
                label = LABELS.get(entity.label)
                name = "".join(letter for letter in normalize("NFKD", entity.text) if not combining(letter))
                if label and name.isascii() and likely(name, label):
                    counts[label][name] += 1
    firsts = Counter(name.split()[0] for name in counts["PER"])
    trusted = {
        "PER": lambda name: firsts[name.split()[0]] > 2,
        "LOC": lambda name: counts["LOC"][name] > 1,
        "ORG": lambda name: bool(_ORGANISED.search(name)),
    }
    return {
        label: Counter({name: count for name, count in found.items() if trusted[label](name)})
        for label, found in counts.items()
    }


def likely(name: str, label: str) -> bool:
    """Return whether a name is plausible for its label: capitalised, without digits and brackets, of a usual length."""
    words = name.split()
    fits = 2 <= len(words) <= 3 if label == "PER" else len(words) <= 4
    plain = _CLEAN.fullmatch(name) and not _UNLIKE.search(name) and not words[-1].islower()
    plain = plain and not (label == "PER" and ({"and", "of", "the", "&"} & set(words) or _TITLED.match(name)))
    plain = plain and not (label == "LOC" and name.isupper())
    return fits and len(name) > 3 and bool(plain) and (label == "ORG" or not _ORGANISED.search(name))
