"""A judged system as one HTML page, for reading and for looking through its errors."""

from onoma.views.report.page import Rival, report_page, write_report
from onoma.views.report.plots import need_plots

__all__ = ["Rival", "need_plots", "report_page", "write_report"]
