"""Conventions of onoma's ONNX graphs, shared by export and inference.

Inputs are ``input_ids`` and ``attention_mask``, int64 ``[batch, subwords]``. Each task has one output with the name of
the task, fp32 ``[batch, subwords, *shape]``; the output of ``entities`` is named ``logits``, as other tools expect.

If the metadata of a graph has the key :data:`WANTED`, its mask may have 2 instead of 1 at subwords whose scores are
needed. The graph then computes the last layer for these subwords only.
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
    """Return the name of a task's output."""
    return _OUTPUTS.get(task, task)


def task_of(output: str) -> str:
    """Return the task of an output."""
    return next((task for task, name in _OUTPUTS.items() if name == output), output)


def graph_mask(batch: PaddedBatch) -> NDArray[np.int64]:
    """Return the mask of a batch for a graph with the metadata key :data:`WANTED`."""
    return batch.mask if batch.wanted is None else batch.mask + batch.wanted


def check_single_file(path: Path) -> None:
    """Check that a graph is a single file, so that no engine reads other files for it.

    Raises:
        BundleError: the graph has its weights in other files, or the file is not a graph.
    """
    try:
        has_external = has_external_data(path)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if has_external:
        raise BundleError(f"{path}: has its weights in other files; the graph of a model is one file, export it again")


def unreadable(path: Path, error: Exception) -> BundleError:
    """Return the error to raise if an engine cannot load a file as a graph."""
    return BundleError(f"{path}: cannot be loaded as an ONNX graph ({error}); copy or export it again")


def failed(path: Path, error: Exception) -> InferenceError:
    """Return the error to raise if an engine fails on a batch."""
    return InferenceError(f"{path}: cannot be computed for this text ({error}); do the files belong to one model?")
