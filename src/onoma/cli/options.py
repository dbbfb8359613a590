"""Options that several commands share, and what they become."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from onoma.corpora import FORMATS, ReadOptions
from onoma.errors import InputError

INTERRUPTED = 130
"""Exit status of a command that Ctrl-C has ended, as shells have it: 128 and the number of the signal."""

Format = Annotated[
    str | None,
    typer.Option("--format", help=f"Format of the input: {', '.join(FORMATS)}. detected automatically if not given."),
]
SchemeName = Annotated[
    str | None,
    typer.Option("--scheme", help="Tagging scheme of the input, such as BIO. detected automatically if not given."),
]
WordColumn = Annotated[
    str | None, typer.Option("--word-column", help="Column of the word, by number from 1 or by name.")
]
TagColumn = Annotated[
    str | None, typer.Option("--tag-column", help="Column of the tag, by number from 1 (-1 is the last) or by name.")
]
PositionDigit = Annotated[
    bool, typer.Option("--position-digit", help="Drop the digit behind each word, as the Weibo corpus has it.")
]
Encoding = Annotated[str, typer.Option("--encoding", help="Character encoding of the input.")]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse input that breaks its tagging scheme.")]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label", metavar="OLD=NEW", help="Read label OLD as NEW, or leave it out if NEW is empty; may be repeated."
    ),
]
Unannotated = Annotated[
    list[str] | None,
    typer.Option(
        "--unannotated", metavar="LABEL", help="The file does not annotate LABEL, so do not judge it; may be repeated."
    ),
]
Model = Annotated[Path, typer.Argument(help="en, or a folder that `onoma train` has written.", show_default=False)]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Processor threads; as many as there are if not given.")
]
Dtype = Annotated[
    str,
    typer.Option("--dtype", help="Numbers to compute in: fp32, int8, bf16, or auto for what the model prefers."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print figures as JSON, fractions of 1.")]


def column(text: str | None) -> int | str | None:
    """A column's number where the text is one, else its name."""
    if text is None:
        return None
    return int(text) if text.lstrip("-").isdecimal() else text


def read_options(
    *,
    word_column: str | None,
    tag_column: str | None,
    position_digit: bool,
    encoding: str,
    scheme: str | None = None,
    strict: bool = False,
    lines: bool = False,
    labels: Sequence[str] | None = None,
    unannotated: Sequence[str] | None = None,
) -> ReadOptions:
    """What the shared options say of reading.

    Raises:
        InputError: a label's new name is missing.
    """
    return ReadOptions(
        scheme=scheme,
        strict=strict,
        word_column=column(word_column),
        tag_column=column(tag_column),
        position_digit=position_digit,
        encoding=encoding,
        text_unit="line" if lines else "file",
        labels=dict(map(_renaming, labels or ())),
        unannotated=frozenset(unannotated or ()),
    )


def _renaming(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not equals or not old:
        raise InputError(f"--label {text}: expected OLD=NEW, as in person=PER")
    return old, new
