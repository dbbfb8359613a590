"""What those who write a graph and those who run it agree on.

Inputs are ``input_ids`` and ``attention_mask``, int64 ``[batch, subwords]``. There is an output for each task, fp32
``[batch, subwords, *shape]``, which has the task's name; that of ``entities`` is called ``logits``, as other tools
expect it.

A graph with the note :data:`WANTED` may be given a 2 in the place of a 1 in the mask where the scores of a subword are
read. It then computes the last layer for these subwords only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onoma.errors import BundleError, InferenceError
from onoma.runtime.backend import PaddedBatch
from onoma.runtime.graph_file import has_external_data

INPUTS = ("input_ids", "attention_mask")
WANTED = "onoma.asked"

_OUTPUTS = {"entities": "logits"}


def output_of(task: str) -> str:
    """The name of a task's output."""
    return _OUTPUTS.get(task, task)


def task_of(output: str) -> str:
    """The task of an output."""
    return next((task for task, name in _OUTPUTS.items() if name == output), output)


def graph_mask(batch: PaddedBatch) -> NDArray[np.int64]:
    """The mask of a batch for a graph with the note :data:`WANTED`."""
    return batch.mask if batch.wanted is None else batch.mask + batch.wanted


def check_whole(path: Path) -> None:
    """Refuse a graph that would have an engine read other files.

    Raises:
        BundleError: it is such a graph, or none.
    """
    try:
        leaves_out = has_external_data(path)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if leaves_out:
        raise BundleError(f"{path}: has its weights in other files; the graph of a model is one file, export it again")


def unreadable(path: Path, error: Exception) -> BundleError:
    """The error to raise where an engine cannot load a file as a graph."""
    return BundleError(f"{path}: cannot be loaded as an ONNX graph ({error}); copy or export it again")


def failed(path: Path, error: Exception) -> InferenceError:
    """The error to raise where an engine fails at a batch."""
    return InferenceError(f"{path}: cannot be computed for this text ({error}); do the files belong to one model?")
