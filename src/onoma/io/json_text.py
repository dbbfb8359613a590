"""Parsing of untrusted JSON, with one exception type for all errors, and writing of any value as valid JSON."""

from __future__ import annotations

import json
import math


def parsed(text: str | bytes) -> object:
    """Parse a JSON text.

    Raises:
        json.JSONDecodeError: the text is not valid JSON or not UTF-8, or it is JSON that Python cannot parse: nested
            too deeply, or with a number of thousands of digits.
    """
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise json.JSONDecodeError("it is nested too deeply", str(text), 0) from None
    except UnicodeDecodeError as error:
        raise json.JSONDecodeError(f"it is not UTF-8 ({error.reason})", "", 0) from None
    except ValueError as error:
        raise json.JSONDecodeError(str(error).partition(";")[0], str(text), 0) from None
    return value


def formatted(value: object) -> str:
    """Return a value as one line of JSON that UTF-8 can encode.

    Numbers that JSON cannot represent (NaN, infinity) become null; dates, decimals, bytes and other values become text;
    lone surrogates become escapes.
    """
    try:
        line = json.dumps(value, ensure_ascii=False, allow_nan=False, default=as_text)
    except ValueError:
        line = json.dumps(_replace_non_finite(value), ensure_ascii=False, default=as_text)
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(_replace_non_finite(value), default=as_text)
    return line


def as_text(value: object) -> object:
    """Return a value that JSON cannot represent, such as a date, a decimal or bytes, as text."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _replace_non_finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _replace_non_finite(each) for key, each in value.items()}
    return [_replace_non_finite(each) for each in value] if isinstance(value, list | tuple) else value
