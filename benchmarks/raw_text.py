"""Loss of F1 if a model is given raw text instead of words and sentences.

    python benchmarks/raw_text.py [--model en] [--parts ewt written speed] [--split dev test] [--structure on off]

1. `ewt`: the dev set of the English Web Treebank with the words and sentences of the corpus, sentence by sentence, and
   as raw text in several layouts. The shipped model was trained on this text; for a model that was not, see
   `benchmarks/raw_text.toml`.
2. `written`: e-mails, lists and tables written for onoma, in `tests/data/raw_text`, as raw text.
3. `speed`: ratio of the processor time with and without structure, measured in turn with one thread, on web text (the
   treebank) and on newswire-like text (wikigold). For reading without the encoder, the difference is reported as a
   share of the time to tag.

Exact F1 is computed over persons, locations and organisations, whatever label names a model uses; MISC is scored
separately if the corpus annotates it. `over_line_ends` counts entities that contain a line end, a tab or several
blanks: gold ones, correctly predicted ones and spurious ones. With two settings of `--structure`, the difference
between the first and the second is reported with a 95 % interval and p-values, paired by document.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from english import LABELS, SPACY, WNUT, figures
from results import DATA, spread, write_result

import onoma
from onoma.corpora import ReadOptions, read
from onoma.metrics import Aligned, Mention, Sample, align, compare, tally
from onoma.tagger import Tagger
from onoma.text import Document

WRITTEN = Path(__file__).parents[1] / "tests" / "data" / "raw_text"
COLUMNS = 72
ROUNDS = 5
NEW_NAMES = {**SPACY, **WNUT}
WITHOUT_MISC = frozenset(["MISC"])
_LINE_END = re.compile(r"[\n\r\t]|  ")


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence in its original spelling.

    Attributes:
        document: the sentence as a document of its own, with offsets relative to its start.
        begins_paragraph: whether a paragraph of the corpus begins here.
    """

    document: Document
    begins_paragraph: bool


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the model, its dtype and the settings of `structure`."""
    parser.add_argument("--model", default="en")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--structure", nargs="+", choices=("on", "off"), default=[], help="in raw text; one or both")
    parser.add_argument("--label", default="", help="added to the name of the file of results")


def load_models(options: argparse.Namespace) -> dict[str, Tagger]:
    """Load the model with one thread, by setting: unchanged, or with each given setting of ``structure``."""
    load: Callable[..., Tagger] = partial(onoma.load, options.model, dtype=options.dtype, threads=1)
    if not options.structure:
        return {"as it comes": load()}
    return {f"structure {setting}": load(structure=setting == "on") for setting in options.structure}


def write(name: str, options: argparse.Namespace, result: Mapping[str, object]) -> None:
    """Write results to ``NAME.json``, or to ``NAME-LABEL.json`` if there is a label."""
    write_result(f"{name}-{options.label}" if options.label else name, result)


def renamed(document: Document) -> Document:
    """Return the document with labels renamed to PER, LOC and ORG, without entities whose new label is ""."""
    names = {entity.label: NEW_NAMES.get(entity.label, entity.label) for entity in document.entities}
    return document.with_entities(
        document.entity(entity.start, entity.end, names[entity.label], score=entity.score)
        for entity in document.entities
        if names[entity.label]
    )


def measure(tagger: Tagger, documents: Sequence[Document]) -> list[Aligned]:
    """Tag documents without their gold entities, and align gold and predicted entities."""
    bare = (replace(document, entities=()) for document in documents)
    return list(align(documents, map(renamed, tagger.tag_many(bare))))


def ewt() -> list[Document]:
    """Return the dev set of the English Web Treebank with its words and sentences."""
    return list(read(DATA / "ewt" / "en_ewt-ud-dev.iob2", options=ReadOptions(unannotated=WITHOUT_MISC)))


def passages(documents: Iterable[Document]) -> list[list[Passage]]:
    """Return the sentences of each document in their original spelling.

    In some sentences, the file with entities has blanks between the parts of a word. The file with trees has the
    original spelling and the paragraphs, but no entities.
    """
    trees = read(DATA / "ewt" / "en_ewt-ud-dev.conllu", options=ReadOptions(texts_only=True))
    written = {tree.id: tree for tree in trees}
    return [_passages(document, written[document.id]) for document in documents]


def _passages(document: Document, written: Document) -> list[Passage]:
    beginnings = written.meta.get("newpar")
    assert isinstance(beginnings, list)
    paragraphs = {position for position, _ in beginnings}
    found = []
    for position, (theirs, ours) in enumerate(
        zip(document.sentences or (), written.sentences or (), strict=True),
    ):
        text = written.text[ours.start : ours.end]
        places = [place for place, character in enumerate(text) if not character.isspace()]
        spaced = document.text[theirs.start : theirs.end]
        assert "".join(spaced.split()) == "".join(text.split())
        sentence = Document(text, id=ours.id, unannotated=document.unannotated)
        entities = []
        for entity in document.entities:
            if theirs.start <= entity.start < theirs.end:
                first = len("".join(document.text[theirs.start : entity.start].split()))
                last = first + len("".join(entity.text.split())) - 1
                entities.append(sentence.entity(places[first], places[last] + 1, entity.label))
        found.append(Passage(sentence.with_entities(entities), position in paragraphs))
    return found


def joined(parts: Sequence[Passage], *, sentences: str, paragraphs: str, id: str) -> Document:
    """Join sentences to one raw text, with the given separators between sentences and between paragraphs."""
    text = ""
    entities = []
    for part in parts:
        text += (paragraphs if part.begins_paragraph else sentences) if text else ""
        entities += [(len(text) + one.start, len(text) + one.end, one.label) for one in part.document.entities]
        text += part.document.text
    whole = Document(text, id=id, unannotated=parts[0].document.unannotated)
    return whole.with_entities(whole.entity(*entity) for entity in entities)


def wrapped(document: Document, columns: int) -> Document:
    """Wrap lines at ``columns`` by replacing blanks with line feeds; offsets do not change."""
    characters = list(document.text)
    start, blank = 0, None
    for place, character in enumerate([*characters, "\n"]):
        if character in " \n":
            if place - start > columns and blank is not None:
                characters[blank] = "\n"
                start = blank + 1
            blank = place if character == " " else None
            start = place + 1 if character == "\n" else start
    text = "".join(characters)
    whole = Document(text, id=document.id, unannotated=document.unannotated)
    return whole.with_entities(whole.entity(one.start, one.end, one.label) for one in document.entities)


def by_sentence(document: Document) -> Iterator[Document]:
    """Yield each sentence of a document as a document with its words."""
    for sentence in document.sentences or ():
        inside = [
            replace(word, start=word.start - sentence.start, end=word.end - sentence.start)
            for word in document.words or ()
            if sentence.start <= word.start < sentence.end
        ]
        text = document.text[sentence.start : sentence.end]
        part = Document(text, id=f"{document.id} {sentence.id}", words=tuple(inside), unannotated=document.unannotated)
        yield part.with_entities(
            part.entity(one.start - sentence.start, one.end - sentence.start, one.label)
            for one in document.entities
            if sentence.start <= one.start < sentence.end
        )


def ewt_layouts() -> dict[str, list[Document]]:
    """Return the documents of the treebank in every layout, with the same entities."""
    documents = ewt()
    parts = passages(documents)

    def raw(sentences: str, paragraphs: str) -> list[Document]:
        return [
            joined(part, sentences=sentences, paragraphs=paragraphs, id=document.id)
            for part, document in zip(parts, documents, strict=True)
        ]

    return {
        "words and sentences given": documents,
        "words given, sentence by sentence": [one for document in documents for one in by_sentence(document)],
        "raw, sentence by sentence": [
            replace(one.document, id=f"{document.id} {one.document.id}")
            for part, document in zip(parts, documents, strict=True)
            for one in part
        ],
        "raw, paragraphs between blank lines": raw(" ", "\n\n"),
        "raw, paragraphs on lines": raw(" ", "\n"),
        "raw, sentences on lines": raw("\n", "\n\n"),
        f"raw, wrapped at {COLUMNS} columns": [wrapped(document, COLUMNS) for document in raw(" ", "\n\n")],
    }


def over_line_ends(pairs: Iterable[Aligned]) -> dict[str, int]:
    """Count entities that contain a line end, a tab or several blanks: gold, found and spurious ones."""
    counts = {"gold": 0, "found": 0, "spurious": 0}
    for pair in pairs:
        gold, predicted = _over_line_ends(pair, pair.gold), _over_line_ends(pair, pair.predicted)
        counts["gold"] += len(gold)
        counts["found"] += len(gold & predicted)
        counts["spurious"] += len(predicted - gold)
    return counts


def _over_line_ends(pair: Aligned, mentions: Iterable[Mention]) -> set[tuple[int, int, str]]:
    return {
        (one.start, one.end, one.label)
        for one in mentions
        if _LINE_END.search(pair.document.text, one.start - pair.base, one.end - pair.base)
    }


def report(pairs: Sequence[Aligned]) -> dict[str, object]:
    """Return the scores, and the counts of entities that contain line ends."""
    return figures(tally(pairs)) | {"over_line_ends": over_line_ends(pairs)}


def genres(pairs: Iterable[Aligned]) -> dict[str, object]:
    """Return F1 of each genre of the English Web Treebank."""
    groups: dict[str, list[Aligned]] = defaultdict(list)
    for pair in pairs:
        groups[pair.document.id.split("-")[0]].append(pair)
    return {genre: figures(tally(group))["f1"] for genre, group in sorted(groups.items())}


def sample(pairs: Iterable[Aligned]) -> Sample:
    """Return the counts of the three labels by document, for significance tests."""
    three = []
    for pair in pairs:
        predicted = [
            (one, score) for one, score in zip(pair.predicted, pair.scores, strict=True) if one.label in LABELS
        ]
        three.append(
            replace(
                pair,
                gold=tuple(one for one in pair.gold if one.label in LABELS),
                predicted=tuple(one for one, _ in predicted),
                scores=tuple(score for _, score in predicted),
            )
        )
    return Sample.of(three)


def difference(pairs: Mapping[str, Sequence[Aligned]]) -> dict[str, object]:
    """Return the F1 of the first setting minus that of the second, with tests; empty unless there are two."""
    if len(pairs) != 2:
        return {}
    ours, theirs = map(sample, pairs.values())
    return {"difference": compare(ours, theirs).f1.to_json()}


def corpora(options: argparse.Namespace) -> dict[str, list[Document]]:
    """Return the documents of the requested parts by name."""
    found: dict[str, list[Document]] = {}
    if "ewt" in options.parts:
        found |= {f"ewt dev, {layout}": documents for layout, documents in ewt_layouts().items()}
    if "written" in options.parts:
        for split in options.split:
            files = {path.name.split(".")[0]: list(read(path)) for path in sorted(WRITTEN.glob(f"*.{split}.jsonl"))}
            found[f"written {split}"] = [document for documents in files.values() for document in documents]
            found |= {f"written {split}, {name}": documents for name, documents in files.items()}
    return found


def speed(options: argparse.Namespace) -> dict[str, object]:
    """Measure the processor time with and without structure."""
    on, off = (onoma.load(options.model, dtype=options.dtype, threads=1, structure=each) for each in (True, False))
    texts = {
        "web text": [joined(part, sentences=" ", paragraphs="\n", id="").text for part in passages(ewt())],
        "wikigold": [document.text for document in read(DATA / "wikigold" / "wikigold.conll.txt")],
    }
    found: dict[str, object] = {}
    for name, own in texts.items():
        documents = [Document(text) for text in own]
        tagging, reading = [], []
        for _ in range(ROUNDS + 1):
            seconds = [_seconds(partial(deque, tagger.tag_many(own), 0)) for tagger in (on, off)]
            parts = [
                _seconds(partial(tagger.bundle.windower(structure=tagger is on).encode, documents))
                for tagger in (on, off)
            ]
            tagging.append(seconds[0] / seconds[1])
            reading.append((parts[0] - parts[1]) / seconds[1])
        found[name] = {"tagging": spread(tagging[1:]), "reading, share of tagging": spread(reading[1:])}
    return found


def _seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_model_options(parser)
    parser.add_argument("--parts", nargs="+", choices=("ewt", "written", "speed"), default=["ewt", "written"])
    parser.add_argument("--split", nargs="+", choices=("dev", "test"), default=["dev"], help="of the written texts")
    options = parser.parse_args()
    taggers = load_models(options)
    result: dict[str, object] = {"model": Path(options.model).name}
    for name, documents in corpora(options).items():
        pairs = {setting: measure(tagger, documents) for setting, tagger in taggers.items()}
        found: dict[str, object] = {
            setting: report(each) | ({"genres": genres(each)} if name.startswith("ewt") else {})
            for setting, each in pairs.items()
        }
        result[name] = found | difference(pairs)
    if "speed" in options.parts:
        result["speed"] = speed(options)
    write("raw_text", options, result)


if __name__ == "__main__":
    main()
