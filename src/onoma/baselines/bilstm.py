"""A network over words and their characters, run by ONNX Runtime.

What those who write the graph and those who run it agree on: its inputs are those of
:class:`~onoma.baselines.vocabulary.WordInputs` by name, int64, and its output ``logits`` is fp32 ``[sentences, words,
tags]``, of which the values at padding have no meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from onoma.baselines.vocabulary import Vocabulary, WordInputs
from onoma.encoding import batch_by_length
from onoma.runtime import thread_count
from onoma.runtime.graph import check_whole, failed, unreadable

OUTPUT = "logits"

_BUDGET = 512
"""Padded words of a batch."""

Compute = Callable[[WordInputs], NDArray[np.float32]]
"""Scores of a batch of sentences, ``[sentences, words, tags]``."""


class NetworkScorer:
    """A :class:`~onoma.runtime.WordScorer` over anything that computes batches of sentences.

    Args:
        vocabulary: what the network knows.
        compute: the network.
        threads: batches that are computed at once.
    """

    def __init__(self, vocabulary: Vocabulary, compute: Compute, *, threads: int = 1) -> None:
        self._reader = vocabulary.reader()
        self._compute = compute
        self._threads = threads

    def score(self, sentences: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """See :meth:`onoma.runtime.WordScorer.score`."""
        batches = list(batch_by_length([len(words) for words in sentences], budget=_BUDGET))
        chosen = [[sentences[number] for number in batch] for batch in batches]
        if self._threads == 1 or len(batches) < 2:
            computed = list(map(self._scores, chosen))
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                computed = list(pool.map(self._scores, chosen))
        found: dict[int, NDArray[np.float32]] = {}
        for batch, scores in zip(batches, computed, strict=True):
            for number, own in zip(batch, scores, strict=True):
                found[number] = own[: len(sentences[number])]
        return [found[number] for number in range(len(sentences))]

    def _scores(self, sentences: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        return self._compute(self._reader.inputs(sentences))


def open_network(vocabulary: Vocabulary, graph: Path, *, threads: int | None = None) -> NetworkScorer:
    """A scorer over a graph.

    Args:
        vocabulary: what it knows.
        graph: see the module.
        threads: processor threads; None for as many as this process may use.

    Raises:
        BundleError: the file is not a whole graph that ONNX Runtime can load.
    """
    check_whole(graph)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are raised, and need not be printed too
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    try:
        session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises nothing more precise
        raise unreadable(graph, error) from error

    def compute(inputs: WordInputs) -> NDArray[np.float32]:
        try:
            (scores,) = session.run([OUTPUT], inputs._asdict())
        except MemoryError:
            raise
        except Exception as error:  # as above
            raise failed(graph, error) from error
        return np.asarray(scores, dtype=np.float32)

    return NetworkScorer(vocabulary, compute, threads=thread_count(threads))
