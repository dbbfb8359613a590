"""Documents and reports for the eye: terminal, HTML page, table."""

from onoma.rendering.colours import Palette
from onoma.rendering.explanations import explanation_parts, faithfulness_table
from onoma.rendering.findings import comparison_table, errors_tables, reliability_table, runs_table, thresholds_table
from onoma.rendering.html import escaped, html_page
from onoma.rendering.table import percent, report_table
from onoma.rendering.terminal import to_terminal
from onoma.rendering.why import explanations_page

__all__ = [
    "Palette",
    "comparison_table",
    "errors_tables",
    "escaped",
    "explanation_parts",
    "explanations_page",
    "faithfulness_table",
    "html_page",
    "percent",
    "reliability_table",
    "report_table",
    "runs_table",
    "thresholds_table",
    "to_terminal",
]
