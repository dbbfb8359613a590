"""Pages of figures that are written when all is computed."""

from __future__ import annotations

from pathlib import Path

from onoma.api.inputs import PathLike
from onoma.errors import InputError


def check_page(page: PathLike | None) -> None:
    """Refuse a page that cannot be written, before anything is computed.

    Raises:
        InputError: there is no folder for it.
        MissingExtraError: matplotlib is not installed.
    """
    if page is None:
        return
    from onoma.views.plots import need_plots

    if not Path(page).parent.is_dir():
        raise InputError(f"{page}: there is no folder {Path(page).parent}; create it first")
    need_plots()
