"""Coverage of the confidence intervals, error rates of the significance tests, and the time that they take.

    python benchmarks/intervals.py

Documents are drawn from a population with known F1. Each document has its own probability that the system finds a gold
entity, a number of gold entities, and a number of spurious entities. Measured are how often the 95 % interval contains
the known F1, and how often the tests find a difference at the 5 % level between two systems with the same
probabilities. Then the whole evaluation that the commands run is timed on 1,000,000 words of WNUT 2017 (see score.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from results import write_result
from score import WORDS, corpora, repeated

from onoma.metrics import Sample, align, bootstrap, compare, detailed_report

DRAWS = 1000
DOCUMENTS = 300
ROUNDS = 1000
GOLD, INVENTED = 2.0, 0.4
EASY, HARD = 6.0, 3.0
"""Parameters of the beta distribution of the probabilities; its mean is 2/3."""


def draw(rng: np.random.Generator, *, documents: int, systems: int) -> list[Sample]:
    """Draw the results of several equally good systems on the same documents."""
    chance = rng.beta(EASY, HARD, size=documents)
    gold = rng.poisson(GOLD, size=documents)
    samples = []
    for _ in range(systems):
        correct = rng.binomial(gold, chance)
        spurious = rng.poisson(INVENTED, size=documents)
        samples.append(Sample(("X",), np.stack([correct, correct + spurious, gold], axis=1)[:, None, :]))
    return samples


def known_f1() -> float:
    """Return the F1 of the whole population."""
    correct = GOLD * EASY / (EASY + HARD)
    return 2 * correct / (correct + INVENTED + GOLD)


def coverage() -> float:
    """Return the share of draws whose interval contains the known F1."""
    rng, hits = np.random.default_rng(1), 0
    for seed in range(DRAWS):
        (sample,) = draw(rng, documents=DOCUMENTS, systems=1)
        low, high = bootstrap(sample, seed=seed).exact.f1
        hits += low <= known_f1() <= high
    return hits / DRAWS


def false_alarms() -> dict[str, float]:
    """Return the share of draws in which each test finds a difference between two equally good systems."""
    rng = np.random.default_rng(2)
    found: list[tuple[bool, bool]] = []
    for seed in range(DRAWS):
        ours, theirs = draw(rng, documents=DOCUMENTS, systems=2)
        f1 = compare(ours, theirs, rounds=ROUNDS, seed=seed).f1
        found.append((f1.randomisation <= 0.05, f1.bootstrap <= 0.05))
    shares: NDArray[np.float64] = np.asarray(found).mean(axis=0)
    return {"randomisation": float(shares[0]), "bootstrap": float(shares[1])}


def seconds(run: Callable[[], object]) -> float:
    """Return the processor time of a call in seconds."""
    start = time.process_time()
    run()
    return round(time.process_time() - start, 2)


def main() -> None:
    _, gold, predicted = corpora()
    words = sum(len(document.words or ()) for document in gold)
    gold, predicted = (repeated(side, -(-WORDS * len(gold) // words)) for side in (gold, predicted))
    (ten_thousand,) = draw(np.random.default_rng(0), documents=10_000, systems=1)
    write_result(
        "intervals",
        {
            "draws": DRAWS,
            "documents in each": DOCUMENTS,
            "share of 95 % intervals that hold the known F1": coverage(),
            "false alarms at 5 %": false_alarms(),
            "processor seconds of 1,000 resamples over 10,000 documents": seconds(lambda: bootstrap(ten_thousand)),
            "words": sum(len(document.words or ()) for document in gold),
            "processor seconds to judge them": seconds(lambda: detailed_report(list(align(gold, predicted)))),
        },
    )


if __name__ == "__main__":
    main()
