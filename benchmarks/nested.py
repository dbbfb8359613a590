"""Nested entities of GermEval 2014: one span model compared with two tagging models, one for each level.

    python benchmarks/nested.py [--seeds 1 2 3] [--set KEY=VALUE ...]

The published dev set is split into train, dev and test (see `corpora.py`), the encoder is `multilingual`. `spans` is
one model with the head `span` and `model.overlaps=nested`. `outer` and `inner` are models with the head `linear`,
trained on the entities that are not nested inside another one and on those that are; `union` combines the predictions
of both. Exact F1 on test is reported for both levels together and for each level, where the levels of gold entities and
of predicted entities are determined separately. Existing models are reused.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from corpora import Parts, changed, corpus, inner, outermost
from results import write_result
from runs import Model, do, mean_and_deviation, p_value, wait

import onoma
from onoma.text import Document

RUNS = Path("runs/nested")
KINDS = ("spans", "outer", "inner")


def innermost(document: Document) -> Document:
    """Return the document with only the entities that are nested inside others."""
    return document.with_entities(inner(document))


LEVELS: dict[str, Callable[[Document], Document]] = {"outer": outermost, "inner": innermost}


def parts_of(level: str) -> Parts:
    """Return the parts of the corpus with the entities of one level."""
    return changed(corpus("germeval"), LEVELS[level], name=f"germeval-{level}", suffix="jsonl")


def model(kind: str, seed: int, settings: dict[str, str]) -> Model:
    head = {"model.head": "span", "model.overlaps": "nested"} if kind == "spans" else {"model.head": "linear"}
    parts = corpus("germeval") if kind == "spans" else parts_of(kind)
    return Model(RUNS / f"{kind}-{seed}", parts, "multilingual", {"training.seed": seed, **head, **settings})


def united(one: Document, other: Document) -> Document:
    """Return the first document with the union of the entities of both."""
    found = {(each.start, each.end, each.label): each for each in (*one.entities, *other.entities)}
    return one.with_entities(found.values())


def figures_of(gold: Sequence[Document], predicted: Sequence[Document]) -> dict[str, float]:
    """Return F1 in percent of both levels together and of each level."""
    levels = {"both": lambda document: document, **LEVELS}
    return {name: 100 * onoma.score(map(level, gold), map(level, predicted)).exact.f1 for name, level in levels.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    settings = dict(each.split("=", 1) for each in arguments.sets)
    models = {kind: [model(kind, seed, settings) for seed in arguments.seeds] for kind in KINDS}
    every = [each for seeds in zip(*models.values(), strict=True) for each in seeds]
    do(every)
    wait(every)
    gold = list(onoma.read(corpus("germeval").test))
    shown = [document.with_entities(()) for document in gold]
    tagged = {
        kind: [list(onoma.load(each.folder, dtype="fp32").tag_many(shown)) for each in of]
        for kind, of in models.items()
    }
    tagged["union"] = [
        [united(*pair) for pair in zip(outer, inner, strict=True)]
        for outer, inner in zip(tagged["outer"], tagged["inner"], strict=True)
    ]
    found = {kind: [figures_of(gold, documents) for documents in of] for kind, of in tagged.items()}
    gains = [one["both"] - other["both"] for one, other in zip(found["spans"], found["union"], strict=True)]
    levels = ("both", *LEVELS)
    figures: dict[str, object] = {
        kind: {level: mean_and_deviation([one[level] for one in of]) for level in levels} for kind, of in found.items()
    }
    figures["spans against union"] = {**mean_and_deviation(gains), "p": p_value(gains)}
    figures["entities"] = {name: sum(len(level(each).entities) for each in gold) for name, level in LEVELS.items()}
    write_result("nested", figures)


if __name__ == "__main__":
    main()
