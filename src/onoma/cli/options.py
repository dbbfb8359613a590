"""Command-line options shared by several commands."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from onoma.corpora import AUTO, FORMATS, DocumentsUnit, ReadOptions
from onoma.errors import InputError

EXIT_INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 plus the number of the signal, as is the convention in shells."""

FormatOption = Annotated[
    str | None,
    typer.Option("--format", help=f"Format of the input: {', '.join(FORMATS)}. Detected automatically if not given."),
]
SchemeName = Annotated[
    str | None,
    typer.Option("--scheme", help="Tagging scheme of the input, such as BIO. Detected automatically if not given."),
]
WordColumn = Annotated[
    str | None, typer.Option("--word-column", help="Column of the word, by number from 1 or by name.")
]
TagColumn = Annotated[
    str | None, typer.Option("--tag-column", help="Column of the tag, by number from 1 (-1 is the last) or by name.")
]
PositionDigit = Annotated[
    bool, typer.Option("--position-digit", help="Remove the digit after each word, as in the Weibo corpus.")
]
Encoding = Annotated[str, typer.Option("--encoding", help="Character encoding of the input.")]
FilesEncoding = Annotated[str | None, typer.Option("--encoding", help="Character encoding of the files.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other setting; may be repeated.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue the unfinished run at the output.")]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse input that breaks its tagging scheme.")]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label", metavar="OLD=NEW", help="Read label OLD as NEW, or drop it if NEW is empty; may be repeated."
    ),
]
Unannotated = Annotated[
    list[str] | None,
    typer.Option(
        "--unannotated", metavar="LABEL", help="The file does not annotate LABEL, so do not score it; may be repeated."
    ),
]
DefaultLabel = Annotated[
    str, typer.Option("--default-label", metavar="LABEL", help="Label of tags that have none, such as B, I and O.")
]
TagNames = Annotated[
    str | None,
    typer.Option(
        "--tag-names", metavar="TAGS", help="Tags that numbers stand for, in order from 0, separated by commas."
    ),
]
DocumentsOption = Annotated[
    str | None,
    typer.Option(
        "--documents",
        metavar="auto|file|blank-lines|N",
        help="What is a document in a file that does not say so: each sentence (auto), the whole file (file), the "
        "sentences up to two or more blank lines in a row (blank-lines), or N sentences. Sentences of a document are "
        "read together.",
    ),
]
SkipChecks = Annotated[
    bool, typer.Option("--skip-checks", help="Accept a file even if its words and labels look misread.")
]
ModelArgument = Annotated[
    Path, typer.Argument(help="en, or a folder that `onoma train` has written.", show_default=False)
]
ModelFolder = Annotated[Path, typer.Argument(help="A folder that `onoma train` has written.", show_default=False)]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Processor threads; all available ones if not given.")
]
DtypeOption = Annotated[
    str,
    typer.Option("--dtype", help="fp32, int8, bf16, or auto for the fastest one here that the model allows."),
]
StructureOption = Annotated[
    bool,
    typer.Option(
        "--structure/--no-structure",
        help="Find lines, cells, hyphenated words, escapes and sentences in capitals in raw text before it is tagged.",
    ),
]
AgainstOption = Annotated[
    Path | None,
    typer.Option(
        "--against",
        metavar="OTHER",
        help="Also score OTHER on the same gold, and test whether it differs.",
        show_default=False,
    ),
]
Seeds = Annotated[
    list[Path] | None,
    typer.Option(
        "--seeds",
        metavar="RUN",
        help="The same model trained with another seed, or its predictions, for mean and standard deviation; may be "
        "repeated.",
    ),
]
ShowErrors = Annotated[
    bool,
    typer.Option("--errors", help="Also show the errors, by kind, by label and by entity; --json always has them."),
]
TrainingTextOption = Annotated[
    Path | None,
    typer.Option("--train", metavar="FILE", help="Training text, to score seen and new entities separately."),
]
Page = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Also write an HTML page with all figures and errors."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print figures as JSON, fractions of 1.")]


WORDS = ("word_column", "tag_column", "position_digit", "encoding")
"""Names of the options for reading the words of annotated files."""

ENTITIES = ("scheme", *WORDS, "strict", "default_label", "tag_names", "skip_checks", "labels")
"""Names of the options for reading the words and entities of annotated files."""


_Decorator = Callable[[Callable[..., None]], Callable[..., None]]


def column(text: str | None) -> int | str | None:
    """Return the number of a column if the text is a number, else the text as its name."""
    if text is None:
        return None
    return int(text) if text.lstrip("-").isdecimal() else text


def number(text: str) -> int | str:
    """Return an integer if the text consists of digits, else the text."""
    return int(text) if text.isdecimal() else text


def documents_unit(text: str) -> DocumentsUnit:
    """Return a number of sentences if the text consists of digits, else the text."""
    return int(text) if text.isdecimal() else text


def comma_separated(text: str | None) -> tuple[str, ...]:
    """Split a text at commas and strip white space from the parts; return an empty tuple for None or an empty text."""
    return tuple(part.strip() for part in text.split(",")) if text else ()


def reads(*names: str) -> _Decorator:
    """Return a decorator that adds options for reading files to a command.

    The command receives them as one :class:`ReadOptions` argument, ``options``.

    Args:
        names: parameters of :func:`read_options`.
    """
    return _with_options(read_options, names, target_parameter="options")


def reads_training_data(run: Callable[..., None]) -> Callable[..., None]:
    """Add options for reading training data to a command, which receives them as one argument, ``data_settings``."""
    names = inspect.signature(data_settings).parameters
    return _with_options(data_settings, list(names), target_parameter="data_settings")(run)


def _with_options(read: Callable[..., object], names: Sequence[str], *, target_parameter: str) -> _Decorator:
    """Return a decorator that adds parameters of a function to a command, as options.

    Args:
        read: function that is called with the values of the options.
        names: names of the parameters of ``read`` to add.
        target_parameter: parameter of the command that receives the return value of ``read``.
    """
    read_parameters = inspect.signature(read, eval_str=True).parameters
    option_parameters = [read_parameters[name] for name in names]

    def decorate(run: Callable[..., None]) -> Callable[..., None]:
        parameters = inspect.signature(run, eval_str=True).parameters

        @functools.wraps(run)
        def command(**arguments: Any) -> None:
            value = read(**{name: arguments.pop(name) for name in names})
            run(**arguments, **{target_parameter: value})

        parameter_groups = (
            option_parameters if name == target_parameter else [parameter] for name, parameter in parameters.items()
        )
        vars(command)["__signature__"] = inspect.Signature(list(chain.from_iterable(parameter_groups)))
        return command

    return decorate


def read_options(
    *,
    scheme: SchemeName = None,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    position_digit: PositionDigit = False,
    encoding: Encoding = "utf-8",
    strict: Strict = False,
    default_label: DefaultLabel = "",
    tag_names: TagNames = None,
    skip_checks: SkipChecks = False,
    documents: DocumentsOption = None,
    labels: Labels = None,
    unannotated: Unannotated = None,
) -> ReadOptions:
    """Build :class:`ReadOptions` from the shared options.

    Raises:
        InputError: a ``--label`` option is not of the form ``OLD=NEW``, or two rename the same label.
    """
    return ReadOptions(
        scheme=scheme,
        strict=strict,
        word_column=column(word_column),
        tag_column=column(tag_column),
        position_digit=position_digit,
        encoding=encoding,
        default_label=default_label,
        tag_names=comma_separated(tag_names),
        skip_checks=skip_checks,
        documents=AUTO if documents is None else documents_unit(documents),
        labels=_parse_renamings(labels or ()),
        unannotated=frozenset(unannotated or ()),
    )


def data_settings(
    *,
    format: FormatOption = None,
    scheme: SchemeName = None,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    encoding: FilesEncoding = None,
    strict: Strict = False,
    default_label: DefaultLabel = "",
    tag_names: TagNames = None,
    skip_checks: SkipChecks = False,
    documents: DocumentsOption = None,
) -> dict[str, object]:
    """Return the settings for reading a run's files, by dotted key; None for options that are not given."""
    return {
        "data.format": format,
        "data.tag_scheme": scheme,
        "data.word_column": column(word_column),
        "data.tag_column": column(tag_column),
        "data.encoding": encoding,
        "data.strict": strict or None,
        "data.default_label": default_label or None,
        "data.tag_names": comma_separated(tag_names) or None,
        "data.skip_checks": skip_checks or None,
        "data.documents": None if documents is None else documents_unit(documents),
    }


def _parse_renamings(texts: Sequence[str]) -> dict[str, str]:
    renamings: dict[str, str] = {}
    for text in texts:
        old, equals, new = text.partition("=")
        if not equals or not old:
            raise InputError(f"--label {text}: expected OLD=NEW, as in person=PER")
        if renamings.get(old, new) != new:
            raise InputError(f"--label {text}: {old} is read as {renamings[old]!r} already")
        renamings[old] = new
    return renamings
