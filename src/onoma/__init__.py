"""Find and classify the names in text with BERT.

>>> import onoma
>>> onoma.Document("Ada Lovelace").entity(0, 3, "PER").text
'Ada'

Names are loaded when first used, so that the import itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onoma.api import calibrate, check, evaluate, explain, export_model, index_mentions, load, tag_files, train
    from onoma.corpora import read, write
    from onoma.errors import OnomaError
    from onoma.metrics import score
    from onoma.tagger import Tagger
    from onoma.text import Document, Entity, Sentence, Span, Word

__version__ = "0.1.0"

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
    "evaluate",
    "explain",
    "export_model",
    "index_mentions",
    "load",
    "read",
    "score",
    "tag_files",
    "train",
    "write",
]

_HOMES = {
    "Document": "onoma.text",
    "Entity": "onoma.text",
    "OnomaError": "onoma.errors",
    "Sentence": "onoma.text",
    "Span": "onoma.text",
    "Tagger": "onoma.tagger",
    "Word": "onoma.text",
    "calibrate": "onoma.api",
    "check": "onoma.api",
    "evaluate": "onoma.api",
    "explain": "onoma.api",
    "export_model": "onoma.api",
    "index_mentions": "onoma.api",
    "load": "onoma.api",
    "read": "onoma.corpora",
    "score": "onoma.metrics",
    "tag_files": "onoma.api",
    "train": "onoma.api",
    "write": "onoma.corpora",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'onoma' has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
