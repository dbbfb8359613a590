"""Generator of docs/commands.md from the commands and of docs/api.md from the docstrings.

Usage: ``python docs/generate.py [FOLDER]``. A test writes both pages to another folder and compares them. The pages are
generated from the declarations in the code instead of the help output, so that they do not depend on the terminal.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

from typer.main import get_command

HERE = Path(__file__).parent
WIDTH = 110

API_INTRODUCTION = """\
Everything here is a name of the package `onoma`. `PathLike` is `str | os.PathLike[str]`. The examples on this page need

```python
>>> from onoma import *

```"""
API_VALUES = "The classes that the functions and classes above take or return, and the classes of their attributes."


def commands_page() -> str:
    """Return the page of commands in Markdown, with one section per command."""
    from onoma.cli import app

    root = get_command(app)
    parts = ["# Commands", "Written by `make docs`: change the commands, not this page.", *_about(root)]
    for name, command in getattr(root, "commands", {}).items():
        if not command.hidden:
            parts += [f"## `onoma {name}`", f"```text\n{_usage(f'onoma {name}', command)}\n```", *_about(command)]
    return _page(parts)


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
    if isinstance(default, str | int | float | Path) and default is not False and default != "":
        text = f"{text} Default: `{default}`."
    if variable := getattr(parameter, "envvar", None):
        text = f"{text} Environment variable: `{variable}`."
    text = text.strip().replace("|", "\\|")
    return f"| `{name}` | {text} |"


def _is_argument(parameter: object) -> bool:
    return getattr(parameter, "param_type_name", "") == "argument"


def _argument(parameter: object) -> str:
    name = getattr(parameter, "metavar", None) or str(getattr(parameter, "name", "")).upper()
    return f"{name}..." if getattr(parameter, "nargs", 1) == -1 and not name.endswith("...") else name


def api_page() -> str:
    """Return the API page in Markdown: functions, classes, and the classes of arguments and results."""
    import onoma

    public = {name: getattr(onoma, name) for name in onoma.__all__}
    functions = {name: found for name, found in public.items() if inspect.isfunction(found)}
    classes = {name: found for name, found in public.items() if inspect.isclass(found)}
    others = {name: found for name, found in _values(functions.values()).items() if name not in classes}
    parts = ["# Python interface", "Written by `make docs`: change the docstrings, not this page.", API_INTRODUCTION]
    for title, about, found in (
        ("Functions", "", functions),
        ("Classes", "", classes),
        ("Arguments and results", API_VALUES, others),
    ):
        rows = [f"| [`{name}`](#{name.lower()}) | {_summary(one)} |" for name, one in found.items()]
        parts += [f"## {title}", about, "\n".join(["| name | what it is |", "|---|---|", *rows])]
        for name, one in found.items():
            home = "onoma" if found is not others else _home(name, one)
            entry = "\n\n".join(_entry(f"### {name}", f"{home}.{name}", one))
            if found is others:
                entry = entry.replace("```python\n>>>", f"```python\n>>> from {home} import {name}\n>>>", 1)
            parts.append(entry)
            if inspect.isclass(one):
                parts += [part for member in _members(name, one) for part in member]
    return _page(parts)


def _home(name: str, one: object) -> str:
    """Return where to import a class from: its package, or its module if the package does not export it."""
    module = str(getattr(one, "__module__", ""))
    package = ".".join(module.split(".")[:2])
    return package if hasattr(import_module(package), name) else module


def _values(functions: Iterable[object]) -> dict[str, type]:
    """Return the classes of onoma in the annotations of functions and, recursively, of these classes."""
    found: dict[str, type] = {}
    waiting: list[object] = list(functions)
    while waiting:
        for name, one in _named(waiting.pop(0)):
            if name not in found:
                found[name] = one
                waiting.append(one)
    return found


def _named(one: object) -> Iterator[tuple[str, type]]:
    """Yield the classes of onoma in the annotations of a function, or of the fields and properties of a class."""
    module = sys.modules[str(getattr(one, "__module__", ""))]
    annotations = [str(text) for text in getattr(one, "__annotations__", {}).values()]
    if inspect.isclass(one):
        annotations += [_returned(member) for member in vars(one).values() if isinstance(member, property)]
    imported = {
        alias.asname or alias.name: node.module
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("onoma")
        for alias in node.names
    }
    for name in re.findall(r"[A-Za-z]\w*", " ".join(annotations)):
        home = import_module(str(imported[name])) if name in imported else module
        found = getattr(home, name, None)
        if inspect.isclass(found) and found.__module__.startswith("onoma.") and not _is_of_models(found):
            yield name, found


def _is_of_models(found: type) -> bool:
    """Return whether a class belongs to the neural networks, which users of the API do not need."""
    return found.__module__.startswith("onoma.models.")


def _members(name: str, cls: type) -> Iterator[list[str]]:
    """Yield the public properties and methods of a class; attributes are covered by its docstring."""
    for member, found in vars(cls).items():
        if member.startswith("_"):
            continue
        if isinstance(found, property):
            yield [f"#### {name}.{member}", f"```text\n{name}.{member}: {_returned(found)}\n```", *_markdown(found)]
        elif inspect.isfunction(found) or isinstance(found, classmethod | staticmethod):
            yield _entry(f"#### {name}.{member}", f"{name}.{member}", getattr(cls, member))


def _returned(member: property) -> str:
    return str(getattr(member.fget, "__annotations__", {}).get("return", ""))


def _entry(heading: str, name: str, one: object) -> list[str]:
    signature = _signature(name, one)
    return [heading, *([f"```text\n{signature}\n```"] if signature else []), *filter(None, _markdown(one))]


def _signature(name: str, one: object) -> str:
    """Return a signature on one line, or with one line per parameter if it is too long."""
    if not callable(one) or (isinstance(one, type) and issubclass(one, Exception)):
        return ""
    signature = inspect.signature(one)
    texts: list[str] = []
    for parameter in signature.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in texts:
            texts.append("*")
        texts.append(_parameter(parameter))
    returned = "" if inspect.isclass(one) else f" -> {signature.return_annotation}"
    line = f"{name}({', '.join(texts)}){returned}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{name}(", *(f"    {text}," for text in texts), f"){returned}"])


def _parameter(parameter: inspect.Parameter) -> str:
    text = f"{parameter.name}: {parameter.annotation}"
    if parameter.default is parameter.empty:
        return text
    default = repr(parameter.default)
    if is_dataclass(parameter.default):
        default = f"{type(parameter.default).__name__}()"
    return f"{text} = {'...' if default.startswith('<') else default}"


def _summary(one: object) -> str:
    return _inline(" ".join((inspect.getdoc(one) or "").split("\n\n")[0].split())).replace("|", "\\|")


def _markdown(one: object) -> Iterator[str]:
    """Yield the sections of a docstring in Markdown."""
    text = inspect.getdoc(one) or ""
    if is_dataclass(one) and text.startswith(f"{getattr(one, '__name__', '')}("):
        return  # dataclasses generate this if there is no docstring
    head, *sections = re.split(r"^(Args|Attributes|Returns|Yields|Raises):\n", text, flags=re.MULTILINE)
    yield _prose(head)
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        inside = [line for line in body.splitlines() if line.startswith("    ") or not line.strip()]
        behind = [line for line in body.splitlines() if line not in inside]
        lines = textwrap.dedent("\n".join(inside)).strip()
        if title in {"Returns", "Yields"}:
            yield f"**{title}:** {_prose(lines)}"
        else:
            yield f"**{title}:**"
            yield "\n".join(f"- {_item(item)}" for item in re.split(r"\n(?=\S)", lines))
        yield _prose("\n".join(behind))


def _item(item: str) -> str:
    names, _, text = item.partition(":")
    shown = ", ".join(f"`{name.strip()}`" for name in names.split(","))
    return f"{shown}: {_inline(' '.join(text.split()))}"


def _prose(text: str) -> str:
    """Return text in Markdown, with examples in code blocks."""
    paragraphs = (part for part in text.strip().split("\n\n") if part.strip())
    return "\n\n".join(
        f"```python\n{part}\n\n```" if part.lstrip().startswith(">>>") else _inline(part) for part in paragraphs
    )


def _inline(text: str) -> str:
    """Convert inline code and references such as ``:func:`load``` to Markdown code."""
    text = re.sub(r":\w+:`~?(?:\w+\.)*(\w+)`", r"`\1`", text)
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def _page(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


PAGES: dict[str, Callable[[], str]] = {"commands.md": commands_page, "api.md": api_page}


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, write in PAGES.items():
        (folder / name).write_text(write(), encoding="utf-8")
