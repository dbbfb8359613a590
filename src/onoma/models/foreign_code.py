"""What a folder's configuration may name for `transformers` to run or fetch; onoma follows none of it.

Classes in the folder's own code (``auto_map``), kernels on the Hub (``attn_implementation``), weights under another
path (``transformers_weights``), and whatever is private to the library.
"""

from __future__ import annotations

from collections.abc import Mapping

_FOLLOWED = frozenset({"auto_map", "attn_implementation", "experts_implementation", "transformers_weights"})


def without_code(fields: Mapping[str, object]) -> dict[str, object]:
    """A configuration, and those inside it, without the fields that lead to code or to other files."""
    return {
        name: without_code(value) if isinstance(value, dict) else value
        for name, value in fields.items()
        if name not in _FOLLOWED and not name.startswith("_")
    }


def code_named(fields: Mapping[str, object], auto_class: str) -> str | None:
    """The class in a folder's code that is named for a class of `transformers` such as ``AutoModel``; None for none."""
    named = fields.get("auto_map")
    if isinstance(named, dict):
        named = named.get(auto_class)
    classes = named if isinstance(named, list) else [named]
    return next((each for each in reversed(classes) if isinstance(each, str)), None)
