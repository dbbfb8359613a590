"""Docstrings name arguments and attributes that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import onoma

Definition = ast.FunctionDef | ast.ClassDef


def test_documented_arguments_and_attributes_exist():
    root = Path(onoma.__file__).parent
    trees = {path.relative_to(root).as_posix(): ast.parse(path.read_text("utf-8")) for path in root.rglob("*.py")}
    found = [(path, node) for path, tree in trees.items() for node in ast.walk(tree) if isinstance(node, Definition)]
    classes = {node.name: node for _, node in found if isinstance(node, ast.ClassDef)}
    wrong = {}
    for path, node in found:
        arguments, attributes = {*_documented(node, "Args")}, {*_documented(node, "Attributes")}
        if unknown := arguments - _arguments(node) | attributes - _attributes(node, classes):
            wrong[f"{path}:{node.lineno} {node.name}"] = unknown
    assert wrong == {}


def _documented(node: Definition, title: str) -> Iterator[str]:
    """Yield the names in a section of a docstring."""
    section = re.search(rf"^{title}:\n((?:    .*\n?|\n)+)", ast.get_docstring(node) or "", re.MULTILINE)
    for names in re.findall(r"^    (\w[\w, ]*):\s", section[1], re.MULTILINE) if section else ():
        yield from names.split(", ")


def _arguments(node: Definition) -> set[str]:
    """Return the arguments of a function, or of the constructor of a class."""
    function = next((each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), node)
    arguments = function.args if isinstance(function, ast.FunctionDef) else ()
    return {each.arg for each in ast.walk(arguments) if isinstance(each, ast.arg)} if arguments else set()


def _attributes(node: Definition, classes: dict[str, ast.ClassDef]) -> set[str]:
    """Return all names in a class and in its base classes, among which are its attributes."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    names |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    bases = [base.id for base in getattr(node, "bases", ()) if isinstance(base, ast.Name) and base.id in classes]
    return names.union(*(_attributes(classes[base], classes) for base in bases))
