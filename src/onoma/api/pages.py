"""Early checks of HTML reports, which are written only when all results are computed."""

from __future__ import annotations

import os
from pathlib import Path

from onoma.api.inputs import PathLike
from onoma.errors import InputError

_HEAD_BYTES = 200


def check_page(page: PathLike | None) -> None:
    """Check that an HTML report with matplotlib plots can be written; do nothing if the path is None.

    Raises:
        InputError: the path cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    if page is None:
        return
    from onoma.views.plots import require_matplotlib

    check_page_path(page)
    require_matplotlib()


def check_page_path(page: PathLike) -> None:
    """Check that a page can be written to a path, whose missing parent folders are created later.

    Raises:
        InputError: the path is a folder or a file that is no HTML page, or its first existing parent is not a folder
            that can be written.
    """
    path = Path(page)
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file for the report")
    if path.is_file() and not _is_page(path):
        raise InputError(f"{path}: exists and is no HTML page; name another file for the report")
    parent = next(each for each in path.absolute().parents if each.exists())
    if not parent.is_dir():
        raise InputError(f"{path}: {parent} is not a folder; name another file for the report")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"{path}: the folder {parent} cannot be written; name another file for the report")


def _is_page(path: Path) -> bool:
    """Return whether a file is an HTML page, or empty."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return not head or head.startswith((b"<!doctype html", b"<html"))
