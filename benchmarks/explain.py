"""Faithfulness of a model's explanations, and duration of the search for similar training mentions.

    python benchmarks/explain.py --model runs/wnut17-1 [--entities 150] [--mentions 100000] [--seed 0]

A random sample of predicted entities of the test set of WNUT 2017 is explained by integrated gradients and by
occlusion. Comprehensiveness and sufficiency (DeYoung et al. 2020) are reported next to those of random word orders,
with intervals over entities, both for all words and for the words outside the entity. The search is timed on an index
of the mentions in the training set, filled up with random vectors to `--mentions`. Half of the queries are indexed
mentions and half are random vectors; the first search is reported separately.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from results import DATA, write_result

from onoma.api.explaining import load_explainer
from onoma.corpora import read
from onoma.explanation import Explainer, read_index, write_index
from onoma.explanation.faithfulness import measure_faithfulness
from onoma.explanation.indexing import index_documents
from onoma.explanation.states import fingerprint

WNUT17 = DATA / "wnut17"
QUERIES = 200


def faithfulness(explainer: Explainer, *, entities: int, seed: int) -> dict[str, object]:
    documents = list(read(WNUT17 / "emerging.test.annotated"))
    random.Random(seed).shuffle(documents)
    started = time.perf_counter()
    found = measure_faithfulness(explainer, documents, entities=entities, seed=seed)
    return {**found.to_json(), "seconds": time.perf_counter() - started}


def search(explainer: Explainer, *, mentions: int, seed: int) -> dict[str, object]:
    assert explainer.model is not None
    rng = np.random.default_rng(seed)
    started = time.perf_counter()
    windower = explainer.bundle.windower()
    indexed = index_documents(read(WNUT17 / "wnut17train.conll"), model=explainer.model, windower=windower)
    indexing = time.perf_counter() - started
    real, hidden = indexed.vectors.shape
    vectors = np.concatenate([indexed.vectors, unit(rng.standard_normal((mentions - real, hidden), dtype=np.float32))])
    lines = [indexed.mentions[number % real] for number in range(mentions)]
    asked = np.concatenate(
        [
            indexed.vectors[rng.choice(real, QUERIES // 2, replace=False)],
            unit(rng.standard_normal((QUERIES // 2, hidden), dtype=np.float32)),
        ]
    )
    with tempfile.TemporaryDirectory() as scratch:
        of = fingerprint(explainer.model)
        write_index(vectors, lines, Path(scratch), model=of)
        started = time.perf_counter()
        index = read_index(Path(scratch), model=of)
        opening = time.perf_counter() - started
        assert index is not None
        seconds: list[float] = []
        first = 0
        for vector in [asked[0], *asked]:
            started = time.perf_counter()
            nearest = index.nearest(vector, count=3)
            seconds.append(time.perf_counter() - started)
            first += nearest[0].similarity > 0.9999
    return {
        "mentions": mentions,
        "real mentions": real,
        "hidden": hidden,
        "queries": len(asked),
        "real queries whose own mention comes first": first - 1,
        "seconds to index the real mentions": indexing,
        "seconds to open": opening,
        "milliseconds of the first search": 1000 * seconds[0],
        "milliseconds, median": 1000 * statistics.median(seconds[1:]),
        "milliseconds, 95th percentile": 1000 * float(np.quantile(seconds[1:], 0.95)),
    }


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("runs/wnut17-1"))
    parser.add_argument("--entities", type=int, default=150)
    parser.add_argument("--mentions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    explainer = load_explainer(arguments.model, threads=1)
    write_result(
        "explain",
        {
            "search": search(explainer, mentions=arguments.mentions, seed=arguments.seed),
            "faithfulness": faithfulness(explainer, entities=arguments.entities, seed=arguments.seed),
        },
    )


if __name__ == "__main__":
    main()
