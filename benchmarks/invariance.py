"""Check that predictions do not depend on the batch: tag real texts one at a time and all together.

    python benchmarks/invariance.py [--model runs/wnut17-1] [--texts FILE]

Reads the first 500 lines of a text file (`--number`), and reports the number of documents whose entities differ and the
largest difference of a score.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

from results import DATA, write_result

import onoma


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("runs/wnut17-1"))
    parser.add_argument("--texts", type=Path, default=DATA / "unlabelled" / "gurez.10000.txt")
    parser.add_argument("--number", type=int, default=500)
    arguments = parser.parse_args()
    tagger = onoma.load(arguments.model)
    with arguments.texts.open(encoding="utf-8") as lines:
        texts = [line.rstrip("\n") for line in islice(lines, arguments.number)]
    alone = [tagger.tag(text).entities for text in texts]
    together = [document.entities for document in tagger.tag_many(texts)]
    spans = [[(one.start, one.end, one.label) for one in entities] for entities in alone]
    differing = sum(
        own != [(one.start, one.end, one.label) for one in entities]
        for own, entities in zip(spans, together, strict=True)
    )
    largest = max(
        (
            abs((one.score or 0) - (other.score or 0))
            for own, others in zip(alone, together, strict=True)
            for one, other in zip(own, others, strict=False)
        ),
        default=0.0,
    )
    write_result(
        "invariance",
        {
            "texts": len(texts),
            "entities": sum(len(own) for own in spans),
            "documents_that_differ": differing,
            "largest_difference_of_scores": largest,
        },
    )


if __name__ == "__main__":
    main()
