"""Every error that onoma raises on purpose.

::

    OnomaError                 any error that onoma can explain; the command line prints it and exits with 2
    ├── InputError             an argument or a file that cannot be used
    │   ├── CorpusError        an annotated file that cannot be read or written; with its path and often a line
    │   │   └── SchemeError    a tag, or a transition between tags, that the scheme does not allow
    │   └── ConfigError        an invalid configuration: an unknown key, a wrong value, a contradiction
    ├── BundleError            a bundle (model folder) that is missing, corrupt or of an unsupported version
    ├── InferenceError         a model that fails on a text
    ├── EncoderError           a pre-trained encoder that cannot be found or used
    ├── ParityError            two computations of one model that differ by more than the tolerance
    ├── TrainingError          training that cannot continue: a loss that is not finite, a batch that does not fit
    ├── UnfinishedError        a bulk job that cannot continue now but can be resumed
    ├── StoppedError           a run that was stopped by a signal, such as SIGTERM, and can be resumed
    └── MissingExtraError      an optional dependency that is not installed

An error message says where the error is, what was found, what was expected, and what to do.
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
        message: what was found, what was expected, and what to do.
        path: path of the file.
        line: line number, counted from 1.
    """

    def __init__(self, message: str, *, path: str | Path | None = None, line: int | None = None) -> None:
        self.message = message
        self.path = path
        self.line = line
        location = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(location + message)


class SchemeError(CorpusError):
    """A tag, or a transition between tags, that the scheme does not allow."""


class ConfigError(InputError):
    """An invalid configuration of a run."""


class BundleError(OnomaError):
    """A bundle (model folder) that is missing, corrupt or of an unsupported version."""


class InferenceError(OnomaError):
    """A model that fails on a text, and perhaps not on others."""


class EncoderError(OnomaError):
    """A pre-trained encoder that cannot be found or used."""


class ParityError(OnomaError):
    """Two computations of one model that differ by more than the tolerance."""


class TrainingError(OnomaError):
    """Training that cannot continue; its checkpoints are kept."""


class UnfinishedError(OnomaError):
    """A bulk job that cannot continue now; its output so far is kept, and it can be resumed."""


class StoppedError(OnomaError):
    """A run that was stopped by a signal, such as SIGTERM, and can be resumed."""


class MissingExtraError(OnomaError):
    """An optional dependency that is not installed.

    Args:
        what: operation that needs the dependency, as the message names it.
        extra: extra of onoma that installs the dependency.
    """

    def __init__(self, what: str, *, extra: str) -> None:
        self.what = what
        self.extra = extra
        super().__init__(f"{what} needs packages that are not installed; run: pip install 'onoma[{extra}]'")

    def __reduce__(self) -> tuple[Callable[..., MissingExtraError], tuple[str]]:
        return partial(MissingExtraError, extra=self.extra), (self.what,)


@contextmanager
def optional_import(what: str, *, extra: str) -> Iterator[None]:
    """Convert the ImportError of an optional dependency that is imported in this context.

    Args:
        what: operation that needs the dependency, as the message names it.
        extra: extra of onoma that installs the dependency.

    Raises:
        MissingExtraError: the dependency cannot be imported.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(what, extra=extra) from error
