"""Write docs/commands.md from the commands themselves.

``python docs/generate.py [PAGE]``; a test writes the page elsewhere and compares. The page is made from what the
commands declare, not from how the help screen happens to be drawn, so that it does not depend on a terminal.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from typer.main import get_command

PAGE = Path(__file__).parent / "commands.md"


def commands_page() -> str:
    """The page as Markdown: one section a command."""
    from onoma.cli import app

    root = get_command(app)
    parts = ["# Commands", "Written by `make docs`: change the commands, not this page.", *_about(root)]
    for name, command in getattr(root, "commands", {}).items():
        if not command.hidden:
            parts += [f"## `onoma {name}`", f"```text\n{_usage(f'onoma {name}', command)}\n```", *_about(command)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _about(command: object) -> Iterator[str]:
    yield inspect.cleandoc(getattr(command, "help", None) or "").split("\f")[0].strip()
    rows = [_row(parameter) for parameter in getattr(command, "params", ()) if not getattr(parameter, "hidden", False)]
    rows = [row for row in rows if not row.startswith(("| `--install-completion", "| `--show-completion"))]
    if rows:
        yield "\n".join(["| argument or option | what it is |", "|---|---|", *rows])


def _usage(name: str, command: object) -> str:
    words = [name]
    for parameter in getattr(command, "params", ()):
        if _is_argument(parameter):
            word = _argument(parameter)
            words.append(word if parameter.required or word.startswith("[") else f"[{word}]")
    return " ".join([*words, "[OPTIONS]"])


def _row(parameter: object) -> str:
    if _is_argument(parameter):
        name = _argument(parameter)
    else:
        flags = [*getattr(parameter, "opts", ()), *getattr(parameter, "secondary_opts", ())]
        name = ", ".join(sorted(flags, key=lambda flag: (not flag.startswith("--"), flags.index(flag))))
    text = " ".join((getattr(parameter, "help", None) or "").split())
    default = getattr(parameter, "default", None)
    default = getattr(default, "value", default)
    if isinstance(default, str | int | float) and default is not False and default != "":
        text = f"{text} Default: `{default}`."
    text = text.strip().replace("|", "\\|")
    return f"| `{name}` | {text} |"


def _is_argument(parameter: object) -> bool:
    return getattr(parameter, "param_type_name", "") == "argument"


def _argument(parameter: object) -> str:
    name = getattr(parameter, "metavar", None) or str(getattr(parameter, "name", "")).upper()
    return f"{name}..." if getattr(parameter, "nargs", 1) == -1 and not name.endswith("...") else name


if __name__ == "__main__":
    page = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    page.write_text(commands_page(), encoding="utf-8")
