"""The command-line application: the registration of all commands, and error handling."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from onoma.cli import (
    calibrate,
    check,
    compare,
    convert,
    evaluate,
    explain,
    export,
    index,
    info,
    pretrain,
    prune,
    score,
    tag,
    train,
    tune,
)
from onoma.cli.options import EXIT_INTERRUPTED
from onoma.cli.output import print_message, set_up_output
from onoma.errors import OnomaError, StoppedError
from onoma.version import __version__


class _CommandGroup(TyperGroup):
    """Command group that exits without an error if the reader of standard output, such as `head`, closes the pipe."""

    def invoke(self, ctx: Any) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                if sys.stdout is not None:
                    sys.stdout.flush()
        except (BrokenPipeError, SystemExit) as error:
            if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
                raise  # not caused by a broken pipe: rich turns BrokenPipeError into SystemExit
            # Otherwise Python reports the error again when it flushes standard output at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None


app = typer.Typer(
    cls=_CommandGroup,
    name="onoma",
    help="Find and classify the names in text with BERT.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    *(tag, train, tune, compare, evaluate, score, calibrate, check, explain, index),
    *(convert, pretrain, prune, export, info),
):
    app.command(name=command.__name__.rpartition(".")[2])(command.run)


def _show_version(requested: bool) -> None:
    if requested:
        typer.echo(f"onoma {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", help="Show the version.", callback=_show_version, is_eager=True),
) -> None:
    pass


def main() -> NoReturn:
    """Run the command-line application and exit.

    The exit status is 0 after success. Errors that onoma raises on purpose and :class:`OSError` are printed as one
    message, with status 2, or 143 after SIGTERM; Ctrl-C gives status 130. Any other error is printed with its
    traceback, with status 1. Commands may exit with other statuses.
    """
    set_up_output()
    try:
        app()
    except StoppedError as error:
        _fail(str(error), status=143)
    except OnomaError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        print_message("interrupted")
        sys.exit(EXIT_INTERRUPTED)
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except Exception:  # a bug in onoma; the traceback may contain control characters
        print_message(traceback.format_exc())
        sys.exit(1)
    sys.exit(0)


def _fail(message: str, *, status: int = 2) -> NoReturn:
    print_message(f"onoma: {message}")
    sys.exit(status)
