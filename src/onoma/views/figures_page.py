"""What pages of figures share: their style, and what they begin with."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from onoma.text.markup import escaped


def figures_head(title: str, *, style: str = "", script: str = "") -> str:
    """What a page begins with, up to its body.

    Args:
        title: that of the page.
        style: rules that are added to those that all pages of figures have.
        script: the one that the page may run; it is not part of the head.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
    common = files("onoma.views").joinpath("figures_page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>{common}{style}</style>\n</head>\n<body>\n"
    )
