"""Documents and reports for the eye: terminal, HTML page, table."""

from onoma.rendering.colours import Palette
from onoma.rendering.html import html_page
from onoma.rendering.table import report_table
from onoma.rendering.terminal import to_terminal

__all__ = ["Palette", "html_page", "report_table", "to_terminal"]
