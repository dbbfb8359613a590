"""One word, one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import onoma


def test_no_two_classes_have_the_same_name():
    places = defaultdict(list)
    root = Path(onoma.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path.relative_to(root).as_posix())
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
