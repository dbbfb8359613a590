"""JSON text of other people's to values: whatever is wrong with it, there is one error."""

from __future__ import annotations

import json


def parsed(text: str | bytes) -> object:
    """The value that a text spells.

    Raises:
        json.JSONDecodeError: it is no JSON, or JSON that Python does not take: nested too deeply, or with a number of
            thousands of digits.
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
