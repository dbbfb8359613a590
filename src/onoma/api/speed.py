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
from onoma.machine import available_cores, find_processor
from onoma.tagger import Tagger
from onoma.text import Document, split_sentences

_SECONDS = 3.0
"""Minimum duration of tagging documents, and maximum duration of tagging single sentences, in seconds."""

_MAX_SENTENCES = 500
_WARM_UP_DOCUMENTS = 50
_MEGABYTE = 1e6
_EXCLUDED_FILES = (WEIGHTS, HISTORY, "config.json", "README.md")


def measure_speed(pipe: Connection, folder: Path, documents: Sequence[Document]) -> None:
    """Measure a model and send the fields of a :class:`~onoma.experiments.Speed` through a pipe.

    Args:
        pipe: the pipe to send the fields to, as a dictionary.
        folder: folder of the model.
        documents: documents to tag, without entities.
    """
    tagger = load(folder)
    _tag(tagger, documents[:_WARM_UP_DOCUMENTS])
    words = sum(len(document.words or document.text.split()) for document in documents)
    tagged_words, seconds, start_time = 0, 0.0, time.perf_counter()
    while seconds < _SECONDS:
        _tag(tagger, documents)
        tagged_words += words
        seconds = time.perf_counter() - start_time
    sentences = [sentence for document in documents for sentence in split_sentences(document)]
    sampled_sentences = sentences[:: max(1, len(sentences) // _MAX_SENTENCES)]
    pipe.send(
        {
            "words_per_second": tagged_words / seconds,
            "latency": 1000 * statistics.median(_time_sentences(tagger.tag, sampled_sentences)),
            "memory": _read_peak_memory() / _MEGABYTE,
            "size": sum(path.stat().st_size for path in folder.iterdir() if path.name not in _EXCLUDED_FILES)
            / _MEGABYTE,
            "threads": available_cores(),
            "processor": find_processor().name,
        }
    )


def _tag(tagger: Tagger, documents: Sequence[Document]) -> None:
    """Tag documents and drop them, so that the memory does not depend on their number."""
    for _ in tagger.tag_many(documents):
        pass


def _time_sentences(tag: Callable[[Document], Document], sentences: Sequence[Document]) -> Iterator[float]:
    """Yield the seconds that tagging each sentence alone takes, until the time limit is reached."""
    start_time = time.perf_counter()
    for sentence in sentences:
        sentence_start = time.perf_counter()
        tag(sentence)
        sentence_end = time.perf_counter()
        yield sentence_end - sentence_start
        if sentence_end - start_time > _SECONDS:
            return


def _read_peak_memory() -> int:
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
