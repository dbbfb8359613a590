"""Tagging of texts with entities, over any backend and any task."""

from onoma.tagger.prediction import DocumentPrediction
from onoma.tagger.tagger import Tagger

__all__ = ["DocumentPrediction", "Tagger"]
