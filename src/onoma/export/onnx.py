"""Export of a model to an ONNX graph, written only if ONNX Runtime computes the same scores as torch.

Models that :mod:`onoma.export.graph` supports are built node by node; all others are traced.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.jit._trace import TracerWarning

from onoma.errors import EncoderError
from onoma.export.graph import writable, write_graph
from onoma.export.parity import Parity, measure_parity
from onoma.io.files import replacing_path
from onoma.models import Model, TorchBackend
from onoma.runtime.graph import INPUTS, output_of
from onoma.runtime.onnx import OnnxBackend

TOLERANCE = 1e-3
"""Maximum allowed difference of tag scores; for correct graphs and scores around 10, 1e-5 to 4e-5 were measured."""

_TRACE_OPSET = 17


def export_onnx(
    model: Model, path: Path, *, samples: Sequence[NDArray[np.int64]], tolerance: float = TOLERANCE
) -> Parity:
    """Write a model as an ONNX graph.

    The graph follows the conventions of :mod:`onoma.runtime.graph`; the batch and subword axes are dynamic.

    Args:
        model: model on any device and in any mode; it is not changed.
        path: path of the file to write; an existing file is replaced.
        samples: windows of subword ids with their special tokens, ``[subwords]`` each, with the range of lengths that
            occurs in use.
        tolerance: maximum allowed difference of tag scores.

    Returns:
        The measured differences between ONNX Runtime and torch.

    Raises:
        ParityError: the differences are above the tolerance; ``path`` is not changed.
        EncoderError: torch cannot export the encoder as a graph.
    """
    eval_model = copy.deepcopy(model).cpu().eval()
    with replacing_path(path) as draft:
        _write_model(eval_model, draft)
        parity = measure_parity(OnnxBackend(draft), TorchBackend(eval_model), samples=samples)
        parity.require(tolerance)
    return parity


def _write_model(model: Model, path: Path) -> None:
    if writable(model):
        path.write_bytes(write_graph(model).SerializeToString())
    else:
        _trace(model, path)


def _trace(model: Model, path: Path) -> None:
    """Trace the model with torch's older exporter.

    It took 2 s for a six-layer encoder, compared to 10 to 15 s with the newer one, and worked for all architectures
    tried. It records a single path through the code, which may be wrong for other lengths; therefore the graph is
    compared with torch over many lengths.
    """
    ids = torch.arange(2 * 8).view(2, 8) % 5
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    axes = {0: "batch", 1: "subwords"}
    outputs = [output_of(task) for task in model.heads]
    with warnings.catch_warnings():
        for category in (DeprecationWarning, FutureWarning, TracerWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("ignore", category=UserWarning, module=r"torch\.onnx\.")
        try:
            torch.onnx.export(
                model,
                (ids, mask),
                str(path),
                input_names=list(INPUTS),
                output_names=outputs,
                dynamic_axes=dict.fromkeys((*INPUTS, *outputs), axes),
                opset_version=_TRACE_OPSET,
                dynamo=False,
            )
        except torch.onnx.OnnxExporterError as error:
            raise EncoderError(f"torch cannot write this encoder as an ONNX graph: {error}") from error
