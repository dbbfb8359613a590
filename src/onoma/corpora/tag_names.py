"""The tags that numbers stand for, from metadata beside a file of a Hugging Face dataset.

The metadata is ``dataset_info.json``, ``dataset_infos.json`` with one entry for each configuration, or the YAML header
of a dataset card ``README.md``, of which only the lists of class labels are parsed.

Source: https://huggingface.co/docs/datasets/about_dataset_features and https://huggingface.co/docs/hub/datasets-cards
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from onoma.corpora.layouts import TAG_KEYS
from onoma.errors import CorpusError

_HEAD = re.compile(r"---\r?\n(.*?)\n---", re.DOTALL)
_CONFIGURATION = re.compile(r"[ -]*config_name:\s*(.+)")
_FEATURE = re.compile(r"[ -]*name:\s*(.+)")
_LIST = re.compile(r"[ -]*names:\s*(?:\[(.*)\])?\s*")
_ITEM = re.compile(r"\s*(?:-|'?\"?\d+'?\"?:)\s+(.+)")

Named = tuple[str, str, tuple[str, ...]]
"""Name of a configuration, name of a feature, and the names of its classes."""


def tag_names_beside(path: Path) -> tuple[str, ...]:
    """Return the tags in order from 0; empty if no metadata in the folder of the file or its parent names them.

    Raises:
        CorpusError: several configurations name different tags, and the path contains the name of none or of several.
    """
    for folder in (path.parent, path.parent.parent):
        for name, named in _READERS.items():
            try:
                found = [each for each in named((folder / name).read_text(encoding="utf-8")) if each[1] in TAG_KEYS]
            except (OSError, ValueError, RecursionError):
                continue
            if found:
                return _chosen(found, path, beside=folder / name)
    return ()


def _chosen(found: list[Named], path: Path, *, beside: Path) -> tuple[str, ...]:
    key = next(key for key in TAG_KEYS if any(feature == key for _, feature, _ in found))
    found = [each for each in found if each[1] == key]
    here = [each for each in found if each[0] and each[0] in (*path.parts, path.stem)]
    names = {names for _, _, names in here or found}
    if len(names) > 1:
        configurations = ", ".join(configuration for configuration, _, _ in found)
        message = (
            f"its tags are numbers, and {beside} names different ones for its configurations ({configurations}); "
            "name the tags with --tag-names O,B-PER,I-PER,…"
        )
        raise CorpusError(message, path=path)
    return names.pop()


def _of_info(text: str) -> Iterator[Named]:
    info = json.loads(text)
    return _of_features("", info)


def _of_infos(text: str) -> Iterator[Named]:
    infos = json.loads(text)
    for configuration, info in infos.items() if isinstance(infos, dict) else ():
        yield from _of_features(configuration, info)


def _of_features(configuration: str, info: object) -> Iterator[Named]:
    features = info.get("features") if isinstance(info, dict) else None
    for key, feature in features.items() if isinstance(features, dict) else ():
        while isinstance(feature, dict) and isinstance(feature.get("feature"), dict):
            feature = feature["feature"]
        names = feature.get("names") if isinstance(feature, dict) else None
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            yield configuration, key, tuple(names)


def _of_card(text: str) -> Iterator[Named]:
    """Yield the class labels in the header of a card, where configuration and feature names precede their lists."""
    head = _HEAD.match(text.removeprefix("\ufeff"))
    configuration = feature = ""
    names: list[str] | None = None
    for line in [*(head[1].split("\n") if head else []), ""]:
        item = _ITEM.fullmatch(line.rstrip())
        if names is not None and item and not _FEATURE.fullmatch(line.rstrip()):
            names.append(_unquoted(item[1]))
            continue
        if names:
            yield configuration, feature, tuple(names)
        names = None
        if found := _CONFIGURATION.fullmatch(line.rstrip()):
            configuration = _unquoted(found[1])
        elif found := _FEATURE.fullmatch(line.rstrip()):
            feature = _unquoted(found[1])
        elif found := _LIST.fullmatch(line.rstrip()):
            names = [_unquoted(each) for each in found[1].split(",")] if found[1] else []


def _unquoted(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


_READERS: dict[str, Callable[[str], Iterator[Named]]] = {
    "dataset_info.json": _of_info,
    "dataset_infos.json": _of_infos,
    "README.md": _of_card,
}
