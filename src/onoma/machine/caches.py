"""Where the user's caches are."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(name: str) -> Path:
    """A folder in ``$ONOMA_CACHE``, else in ``$XDG_CACHE_HOME/onoma``, else in ``~/.cache/onoma``; it may not exist."""
    own, shared = os.environ.get("ONOMA_CACHE"), os.environ.get("XDG_CACHE_HOME")
    base = Path(own) if own else (Path(shared) if shared else Path.home() / ".cache") / "onoma"
    return base / name
