"""What readers of formats without a tagging scheme share."""

from __future__ import annotations

from pathlib import Path

from onoma.corpora.options import ReadOptions
from onoma.schemes import Scheme


class SchemelessReader:
    """A reader of a file or folder whose annotation is not tags of a scheme, so that none is detected or named."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._path = path
        self._options = options

    @property
    def scheme(self) -> Scheme | None:
        """None: the format has no scheme."""
        return None
