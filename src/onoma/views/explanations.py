"""Explanations as text and tables for the terminal: the explained span, its coloured words, scores and evidence.

Green words speak for the label and red words against it; the strongest are bold. The tables show the same without
colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.style import Style
from rich.table import Table
from rich.text import Text

from onoma.counting import counted, counted_entities
from onoma.io.terminal import visible
from onoma.views.table import plain_table

if TYPE_CHECKING:
    from onoma.explanation import Evidence, Explained, Explanation
    from onoma.explanation.faithfulness import Estimate, Faithfulness

SHOWN_WORDS = 8
"""Number of words in the table of an explanation: those that contribute most."""

_COLOUR_THRESHOLD, _BOLD_THRESHOLD = 0.1, 0.5
"""Thresholds as shares of the largest contribution: words below the first have no colour, from the second are bold."""

_FOR_STYLE, _AGAINST_STYLE = Style(color="green"), Style(color="red")


def explanation_parts(explained: Explained) -> Iterator[Text | Table]:
    """Yield the texts and tables to print, from top to bottom."""
    if not explained.explanations:
        yield Text("no entities; choose a span with --span")
    for explanation in explained.explanations:
        yield _heading(explanation)
        yield _coloured_passage(explained.document.text, explanation)
        yield _word_table(explanation)
        yield from map(_evidence_text, explanation.evidence)
        yield Text()


def summary(explanation: Explanation) -> tuple[str, str]:
    """Return two lines of text: the runner-up with the margin, and the parts of the log-odds."""
    runner_up = f"runner-up {explanation.runner_up} {explanation.runner_up_score:.3f}, margin {explanation.margin:+.3f}"
    parts = f"log-odds {explanation.log_odds:+.2f}, with all words hidden {explanation.baseline:+.2f}"
    if explanation.gap is not None:
        parts += f", from words {explanation.pushed:+.2f}, gap {explanation.gap:+.2f}"
    return runner_up, parts


def faithfulness_table(found: Faithfulness, *, title: str | None = None) -> Table:
    """Return a table of each method's comprehensiveness and sufficiency, and their differences from random orders.

    All values are differences of probabilities.
    """
    names = ("method", "comprehensiveness", "above random", "sufficiency", "below random")
    rows = [
        (
            f"{method}, {_SCOPE_NAMES[scope]}",
            *map(_format_estimate, (scores.comprehensiveness, scores.more, scores.sufficiency, scores.less)),
        )
        for scope, methods in found.scopes.items()
        for method, scores in methods.items()
    ]
    gap = "" if found.gap is None else f"; mean completeness gap {found.gap:.2%}"
    caption = f"{counted_entities(found.entities)}, {found.level:.0%} intervals{gap}"
    return plain_table(names, rows, title=title, caption=caption)


_SCOPE_NAMES = {"words": "all words", "context": "words outside the entity"}


def _heading(explanation: Explanation) -> Text:
    entity = explanation.entity
    text = Text()
    text.append(visible(entity.text), Style(bold=True))
    text.append(f" {visible(entity.label)} {explanation.score:.3f}")
    text.append("" if explanation.predicted else ", not predicted")
    for line in summary(explanation):
        text.append(f"\n  {visible(line)}")
    return text


def _coloured_passage(text: str, explanation: Explanation) -> Text:
    """Return the window's text with its words coloured, and the span underlined and in brackets."""
    entity, words = explanation.entity, explanation.words
    largest = max((abs(word.best) for word in words), default=0.0) or 1.0
    result = Text("  ")
    position = words[0].start
    for word in words:
        result.append(" " if word.start > position else "")
        share = abs(word.best) / largest
        style = Style() if share < _COLOUR_THRESHOLD else _FOR_STYLE if word.best > 0 else _AGAINST_STYLE
        style += Style(bold=share >= _BOLD_THRESHOLD, underline=entity.start <= word.start < entity.end)
        result.append("[" if word.start == entity.start else "")
        result.append(visible(text[word.start : word.end]), style)
        result.append("]" if word.end == entity.end else "")
        position = word.end
    return result


def _word_table(explanation: Explanation) -> Table:
    strongest = sorted(explanation.words, key=lambda word: -abs(word.best))
    rows = [
        (word.text, "" if word.gradients is None else f"{word.gradients:+.2f}", f"{word.occlusion:+.2f}")
        for word in strongest[:SHOWN_WORDS]
    ]
    omitted_count = len(explanation.words) - SHOWN_WORDS
    caption = f"and {counted(omitted_count, 'word')} less decisive" if omitted_count > 0 else None
    return plain_table(("word", "gradients", "occlusion"), rows, caption=caption)


def _evidence_text(evidence: Evidence) -> Text:
    mention = evidence.mention
    before, after = mention.context[: mention.start], mention.context[mention.end :]
    text = Text(f"  {evidence.similarity:.3f} {visible(mention.label)}  ")
    text.append(visible(" ".join(before.split())) + " " * before[-1:].isspace())
    text.append(f"[{visible(mention.text)}]", Style(bold=True))
    text.append(" " * after[:1].isspace() + visible(" ".join(after.split())))
    return text


def _format_estimate(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    low, high = estimate.interval
    return f"{estimate.mean:.3f} ({low:.3f} – {high:.3f})"
