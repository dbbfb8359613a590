"""Presentation of documents, reports and models: terminal output, HTML pages, tables and model cards."""

from onoma.text.colours import Palette
from onoma.views.candidates import candidate_tables, choices, failures, forecasts, machine
from onoma.views.card import model_summary, write_card
from onoma.views.encoder_card import encoder_summary, figure_lines, write_encoder_card
from onoma.views.explanations import explanation_parts, faithfulness_table
from onoma.views.explanations_page import explanations_page
from onoma.views.findings import comparison_table, errors_tables, reliability_table, runs_table, thresholds_table
from onoma.views.html import html_page
from onoma.views.table import report_table
from onoma.views.terminal import to_terminal

__all__ = [
    "Palette",
    "candidate_tables",
    "choices",
    "comparison_table",
    "encoder_summary",
    "errors_tables",
    "explanation_parts",
    "explanations_page",
    "faithfulness_table",
    "failures",
    "figure_lines",
    "forecasts",
    "html_page",
    "machine",
    "model_summary",
    "reliability_table",
    "report_table",
    "runs_table",
    "thresholds_table",
    "to_terminal",
    "write_card",
    "write_encoder_card",
]
