"""Export of models to ONNX graphs, which run without torch."""

from onoma.export.agreement import Agreement
from onoma.export.exported import ExportResult, export_graph
from onoma.export.onnx import export_onnx
from onoma.export.parity import Parity, compare

__all__ = ["Agreement", "ExportResult", "Parity", "compare", "export_graph", "export_onnx"]
