"""Early checks of HTML reports, which are written only when all results are computed."""

from __future__ import annotations

from pathlib import Path

from onoma.api.inputs import PathLike
from onoma.errors import InputError


def check_page(page: PathLike | None) -> None:
    """Check that an HTML report can be written; do nothing if the path is None.

    Raises:
        InputError: the parent folder does not exist.
        MissingExtraError: matplotlib is not installed.
    """
    if page is None:
        return
    from onoma.views.plots import require_matplotlib

    if not Path(page).parent.is_dir():
        raise InputError(f"{page}: there is no folder {Path(page).parent}; create it first")
    require_matplotlib()
