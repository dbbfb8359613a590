"""Where a model comes from, as its manifest tells it."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from onoma.bundle import DataCard, Provenance
from onoma.training.config import RunConfig
from onoma.version import __version__


def provenance_of(
    config: RunConfig, *, train: DataCard, dev: DataCard | None, packages: Sequence[str], dropped: Mapping[str, int]
) -> Provenance:
    """The provenance of a model before it is measured.

    Args:
        config: the run.
        train: the training text.
        dev: the text on which the best epoch is chosen; None without one.
        packages: those whose versions decide what the model is.
        dropped: entities that could not be used as they are, by reason.
    """
    return Provenance(
        data={"train": train} | ({"dev": dev} if dev else {}),
        seed=config.training.seed,
        versions={
            "onoma": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in packages},
        },
        settings=config.model_dump(mode="json", exclude={"output"}),
        dropped=dict(dropped),
    )
