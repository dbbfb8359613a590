"""A model to an ONNX graph in one file, which takes its place only when ONNX Runtime computes what torch computes.

What our encoder computes is written node by node, all else is traced.
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
from onoma.export.parity import Parity, compare
from onoma.io.files import replacing_path
from onoma.models import Model, TorchBackend
from onoma.runtime.graph import INPUTS, output_of
from onoma.runtime.onnx import OnnxBackend

TOLERANCE = 1e-3
"""Tag scores may differ by so much. Correct graphs of scores around 10 were measured at 1e-5 to 4e-5."""

_OPSET = 17


def export_onnx(
    model: Model, path: Path, *, samples: Sequence[NDArray[np.int64]], tolerance: float = TOLERANCE
) -> Parity:
    """Write a model as an ONNX graph.

    The graph is as :mod:`onoma.runtime.graph` describes it; batch and subwords are free.

    Args:
        model: on any device and in any mode; it is left as it is.
        path: the file to write; an existing file is replaced.
        samples: windows of subword ids with their special tokens, ``[subwords]`` each, of the lengths that will occur.
        tolerance: by how much a tag score may differ.

    Returns:
        The differences that were measured.

    Raises:
        ParityError: they are above the tolerance; ``path`` is then as it was.
        EncoderError: torch cannot write the encoder as a graph.
    """
    still = copy.deepcopy(model).cpu().eval()
    with replacing_path(path) as draft:
        _write(still, draft)
        parity = compare(OnnxBackend(draft), TorchBackend(still), samples=samples)
        parity.require(tolerance)
    return parity


def _write(model: Model, path: Path) -> None:
    if writable(model):
        path.write_bytes(write_graph(model).SerializeToString())
    else:
        _trace(model, path)


def _trace(model: Model, path: Path) -> None:
    """Trace the model with torch's older exporter.

    It took 2 s for a six-layer encoder where the newer one took 10 to 15, and wrote all architectures tried. It follows
    one path through the code, whatever the lengths; that is what the comparison over many lengths is for.
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
                opset_version=_OPSET,
                dynamo=False,
            )
        except torch.onnx.OnnxExporterError as error:
            raise EncoderError(f"torch cannot write this encoder as an ONNX graph: {error}") from error
