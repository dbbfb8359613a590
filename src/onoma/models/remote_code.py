"""Configuration fields that would make `transformers` run code or fetch files; onoma ignores all of them.

They name classes in the folder's own code (``auto_map``), kernels on the Hub (``attn_implementation``) or weights under
another path (``transformers_weights``). Fields that are private to the library are ignored as well.
"""

from __future__ import annotations

from collections.abc import Mapping

_UNSAFE_FIELDS = frozenset({"auto_map", "attn_implementation", "experts_implementation", "transformers_weights"})


def without_code(fields: Mapping[str, object]) -> dict[str, object]:
    """Return a configuration, nested ones included, without the fields that lead to code or to other files."""
    return {
        name: without_code(value) if isinstance(value, dict) else value
        for name, value in fields.items()
        if name not in _UNSAFE_FIELDS and not name.startswith("_")
    }


def custom_code_class(fields: Mapping[str, object], auto_class: str) -> str | None:
    """Return the class in the folder's own code that a configuration names for a class such as ``AutoModel``.

    Args:
        fields: fields of the configuration.
        auto_class: name of a class of `transformers`.

    Returns:
        The name of the class in the folder's code; None if the configuration names none.
    """
    reference = fields.get("auto_map")
    if isinstance(reference, dict):
        reference = reference.get(auto_class)
    classes = reference if isinstance(reference, list) else [reference]
    return next((each for each in reversed(classes) if isinstance(each, str)), None)
