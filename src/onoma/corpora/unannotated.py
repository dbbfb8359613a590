"""Detection of records that have not been annotated, as opposed to annotated records without entities."""

from __future__ import annotations

from collections.abc import Mapping

from onoma.corpora.argilla import argilla_answers, has_questions
from onoma.corpora.layouts import SPAN_KEYS, has_fields, is_task
from onoma.corpora.tagged_records import TAG_KEYS

_ANNOTATION_KEYS = frozenset([*SPAN_KEYS, *TAG_KEYS])
_SUGGESTION_KEYS = ("suggestion", "suggestions")


def unannotated(record: object) -> tuple[str, str]:
    """Return the reason why a record counts as not annotated, and the value that says so.

    The value is empty if annotations are simply missing. Both are empty for an annotated record.
    """
    if record is None:
        return "the record is null", "null"
    if not isinstance(record, dict):
        return "", ""
    answer = record.get("answer")
    if isinstance(answer, str) and answer != "accept":
        return "the annotator did not accept the record", answer
    if is_task(record):
        return _explain_task(record), ""
    status = record.get("status")
    if isinstance(status, str) and status.lower() == "discarded":
        return "the annotator discarded the record", status
    if has_fields(record) or has_questions(record):
        return _explain_argilla(record, status), ""
    if "text" in record and record["text"] is None:
        return "the record has no text: it is null", "null"
    present = [value for key, value in record.items() if key in _ANNOTATION_KEYS]
    if present and all(value is None for value in present):
        return "the record is not annotated", ""
    return "", ""


def _explain_argilla(record: Mapping[str, object], status: object) -> str:
    """Return why a record of Argilla has no annotation; empty if it has one, or no place for annotations."""
    has_place = "responses" in record or has_questions(record)
    if not has_place or status == "completed" or argilla_answers(record):
        return ""
    suggestion = any(value for key, value in record.items() if key.endswith(_SUGGESTION_KEYS))
    return "the record has suggestions only" if suggestion else "the record is not annotated"


def _explain_task(record: Mapping[str, object]) -> str:
    """Return why a Label Studio task has no annotation; empty if it has one, or no place for annotations."""
    values = [record[key] for key in ("annotations", "completions") if key in record]
    if not values and not record.get("predictions"):
        return ""
    items = [item for value in values if isinstance(value, list) for item in value if isinstance(item, dict)]
    if any(not item.get("was_cancelled") and not item.get("skipped") for item in items):
        return ""
    if items:
        return "the task was cancelled or skipped"
    return "the task has predictions only" if record.get("predictions") else "the task is not annotated"
