"""``tokenizer.json`` to a tokenizer that can be used."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer

from onoma.errors import BundleError

_UNKNOWN = "\N{LINEAR A SIGN AB001}"
"""A letter that no vocabulary has."""


def read_tokenizer(path: Path) -> Tokenizer:
    """Read a bundle's tokenizer.

    Raises:
        BundleError: the file is missing, broken, or has no subwords.
    """
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}; copy the bundle again") from error
    except Exception as error:  # the Rust library raises nothing more precise
        raise BundleError(f"{path}: cannot be read as a tokenizer ({error}); copy the bundle again") from error
    if why := why_unusable(tokenizer):
        raise BundleError(f"{path}: {why}; copy the bundle again")
    return tokenizer


def why_unusable(tokenizer: Tokenizer) -> str | None:
    """Why a tokenizer cannot even encode a letter and one that no vocabulary has; None where it can."""
    try:
        encoding = tokenizer.encode(f"a {_UNKNOWN}")
    except Exception as error:  # as above
        return f"the tokenizer cannot encode every character ({error})"
    if all(encoding.special_tokens_mask):
        return "the tokenizer leaves nothing of a letter"
    return None
