"""Find and classify the names in text with BERT.

>>> import onoma
>>> onoma.Document("Ada Lovelace").entity(0, 3, "PER").text
'Ada'

Names are imported on first use, so that `import onoma` is fast. Importing the package switches off the telemetry of
dependencies, see :mod:`onoma.telemetry`, and shortens the busy-waiting of threads, see :mod:`onoma.openmp`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from onoma.openmp import limit_spinning
from onoma.telemetry import disable_telemetry
from onoma.version import __version__ as __version__

if TYPE_CHECKING:
    from onoma.api.calibrating import calibrate
    from onoma.api.checking import check
    from onoma.api.comparing import compare
    from onoma.api.converting import convert
    from onoma.api.evaluating import evaluate, score
    from onoma.api.explaining import explain, index_mentions, load_explainer, measure_faithfulness
    from onoma.api.exporting import export_model
    from onoma.api.loading import load
    from onoma.api.pretraining import fill_mask, next_sentence_probability, pretrain
    from onoma.api.pruning import prune
    from onoma.api.tagging import tag, tag_files
    from onoma.api.training import train
    from onoma.api.tuning import tune
    from onoma.api.writing import write
    from onoma.corpora import read
    from onoma.errors import OnomaError
    from onoma.tagger import Tagger
    from onoma.text import Document, Entity, Sentence, Span, Word

__all__ = [
    "Document",
    "Entity",
    "OnomaError",
    "Sentence",
    "Span",
    "Tagger",
    "Word",
    "calibrate",
    "check",
    "compare",
    "convert",
    "evaluate",
    "explain",
    "export_model",
    "fill_mask",
    "next_sentence_probability",
    "index_mentions",
    "load",
    "load_explainer",
    "measure_faithfulness",
    "pretrain",
    "prune",
    "read",
    "score",
    "tag",
    "tag_files",
    "train",
    "tune",
    "write",
]

_LAZY_IMPORTS = {
    "Document": "onoma.text",
    "Entity": "onoma.text",
    "OnomaError": "onoma.errors",
    "Sentence": "onoma.text",
    "Span": "onoma.text",
    "Tagger": "onoma.tagger",
    "Word": "onoma.text",
    "calibrate": "onoma.api.calibrating",
    "check": "onoma.api.checking",
    "compare": "onoma.api.comparing",
    "convert": "onoma.api.converting",
    "evaluate": "onoma.api.evaluating",
    "explain": "onoma.api.explaining",
    "export_model": "onoma.api.exporting",
    "fill_mask": "onoma.api.pretraining",
    "next_sentence_probability": "onoma.api.pretraining",
    "index_mentions": "onoma.api.explaining",
    "load": "onoma.api.loading",
    "load_explainer": "onoma.api.explaining",
    "measure_faithfulness": "onoma.api.explaining",
    "pretrain": "onoma.api.pretraining",
    "prune": "onoma.api.pruning",
    "read": "onoma.corpora",
    "score": "onoma.api.evaluating",
    "tag": "onoma.api.tagging",
    "tag_files": "onoma.api.tagging",
    "train": "onoma.api.training",
    "tune": "onoma.api.tuning",
    "write": "onoma.api.writing",
}

disable_telemetry()
limit_spinning()


def __getattr__(name: str) -> object:
    if name not in _LAZY_IMPORTS:
        raise AttributeError(f"module 'onoma' has no attribute {name!r}")
    value = getattr(import_module(_LAZY_IMPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
