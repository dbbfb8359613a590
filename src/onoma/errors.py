"""Every error that onoma raises on purpose.

::

    OnomaError                 anything onoma can explain; the command line prints it and exits with 2
    ├── InputError             an argument or a file that cannot be used
    │   ├── CorpusError        an annotated file, at a path and often a line
    │   │   └── SchemeError    a tag, or a tag after another, that the scheme does not allow
    │   └── ConfigError        a run's configuration: an unknown key, a wrong value, a contradiction
    ├── BundleError            a model folder that is missing, broken or of another version
    ├── InferenceError         a model that fails at a text
    ├── EncoderError           a pre-trained encoder that cannot be found or understood
    ├── ParityError            two computations of one model differ by more than they may
    ├── TrainingError          training that cannot continue: a loss that is not finite, a batch that does not fit
    ├── UnfinishedError        a bulk job that cannot continue now and can be resumed
    ├── StoppedError           training that SIGTERM has stopped and that can be resumed
    └── MissingExtraError      an optional dependency is not installed

A message says where the error is, what was found, what was expected, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path


class OnomaError(Exception):
    """The base class of all errors that onoma raises on purpose."""


class InputError(OnomaError):
    """An argument or a file that cannot be used."""


class CorpusError(InputError):
    """An annotated file that cannot be read or written.

    Args:
        message: what was found, what was expected, what to do.
        path: the file.
        line: the line, counted from 1.
    """

    def __init__(self, message: str, *, path: str | Path | None = None, line: int | None = None) -> None:
        self.message = message
        self.path = path
        self.line = line
        where = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(where + message)


class SchemeError(CorpusError):
    """A tag, or a tag after another, that the scheme does not allow."""


class ConfigError(InputError):
    """A run's configuration that cannot be used."""


class BundleError(OnomaError):
    """A model folder that is missing, broken or of another version."""


class InferenceError(OnomaError):
    """A model that fails at a text, and perhaps not at others."""


class EncoderError(OnomaError):
    """A pre-trained encoder that cannot be found or understood."""


class ParityError(OnomaError):
    """Two computations of one model differ by more than they may."""


class TrainingError(OnomaError):
    """Training that cannot continue; its checkpoints are kept."""


class UnfinishedError(OnomaError):
    """A bulk job that cannot continue now; what it has written is kept, and it can be resumed."""


class StoppedError(OnomaError):
    """Training that SIGTERM has stopped and that can be resumed."""


class MissingExtraError(OnomaError):
    """An optional dependency is not installed.

    Args:
        what: what the caller wanted to do.
        extra: the extra of onoma that brings it.
    """

    def __init__(self, what: str, *, extra: str) -> None:
        self.what = what
        self.extra = extra
        super().__init__(f"{what} needs packages that are not installed; run: pip install 'onoma[{extra}]'")

    def __reduce__(self) -> tuple[Callable[..., MissingExtraError], tuple[str]]:
        return partial(MissingExtraError, extra=self.extra), (self.what,)


@contextmanager
def needing(what: str, *, extra: str) -> Iterator[None]:
    """Around the import of an optional dependency.

    Args:
        what: what the caller wanted to do.
        extra: the extra of onoma that brings it.

    Raises:
        MissingExtraError: it cannot be imported.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(what, extra=extra) from error
