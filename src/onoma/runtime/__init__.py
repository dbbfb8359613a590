"""Running a model without torch."""

from onoma.runtime.backend import Backend, StreamingBackend

__all__ = ["Backend", "StreamingBackend"]
