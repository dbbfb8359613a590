"""The evaluation of a system as one HTML page, with its errors."""

from onoma.views.evaluation_page.page import evaluation_page, write_evaluation_page

__all__ = ["evaluation_page", "write_evaluation_page"]
