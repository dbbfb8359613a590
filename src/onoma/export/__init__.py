"""Export of models to ONNX graphs, which run without torch."""

from onoma.export.agreement import Agreement
from onoma.export.exported import ExportResult, export_graph
from onoma.export.onnx import export_onnx
from onoma.export.parity import Parity, measure_parity

__all__ = ["Agreement", "ExportResult", "Parity", "export_graph", "export_onnx", "measure_parity"]
