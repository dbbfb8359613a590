"""Checks that the packages of an optional extra are installed, made before any work is started."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from onoma.errors import MissingExtraError


def need_training() -> None:
    """Check that the packages for training are installed.

    Raises:
        MissingExtraError: a package is missing. The message gives the command that installs it.
    """
    if not all(find_spec(name) for name in ("jaxtyping", "onnx", "safetensors", "torch", "transformers")):
        raise MissingExtraError("training", extra="train")


def need_crfsuite(encoders: Iterable[str]) -> None:
    """Check that the package for training the baseline ``crf`` is installed, if one of some encoders is this baseline.

    Raises:
        MissingExtraError: the package is missing. The message gives the command that installs it.
    """
    if "crf" in encoders and find_spec("pycrfsuite") is None:
        raise MissingExtraError("the baseline crf", extra="baselines")


def need_tuning(*, plots: bool) -> None:
    """Check that the packages for a hyperparameter search are installed.

    Args:
        plots: whether the package for plots is needed too.

    Raises:
        MissingExtraError: a package is missing. The message gives the command that installs it.
    """
    if not all(find_spec(name) for name in ("optuna", *(["plotly"] if plots else []))):
        raise MissingExtraError("tuning", extra="tune")
