"""Head and style that all pages with scores and plots share."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from onoma.text.markup import escaped


def report_head(title: str, *, style: str = "", script: str = "") -> str:
    """Return the beginning of a page, up to the start of its body.

    Args:
        title: title of the page.
        style: CSS rules that are added to the shared ones.
        script: the only script that the page may run; it is not included in the head.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
    shared_style = files("onoma.views").joinpath("figures_page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>{shared_style}{style}</style>\n</head>\n<body>\n"
    )
