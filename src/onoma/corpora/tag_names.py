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

from onoma.corpora.tagged_records import TAG_KEYS
from onoma.errors import CorpusError

_CARD_HEADER = re.compile(r"---\r?\n(.*?)\n---", re.DOTALL)
_CONFIGURATION = re.compile(r"[ -]*config_name:\s*(.+)")
_FEATURE = re.compile(r"[ -]*name:\s*(.+)")
_CLASS_LIST = re.compile(r"[ -]*names:\s*(?:\[(.*)\])?\s*")
_CLASS_ITEM = re.compile(r"\s*(?:-|'?\"?\d+'?\"?:)\s+(.+)")

Named = tuple[str, str, tuple[str, ...]]
"""Name of a configuration, name of a feature, and the names of its classes."""


def tag_names_beside(path: Path) -> tuple[str, ...]:
    """Return the tags in order from 0; empty if no metadata in the folder of the file or its parent names them.

    Raises:
        CorpusError: several configurations name different tags, and the path contains the name of none or of several.
    """
    for folder in (path.parent, path.parent.parent):
        for name, parse in _READERS.items():
            try:
                class_lists = [
                    each for each in parse((folder / name).read_text(encoding="utf-8")) if each[1] in TAG_KEYS
                ]
            except (OSError, ValueError, RecursionError):
                continue
            if class_lists:
                return _choose_tags(class_lists, path, metadata=folder / name)
    return ()


def _choose_tags(class_lists: list[Named], path: Path, *, metadata: Path) -> tuple[str, ...]:
    key = next(key for key in TAG_KEYS if any(feature == key for _, feature, _ in class_lists))
    class_lists = [each for each in class_lists if each[1] == key]
    in_path = [each for each in class_lists if each[0] and each[0] in (*path.parts, path.stem)]
    names = {names for _, _, names in in_path or class_lists}
    if len(names) > 1:
        configurations = ", ".join(configuration for configuration, _, _ in class_lists)
        message = (
            f"its tags are numbers, and {metadata} names different ones for its configurations ({configurations}); "
            "name the tags with --tag-names O,B-PER,I-PER,…"
        )
        raise CorpusError(message, path=path)
    return names.pop()


def _parse_info(text: str) -> Iterator[Named]:
    info = json.loads(text)
    return _parse_features("", info)


def _parse_infos(text: str) -> Iterator[Named]:
    infos = json.loads(text)
    for configuration, info in infos.items() if isinstance(infos, dict) else ():
        yield from _parse_features(configuration, info)


def _parse_features(configuration: str, info: object) -> Iterator[Named]:
    features = info.get("features") if isinstance(info, dict) else None
    for key, feature in features.items() if isinstance(features, dict) else ():
        while isinstance(feature, dict) and isinstance(feature.get("feature"), dict):
            feature = feature["feature"]
        names = feature.get("names") if isinstance(feature, dict) else None
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            yield configuration, key, tuple(names)


def _parse_card(text: str) -> Iterator[Named]:
    """Yield the class labels in the header of a card, where configuration and feature names precede their lists."""
    header = _CARD_HEADER.match(text.removeprefix("\ufeff"))
    configuration = feature = ""
    names: list[str] | None = None
    for line in [*(header[1].split("\n") if header else []), ""]:
        item = _CLASS_ITEM.fullmatch(line.rstrip())
        if names is not None and item and not _FEATURE.fullmatch(line.rstrip()):
            names.append(_remove_quotes(item[1]))
            continue
        if names:
            yield configuration, feature, tuple(names)
        names = None
        if match := _CONFIGURATION.fullmatch(line.rstrip()):
            configuration = _remove_quotes(match[1])
        elif match := _FEATURE.fullmatch(line.rstrip()):
            feature = _remove_quotes(match[1])
        elif match := _CLASS_LIST.fullmatch(line.rstrip()):
            names = [_remove_quotes(each) for each in match[1].split(",")] if match[1] else []


def _remove_quotes(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


_READERS: dict[str, Callable[[str], Iterator[Named]]] = {
    "dataset_info.json": _parse_info,
    "dataset_infos.json": _parse_infos,
    "README.md": _parse_card,
}
