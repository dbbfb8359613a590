"""The provenance of a model for its manifest."""

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
    """Return the provenance of a model before its evaluation, without scores.

    Args:
        config: configuration of the run.
        train: card of the training set.
        dev: card of the dev set; None if there is none.
        packages: names of the packages whose versions are recorded.
        dropped: number of entities that had to be changed or left out, by reason.
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
