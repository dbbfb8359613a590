"""The evaluation of a system as one HTML page, with its errors."""

from onoma.views.evaluation_page.page import evaluation_page, write_evaluation_page
from onoma.views.evaluation_page.plots import need_plots

__all__ = ["evaluation_page", "need_plots", "write_evaluation_page"]
