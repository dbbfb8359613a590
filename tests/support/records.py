"""Records of cells as if they had been trained."""

from __future__ import annotations

from collections.abc import Sequence

from onoma.experiments import CellRecord, Speed

DOCUMENTS = 40


def record(
    candidate: str,
    *,
    dev: float = 0.5,
    correct: int = 2,
    seed: int = 1,
    corpus: str = "data",
    sentences: int | None = None,
    train_sentences: int = 1_000,
    error: str = "",
    **more: object,
) -> CellRecord:
    """A cell whose model has found so many of the four entities of each of forty documents, and predicts four."""
    fields: dict[str, object] = {"dev": {"f1": dev}, "counts": [(correct, 4, 4)] * DOCUMENTS, "seconds": 10.0}
    if error:
        fields = {"error": error}
    return CellRecord(
        corpus=corpus,
        candidate=candidate,
        sentences=sentences,
        seed=seed,
        train_sentences=train_sentences,
        settings={},
        digests={},
        version="1",
        **(fields | more),  # type: ignore[arg-type]
    )


def speed(words: float = 1_000.0, *, latency: float = 5.0, memory: float = 300.0, size: float = 50.0) -> Speed:
    """What a model costs."""
    return Speed(words_per_second=words, latency=latency, memory=memory, size=size, threads=1)


def curve(candidate: str, f1: Sequence[float], *, sizes: Sequence[int] = (100, 300, 1_000)) -> list[CellRecord]:
    """A run of each size."""
    return [
        record(candidate, dev=value, sentences=size, train_sentences=size)
        for size, value in zip(sizes, f1, strict=True)
    ]
