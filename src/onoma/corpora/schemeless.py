"""Base class for readers of formats without a tagging scheme."""

from __future__ import annotations

from pathlib import Path

from onoma.corpora.options import ReadOptions
from onoma.schemes import Scheme


class SchemelessReader:
    """Base class for readers of a file or folder whose annotations are not tags of a scheme."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._path = path
        self._options = options

    @property
    def scheme(self) -> Scheme | None:
        """Always None, because the format has no scheme."""
        return None
