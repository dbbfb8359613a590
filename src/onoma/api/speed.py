"""Speed, memory and size of a finished model, measured in a separate process that does not load PyTorch."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from onoma.api.loading import load
from onoma.bundle import HISTORY, WEIGHTS
from onoma.machine import available_cores
from onoma.text import Document, split_sentences

_SECONDS = 3.0
"""Minimum duration of tagging documents, and maximum duration of tagging single sentences, in seconds."""

_MOST_SENTENCES = 500
_WARM_UP = 50
_MEGABYTE = 1e6
_NOT_FOR_TAGGING = (WEIGHTS, HISTORY, "config.json", "README.md")


def measure_speed(pipe: Connection, folder: Path, documents: Sequence[Document]) -> None:
    """Measure a model and send the fields of a :class:`~onoma.experiments.Speed` through a pipe.

    Args:
        pipe: the pipe to send the fields to, as a dictionary.
        folder: folder of the model.
        documents: documents to tag, without entities.
    """
    tagger = load(folder)
    list(tagger.tag_many(documents[:_WARM_UP]))
    words = sum(len(document.words or document.text.split()) for document in documents)
    tagged, seconds, started = 0, 0.0, time.perf_counter()
    while seconds < _SECONDS:
        list(tagger.tag_many(documents))
        tagged += words
        seconds = time.perf_counter() - started
    sentences = [sentence for document in documents for sentence in split_sentences(document)]
    chosen = sentences[:: max(1, len(sentences) // _MOST_SENTENCES)]
    pipe.send(
        {
            "words_per_second": tagged / seconds,
            "latency": 1000 * statistics.median(_times(tagger.tag, chosen)),
            "memory": _peak_memory() / _MEGABYTE,
            "size": sum(path.stat().st_size for path in folder.iterdir() if path.name not in _NOT_FOR_TAGGING)
            / _MEGABYTE,
            "threads": available_cores(),
        }
    )


def _times(tag: Callable[[Document], Document], sentences: Sequence[Document]) -> Iterator[float]:
    """Yield the seconds that tagging each sentence alone takes, until the time limit is reached."""
    began = time.perf_counter()
    for sentence in sentences:
        started = time.perf_counter()
        tag(sentence)
        ended = time.perf_counter()
        yield ended - started
        if ended - began > _SECONDS:
            return


def _peak_memory() -> int:
    """Return the peak memory of this process in bytes; 0 if the system does not report it."""
    with suppress(OSError):  # on Linux, the peak that `resource` reports includes the memory of the parent process
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            key, _, value = line.partition(":")
            if key == "VmHWM":
                return 1024 * int(value.split()[0])
    with suppress(ImportError):  # Windows has no such module
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS
    return 0
