"""Inference of the baseline ``bilstm``, a network over words and their characters, with ONNX Runtime.

The inputs of the exported graph are the int64 arrays of :class:`~onoma.baselines.vocabulary.WordInputs`, by name. Its
output ``logits`` is fp32 ``[sentences, words, tags]``; the values at padding are undefined.
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
from onoma.runtime.graph import check_single_file, failed, unreadable

OUTPUT = "logits"

_MAX_BATCH_WORDS = 512
"""Maximum number of words per padded batch."""

Compute = Callable[[WordInputs], NDArray[np.float32]]
"""Function that returns the logits of a batch of sentences, ``[sentences, words, tags]``."""


class NetworkScorer:
    """A :class:`~onoma.runtime.WordScorer` that runs a network on batches of sentences of similar length.

    Args:
        vocabulary: vocabulary of the network.
        compute: function that runs the network.
        threads: number of batches that are computed in parallel.
    """

    def __init__(self, vocabulary: Vocabulary, compute: Compute, *, threads: int = 1) -> None:
        self._reader = vocabulary.reader()
        self._compute = compute
        self._threads = threads

    def score(self, sentences: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """See :meth:`onoma.runtime.WordScorer.score`."""
        batches = list(batch_by_length([len(words) for words in sentences], budget=_MAX_BATCH_WORDS))
        sentence_batches = [[sentences[number] for number in batch] for batch in batches]
        if self._threads == 1 or len(batches) < 2:
            batch_scores = list(map(self._score_batch, sentence_batches))
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                batch_scores = list(pool.map(self._score_batch, sentence_batches))
        scores_by_index: dict[int, NDArray[np.float32]] = {}
        for batch, scores in zip(batches, batch_scores, strict=True):
            for number, sentence_scores in zip(batch, scores, strict=True):
                scores_by_index[number] = sentence_scores[: len(sentences[number])]
        return [scores_by_index[number] for number in range(len(sentences))]

    def _score_batch(self, sentences: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        return self._compute(self._reader.inputs(sentences))


def open_network(vocabulary: Vocabulary, graph: Path, *, threads: int | None = None) -> NetworkScorer:
    """Return a scorer that runs an ONNX graph.

    Args:
        vocabulary: vocabulary of the network.
        graph: path of the graph; see the module for its inputs and output.
        threads: number of CPU threads; None for as many as this process may use.

    Raises:
        BundleError: ONNX Runtime cannot load the file, or it is not a complete graph.
    """
    check_single_file(graph)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are raised, so they need not be logged as well
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    try:
        session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises no more specific error
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
