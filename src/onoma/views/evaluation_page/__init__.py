"""HTML page with the evaluation of a system and its errors."""

from onoma.views.evaluation_page.page import evaluation_page, write_evaluation_page

__all__ = ["evaluation_page", "write_evaluation_page"]
