"""Storages of studies: opening and closing them, showing their addresses, and explaining their errors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from pathlib import Path

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from onoma.errors import ConfigError, InputError

_JOURNAL_PREFIX = "journal:"
_SQLITE_TIMEOUT = 120.0
"""Seconds to wait for a locked SQLite database."""

_RETRY_DELAYS = (0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts to open a database whose tables another process is creating."""


def sqlite_storage(path: Path) -> str:
    """Return the URL of an SQLite database in a file, whose path may contain any characters."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def shown_storage(storage: str) -> str:
    """Return the address of a storage for display, without its password."""
    if storage.startswith(_JOURNAL_PREFIX):
        return storage
    try:
        return make_url(storage).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return storage.partition("://")[0] + "://…" if "://" in storage else storage


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress Optuna's log messages below errors within the context."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def open_storage(storage: str) -> BaseStorage:
    """Open a storage, and create its folder and tables if they do not exist.

    Raises:
        ConfigError: ``storage`` is neither a URL nor a journal.
    """
    if storage.startswith(_JOURNAL_PREFIX):
        path = Path(storage.removeprefix(_JOURNAL_PREFIX))
        path.parent.mkdir(parents=True, exist_ok=True)
        # the default lock is a symbolic link, for which Windows needs a privilege
        return JournalStorage(JournalFileBackend(str(path), lock_obj=JournalFileOpenLock(str(path))))
    if "://" not in storage:
        raise ConfigError(
            f"--storage {storage}: expected a URL such as sqlite:///study.db or postgresql+psycopg://host/name, or "
            "journal:PATH"
        )
    url = make_url(storage)
    options: dict[str, object] = {}
    if url.get_backend_name() == "sqlite":
        options = {"connect_args": {"timeout": _SQLITE_TIMEOUT}}
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    for delay in _RETRY_DELAYS:
        try:
            return RDBStorage(storage, engine_kwargs=options)
        except (IntegrityError, OperationalError, ProgrammingError) as error:
            if not (isinstance(error, IntegrityError) or "already exists" in str(error)):
                raise
            time.sleep(delay)  # another process is creating the same tables
    return RDBStorage(storage, engine_kwargs=options)


def close_storage(storage: BaseStorage) -> None:
    """Close the database connections of a storage."""
    storage.remove_session()
    if isinstance(storage, RDBStorage):
        storage.engine.dispose()


@contextmanager
def explaining(storage: str) -> Iterator[None]:
    """Convert errors of a storage within the context to errors that name the storage.

    Raises:
        InputError: the storage cannot be used.
    """
    try:
        yield
    except (SQLAlchemyError, OptunaError, ImportError, OSError, JSONDecodeError) as error:
        why = str(error.__cause__ or error).strip().partition("\n")[0]
        advice = "pip install the driver that the URL names" if isinstance(error, ImportError) else "check the address"
        raise InputError(f"{shown_storage(storage)}: the storage cannot be used ({why}); {advice}") from error
