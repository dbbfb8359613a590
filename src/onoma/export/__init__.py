"""Models to files that run without torch."""

from onoma.export.bundled import Exported, export_bundle
from onoma.export.judge import Judgement
from onoma.export.onnx import export_onnx
from onoma.export.parity import Parity, compare

__all__ = ["Exported", "Judgement", "Parity", "compare", "export_bundle", "export_onnx"]
