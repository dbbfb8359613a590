"""Location of the user's caches."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(name: str) -> Path:
    """Return the path of a cache folder, which need not exist yet.

    Its parent is ``$ONOMA_CACHE`` if set, else ``$XDG_CACHE_HOME/onoma`` if set, else ``~/.cache/onoma``.
    """
    onoma_cache, xdg_cache = os.environ.get("ONOMA_CACHE"), os.environ.get("XDG_CACHE_HOME")
    base = Path(onoma_cache) if onoma_cache else (Path(xdg_cache) if xdg_cache else Path.home() / ".cache") / "onoma"
    return base / name
