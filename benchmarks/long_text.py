"""Long texts: are they tagged in full, in bounded memory, and the same at a window's edge as elsewhere?

    python benchmarks/long_text.py [--model runs/wnut17-1] [--texts FILE]

1. Texts of 20,000, 200,000 and 2,000,000 characters of real lines are tagged, each in an interpreter of its own: time,
   the growth of peak memory by tagging, and the entities found in the last sentence.
2. A text of 100,000 characters is tagged with prefixes of several lengths before it, which shifts every window. Each
   entity of the unshifted text is looked for in the shifted one, apart for entities near an edge between the words that
   two windows answer for (within 8 words) and entities elsewhere.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

from results import DATA, write_result

import onoma

LAST = "\nAt last Barack Obama met Angela Merkel in Berlin."
NEAR = 8
PREFIXES = (17, 40, 75, 110, 150, 190)


def text_of(path: Path, characters: int) -> str:
    """The first so many characters of a file's lines, over again where it is too short, and the last sentence."""
    text = path.read_text(encoding="utf-8")
    return (text * (1 + characters // len(text)))[: characters - len(LAST)] + LAST


def tag_one(model: Path, texts: Path, characters: int) -> None:
    """Tag one text in this interpreter and print what it took."""
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
    """Part 1."""
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
    """Part 2."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("runs/wnut17-1"))
    parser.add_argument("--texts", type=Path, default=DATA / "unlabelled" / "gurez.10000.txt")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        tag_one(arguments.model, arguments.texts, arguments.one)
        return
    write_result(
        "long_text",
        {"sizes": sizes(arguments.model, arguments.texts), "edges": edges(arguments.model, arguments.texts)},
    )


if __name__ == "__main__":
    main()
