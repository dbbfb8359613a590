"""Running a model without torch."""

from onoma.runtime.backend import Backend

__all__ = ["Backend"]
