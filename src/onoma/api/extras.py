"""Whether the packages of an extra are installed, which one must know before anything is begun."""

from __future__ import annotations

from importlib.util import find_spec

from onoma.errors import MissingExtraError


def need_training() -> None:
    """Check that the packages for training are installed.

    Raises:
        MissingExtraError: with the command that installs it.
    """
    if not all(find_spec(name) for name in ("jaxtyping", "onnx", "safetensors", "torch", "transformers")):
        raise MissingExtraError("training", extra="train")


def need_crfsuite() -> None:
    """Check that what fits the baseline ``crf`` is installed.

    Raises:
        MissingExtraError: with the command that installs it.
    """
    if find_spec("pycrfsuite") is None:
        raise MissingExtraError("the baseline crf", extra="baselines")


def need_tuning(*, plots: bool) -> None:
    """Check that the packages for a search are installed.

    Args:
        plots: whether those for its pictures are needed too.

    Raises:
        MissingExtraError: with the command that installs it.
    """
    if not all(find_spec(name) for name in ("optuna", *(["plotly"] if plots else []))):
        raise MissingExtraError("tuning", extra="tune")
