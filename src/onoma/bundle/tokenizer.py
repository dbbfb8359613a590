"""Reading and checking of a bundle's tokenizer (``tokenizer.json``)."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer

from onoma.errors import BundleError

_UNKNOWN_LETTER = "\N{LINEAR A SIGN AB001}"
"""A letter that is in no vocabulary."""


def read_tokenizer(path: Path) -> Tokenizer:
    """Read a bundle's tokenizer.

    Raises:
        BundleError: the file is missing or broken, or its tokenizer cannot encode plain letters.
    """
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}; copy the bundle again") from error
    except Exception as error:  # the Rust library raises nothing more precise
        raise BundleError(f"{path}: cannot be read as a tokenizer ({error}); copy the bundle again") from error
    if problem := tokenizer_problem(tokenizer):
        raise BundleError(f"{path}: {problem}; copy the bundle again")
    return tokenizer


def tokenizer_problem(tokenizer: Tokenizer) -> str | None:
    """Return why a tokenizer cannot encode a common letter and an unknown one; None if it can."""
    try:
        encoding = tokenizer.encode(f"a {_UNKNOWN_LETTER}")
    except Exception as error:  # the Rust library raises nothing more precise
        return f"the tokenizer cannot encode every character ({error})"
    if all(encoding.special_tokens_mask):
        return "the tokenizer leaves nothing of a letter"
    return None
