"""Parsing of untrusted JSON, with one exception type for all errors."""

from __future__ import annotations

import json


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
