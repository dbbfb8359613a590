"""Parser of the answers of annotators in the exports of Argilla, as lists of spans.

- records of Argilla 2: ``{"fields": {"text"}, "responses": {"ner": [{"value": […], "status"}]}}``
- records of Argilla 1: ``{"fields": {"text"}, "responses": [{"values": {"ner": {"value": […]}}, "status"}]}``
- data sets of Argilla 2: ``{"text", "ner.responses": [[…]], "ner.responses.status": ["submitted"]}``
- data sets of Argilla 1: ``{"text", "ner": [{"value": […], "status"}], "ner-suggestion"}``

Source: https://docs.argilla.io/latest/how_to_guides/import_export/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from onoma.corpora.span_notations import looks_like_span

_COLUMN_SUFFIX = ".responses"


def has_questions(record: Mapping[str, object]) -> bool:
    """Return whether a record has a place for the answers of annotators, even if there are none."""
    return next(_iter_questions(record), None) is not None


def argilla_answers(record: Mapping[str, object]) -> list[list[object]]:
    """Return the answers with spans; an answer may have none, and those to questions with spans come first.

    Discarded answers are left out, and so are those to other questions than for spans.
    """
    questions = [
        [
            value
            for value, status in answers
            if status != "discarded" and isinstance(value, list) and all(map(looks_like_span, value))
        ]
        for answers in _iter_questions(record)
    ]
    questions.sort(key=lambda values: not any(values))
    return [value for values in questions for value in values]


def _iter_questions(record: Mapping[str, object]) -> Iterator[list[tuple[object, object]]]:
    """Yield the values and statuses of the answers to each question."""
    responses = record.get("responses")
    if isinstance(record.get("fields"), dict):
        if isinstance(responses, dict):
            yield from map(_parse_answers, responses.values())
        elif isinstance(responses, list):
            yield from _group_by_question(responses)
        return
    for key, value in record.items():
        if key.endswith(_COLUMN_SUFFIX):
            statuses = record.get(f"{key}.status")
            values = value if isinstance(value, list) else []
            yield list(zip_longest(values, statuses if isinstance(statuses, list) else []))
        elif f"{key}-suggestion" in record:
            yield _parse_answers(value)


def _parse_answers(answers: object) -> list[tuple[object, object]]:
    items = answers if isinstance(answers, list) else []
    return [(item.get("value"), item.get("status")) for item in items if isinstance(item, dict)]


def _group_by_question(responses: list[object]) -> Iterator[list[tuple[object, object]]]:
    """Yield the answers to each question from a list of annotators, each with answers by question."""
    annotators = [each for each in responses if isinstance(each, dict) and isinstance(each.get("values"), dict)]
    for question in dict.fromkeys(name for each in annotators for name in each["values"]):
        answers = [(each["values"].get(question), each.get("status")) for each in annotators]
        yield [(answer.get("value"), status) for answer, status in answers if isinstance(answer, dict)]
