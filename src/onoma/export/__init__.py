"""Models to files that run without torch."""

from onoma.export.onnx import export_onnx
from onoma.export.parity import Parity, compare

__all__ = ["Parity", "compare", "export_onnx"]
