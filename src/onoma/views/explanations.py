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

from onoma.io.terminal import visible
from onoma.views.table import plain_table

if TYPE_CHECKING:
    from onoma.explanation import Evidence, Explained, Explanation
    from onoma.explanation.faithfulness import Estimate, Faithfulness

SHOWN_WORDS = 8
"""Number of words in the table of an explanation: those that contribute most."""

_WEAK, _STRONG = 0.1, 0.5
"""Thresholds as shares of the largest contribution: words below the first have no colour, from the second are bold."""

_TOWARDS, _AGAINST = Style(color="green"), Style(color="red")


def explanation_parts(explained: Explained) -> Iterator[Text | Table]:
    """Yield the texts and tables to print, from top to bottom."""
    if not explained.explanations:
        yield Text("no entities; choose a span with --span")
    for explanation in explained.explanations:
        yield _heading(explanation)
        yield _passage(explained.document.text, explanation)
        yield _words(explanation)
        yield from map(_evidence, explanation.evidence)
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
        (f"{method}, {_SCOPES[scope]}", *map(_estimate, (of.comprehensiveness, of.more, of.sufficiency, of.less)))
        for scope, methods in found.scopes.items()
        for method, of in methods.items()
    ]
    gap = "" if found.gap is None else f"; mean completeness gap {found.gap:.2%}"
    caption = f"{found.entities:,} entities, {found.level:.0%} intervals{gap}"
    return plain_table(names, rows, title=title, caption=caption)


_SCOPES = {"words": "all words", "context": "words outside the entity"}


def _heading(explanation: Explanation) -> Text:
    entity = explanation.entity
    text = Text()
    text.append(visible(entity.text), Style(bold=True))
    text.append(f" {visible(entity.label)} {explanation.score:.3f}")
    text.append("" if explanation.predicted else ", not predicted")
    for line in summary(explanation):
        text.append(f"\n  {visible(line)}")
    return text


def _passage(text: str, explanation: Explanation) -> Text:
    """Return the window's text with its words coloured, and the span underlined and in brackets."""
    entity, words = explanation.entity, explanation.words
    most = max((abs(word.best) for word in words), default=0.0) or 1.0
    result = Text("  ")
    position = words[0].start
    for word in words:
        result.append(" " if word.start > position else "")
        share = abs(word.best) / most
        style = Style() if share < _WEAK else _TOWARDS if word.best > 0 else _AGAINST
        style += Style(bold=share >= _STRONG, underline=entity.start <= word.start < entity.end)
        result.append("[" if word.start == entity.start else "")
        result.append(visible(text[word.start : word.end]), style)
        result.append("]" if word.end == entity.end else "")
        position = word.end
    return result


def _words(explanation: Explanation) -> Table:
    strongest = sorted(explanation.words, key=lambda word: -abs(word.best))
    rows = [
        (word.text, "" if word.gradients is None else f"{word.gradients:+.2f}", f"{word.occlusion:+.2f}")
        for word in strongest[:SHOWN_WORDS]
    ]
    more = len(explanation.words) - SHOWN_WORDS
    caption = f"and {more} words that contribute less" if more > 0 else None
    return plain_table(("word", "gradients", "occlusion"), rows, caption=caption)


def _evidence(evidence: Evidence) -> Text:
    mention = evidence.mention
    before, behind = mention.context[: mention.start], mention.context[mention.end :]
    text = Text(f"  {evidence.similarity:.3f} {visible(mention.label)}  ")
    text.append(visible(" ".join(before.split())) + " " * before[-1:].isspace())
    text.append(f"[{visible(mention.text)}]", Style(bold=True))
    text.append(" " * behind[:1].isspace() + visible(" ".join(behind.split())))
    return text


def _estimate(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    low, high = estimate.interval
    return f"{estimate.mean:.3f} ({low:.3f} – {high:.3f})"
