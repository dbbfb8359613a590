"""Long texts: completeness, memory, and consistency of the predictions at the edges of windows.

    python benchmarks/long_text.py [--model runs/wnut17-1] [--texts FILE] [--parts sizes edges overlaps]

1. `sizes`: texts of 20,000, 200,000 and 2,000,000 characters of real lines are tagged, each in a separate process.
   Reported are the time, the increase of peak memory during tagging, and the entities found in the last sentence.
2. `edges`: a text of 100,000 characters is tagged with prefixes of several lengths, which shift every window. Reported
   is the share of entities of the unshifted text that are found in the shifted one, separately for entities within 8
   words of an edge between the cores of two windows, and for all others.
3. `overlaps`: the effect of the overlap of windows on the exact F1 of the English model over persons, locations and
   organisations. The texts are the dev set of WNUT 2017 and the half of section h of the Broad Twitter Corpus that the
   model was not trained on (200 tweets per text), and the held-out articles of wikigold (10 per text), joined by line
   feeds or by blanks. Each is grouped from three starting points and averaged, since the result depends on where the
   windows happen to be cut. Also reported is the number of computed subwords, including special tokens, divided by the
   number of subwords of the texts.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from english import LABELS, WNUT
from results import DATA, write_result

import onoma
from onoma.api.loading import backend_of
from onoma.bundle import load_bundle
from onoma.bundle.manifest import WindowConfig
from onoma.corpora import ReadOptions, read
from onoma.metrics import Counts, score
from onoma.tagger import Tagger
from onoma.text import Document

LAST = "\nAt last Barack Obama met Angela Merkel in Berlin."
NEAR = 8
PREFIXES = (17, 40, 75, 110, 150, 190)
OVERLAPS = (0, 6, 12, 24, 48)
BEGINNINGS = 3
HELD_BACK = 7


def text_of(path: Path, characters: int) -> str:
    """Return ``characters`` characters of a file, repeated if it is too short, that end with the sentence ``LAST``."""
    text = path.read_text(encoding="utf-8")
    return (text * (1 + characters // len(text)))[: characters - len(LAST)] + LAST


def tag_one(model: Path, texts: Path, characters: int) -> None:
    """Tag one text and print time, memory growth, number of entities, and the entities in the last sentence."""
    tagger = onoma.load(model)
    list(tagger.tag_many(text_of(texts, 4_000).split("\n")))
    text = text_of(texts, characters)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    document = tagger.tag(text)
    seconds = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    last = [entity.text for entity in document.entities if entity.start >= len(text) - len(LAST)]
    print(f"{seconds},{grown},{len(document.entities)},{'|'.join(last)}")


def sizes(model: Path, texts: Path) -> list[dict[str, object]]:
    """Measure part 1: time, memory and entities of the last sentence by text length."""
    rows: list[dict[str, object]] = []
    for characters in (20_000, 200_000, 2_000_000):
        command = [sys.executable, __file__, "--model", str(model), "--texts", str(texts), "--one", str(characters)]
        line = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        seconds, grown, entities, last = line.split(",", 3)
        rows.append(
            {
                "characters": characters,
                "seconds": float(seconds),
                "memory_grown_mib": float(grown),
                "entities": int(entities),
                "found_in_last_sentence": last.split("|"),
            }
        )
    return rows


def edges(model: Path, texts: Path) -> dict[str, object]:
    """Measure part 2: consistency of the predictions near edges of windows and elsewhere."""
    tagger = onoma.load(model)
    text = text_of(texts, 100_000)
    whole = tagger.tag(text)
    (encoded,) = tagger.bundle.windower().encode([whole])
    near_starts: set[int] = set()
    for window in encoded.windows[1:]:
        around = slice(max(0, window.core_start - NEAR), window.core_start + NEAR)
        near_starts.update(encoded.words.starts[around].tolist())
    agreed = {"near": 0, "elsewhere": 0}
    total = {"near": 0, "elsewhere": 0}
    for length in PREFIXES:
        prefix = ("it was said so before . " * 50)[: length * 4].rsplit(" ", 1)[0] + "\n"
        shifted = tagger.tag(prefix + text)
        found = {(one.start - len(prefix), one.end - len(prefix), one.label) for one in shifted.entities}
        for entity in whole.entities:
            place = "near" if entity.start in near_starts else "elsewhere"
            total[place] += 1
            agreed[place] += (entity.start, entity.end, entity.label) in found
    return {
        "windows": len(encoded.windows),
        "prefixes": len(PREFIXES),
        **{f"entities_{place}": total[place] for place in total},
        **{f"agree_{place}": agreed[place] / max(1, total[place]) for place in total},
    }


def joined(documents: Sequence[Document], *, size: int, separator: str, beginning: int) -> list[Document]:
    """Join each ``size`` documents into one; the first group has only ``size * beginning // BEGINNINGS`` documents."""
    first = size * beginning // BEGINNINGS
    groups = [documents[:first]] if first else []
    groups += [documents[start : start + size] for start in range(first, len(documents), size)]
    together = []
    for group in groups:
        text, entities = "", []
        for document in group:
            text += separator if text else ""
            entities += [(len(text) + one.start, len(text) + one.end, one.label) for one in document.entities]
            text += document.text
        whole = Document(text, unannotated=group[0].unannotated)
        together.append(whole.with_entities(whole.entity(*entity) for entity in entities))
    return together


def overlaps(threads: int) -> dict[str, dict[int, float]]:
    """Measure part 3: F1 and the share of computed subwords by overlap."""
    unannotated = frozenset(["MISC"])
    wnut = list(read(DATA / "wnut17" / "emerging.dev.conll", options=ReadOptions(labels=WNUT, unannotated=unannotated)))
    tweets = list(read(DATA / "btc" / "h.conll", options=ReadOptions(unannotated=unannotated)))
    tweets = tweets[len(tweets) // 2 :]
    articles = list(read(DATA / "wikigold" / "wikigold.conll.txt"))[::HELD_BACK]
    sets = {
        f"{name}, {how}": [
            joined(documents, size=size, separator=separator, beginning=beginning) for beginning in range(BEGINNINGS)
        ]
        for name, documents, size in (("WNUT 2017 dev", wnut, 200), ("BTC h", tweets, 200), ("wikigold", articles, 10))
        for how, separator in (("line feeds", "\n"), ("blanks", " "))
    }
    backend = backend_of(load_bundle("en"), dtype="auto", threads=threads)
    found: dict[str, dict[int, float]] = {name: {} for name in (*sets, "mean", "subwords computed over subwords")}
    for overlap in OVERLAPS:
        bundle = load_bundle("en")
        bundle.manifest = bundle.manifest.replace(
            window=WindowConfig(size=bundle.manifest.window.size, overlap=overlap)
        )
        tagger, windower = Tagger(bundle, backend), bundle.windower()
        around = len(windower.subword_encoder.prefix) + len(windower.subword_encoder.suffix)
        computed = needed = 0
        for name, variants in sets.items():
            figures = []
            for documents in variants:
                report = score(documents, tagger.tag_many(Document(document.text) for document in documents))
                figures.append(sum((report.labels[label] for label in LABELS), Counts()).f1)
                for encoded in windower.encode([Document(document.text) for document in documents]):
                    bounds = encoded.subwords.bounds
                    needed += int(bounds[-1])
                    computed += sum(int(bounds[one.end] - bounds[one.start]) + around for one in encoded.windows)
            found[name][overlap] = statistics.mean(figures)
        found["mean"][overlap] = statistics.mean(found[name][overlap] for name in sets)
        found["subwords computed over subwords"][overlap] = computed / needed
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("runs/wnut17-1"))
    parser.add_argument("--texts", type=Path, default=DATA / "unlabelled" / "gurez.10000.txt")
    parser.add_argument("--parts", nargs="+", choices=("sizes", "edges", "overlaps"))
    parser.add_argument("--threads", type=int, default=1, help="of the third part")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        tag_one(arguments.model, arguments.texts, arguments.one)
        return
    parts: dict[str, Callable[[], object]] = {
        "sizes": lambda: sizes(arguments.model, arguments.texts),
        "edges": lambda: edges(arguments.model, arguments.texts),
        "overlaps": lambda: overlaps(arguments.threads),
    }
    chosen = arguments.parts or list(parts)
    name = "long_text" if len(chosen) == len(parts) else f"long_text_{'_'.join(chosen)}"
    write_result(name, {part: parts[part]() for part in chosen})


if __name__ == "__main__":
    main()
