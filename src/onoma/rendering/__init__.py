"""Documents and reports for the eye: terminal, HTML page, table."""

from onoma.rendering.colours import Palette
from onoma.rendering.findings import comparison_table, errors_tables, reliability_table, runs_table, thresholds_table
from onoma.rendering.html import escaped, html_page
from onoma.rendering.table import percent, report_table
from onoma.rendering.terminal import to_terminal

__all__ = [
    "Palette",
    "comparison_table",
    "errors_tables",
    "escaped",
    "html_page",
    "percent",
    "reliability_table",
    "report_table",
    "runs_table",
    "thresholds_table",
    "to_terminal",
]
