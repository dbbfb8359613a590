"""Time to score 1,000,000 words, and comparison of the scores with published ones.

    python benchmarks/score.py

Gold and predicted entities are the test set of WNUT 2017 and the submission of the team Arcada, repeated; if the data
is missing, synthetic documents are used. They are scored with the same documents on both sides, which are compared by
character offsets, and with all predictions in one document, which requires an alignment of words. The time to build the
documents is not included.
"""

from __future__ import annotations

import time
from itertools import cycle, islice
from pathlib import Path

from results import DATA, write_result

from onoma.corpora import read
from onoma.metrics import score
from onoma.text import Document

WNUT17 = DATA / "wnut17"
WORDS = 1_000_000
ROUNDS = 3
# F1 of entities and of surface forms, in percent, from Derczynski et al. 2017.
PUBLISHED = {"spinningbytes.txt": (40.78, 39.33), "arcada": (39.98, 37.77)}


def corpora() -> tuple[str, list[Document], list[Document]]:
    """Return a description of the source, the gold documents and the predicted documents."""
    if WNUT17.is_dir():
        gold, predicted = WNUT17 / "emerging.test.annotated", WNUT17 / "submissions" / "arcada"
        return "WNUT 2017 test, repeated", list(read(gold)), list(read(predicted))
    document = Document.from_words([[f"word{number}" for number in range(20)]])
    names = [document.entity(0, 5, "PER"), document.entity(6, 17, "LOC")]
    return "made up", [document.with_entities(names)], [document.with_entities(names[:1])]


def repeated(documents: list[Document], count: int) -> list[Document]:
    return list(islice(cycle(documents), count))


def joined(documents: list[Document]) -> Document:
    """Join documents to one document, with one sentence for each."""
    whole = Document.from_words([[word.text for word in document.words or ()] for document in documents])
    entities, base = [], 0
    for document in documents:
        entities += [whole.entity(base + e.start, base + e.end, e.label) for e in document.entities]
        base += len(document.text) + 1
    return whole.with_entities(entities)


def seconds(gold: list[Document], predicted: list[Document]) -> float:
    """Return the shortest time of ``ROUNDS`` rounds in seconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        score(gold, predicted)
        times.append(time.perf_counter() - start)
    return round(min(times), 2)


def published() -> dict[str, object]:
    """Return our scores and the published ones."""
    if not WNUT17.is_dir():
        return {}
    figures: dict[str, object] = {}
    for name, (entities, surface) in PUBLISHED.items():
        report = score(read(WNUT17 / "emerging.test.annotated"), read(WNUT17 / "submissions" / name))
        figures[Path(name).stem] = {
            "entity F1, %": {"published": entities, "ours": round(100 * report.exact.f1, 2)},
            "surface F1, %": {"published": surface, "ours": round(100 * report.surface.f1, 2)},
        }
    return figures


def main() -> None:
    source, gold, predicted = corpora()
    words = sum(len(document.words or ()) for document in gold)
    gold, predicted = (repeated(side, -(-WORDS * len(gold) // words)) for side in (gold, predicted))
    write_result(
        "score",
        {
            "corpus": source,
            "words": sum(len(document.words or ()) for document in gold),
            "documents": len(gold),
            "gold entities": sum(len(document.entities) for document in gold),
            "rounds, best taken": ROUNDS,
            "seconds by characters": seconds(gold, predicted),
            "seconds by words": seconds(gold, [joined(predicted)]),
            "published": published(),
        },
    )


if __name__ == "__main__":
    main()
