"""Section of the evaluation page that shows sentences with errors, with a filter.

A bar over the text marks each gold span, and a bar under the text each predicted span. A span's label follows its end,
raised for gold and lowered for predicted. Correct spans are pale. Every error is also described in words below the
sentence, so that nothing depends on colours, a script or a style sheet. The page's script hides the sentences that do
not match the filter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

from onoma.metrics import KINDS
from onoma.text.markup import escaped
from onoma.views.evaluation_page.sentences import MarkedSpan, SentenceError, SentenceWithErrors, Side
from onoma.views.markup import paragraph

MOST_SENTENCES = 5_000
"""Default maximum number of sentences on a page; a browser scrolls and filters this many without delay."""

_LEGEND = (
    '<p class="legend text"><span class="s gold-wrong">over the text: gold</span>'
    '<span class="tags"><span class="gold">LABEL</span></span> '
    '<span class="s predicted-wrong">under it: predicted</span>'
    '<span class="tags"><span class="predicted">LABEL</span></span> '
    '<span class="s gold-correct predicted-correct">correct</span>'
    '<span class="tags"><span class="correct">LABEL</span></span></p>\n'
)


def error_section(sentences: Iterable[SentenceWithErrors], *, most: int = MOST_SENTENCES) -> Iterator[str]:
    """Yield the section in chunks.

    Args:
        sentences: sentences with errors.
        most: maximum number of sentences to show; the others are only counted.
    """
    remaining = iter(sentences)
    shown = list(islice(remaining, most))
    left = sum(1 for _ in remaining)
    yield '<section id="sentences">\n<h2>Sentences with errors</h2>\n'
    if not shown:
        yield paragraph("There are none.") + "</section>\n"
        return
    if left:
        yield paragraph(
            f"The first {len(shown):,} of {len(shown) + left:,} sentences with errors are shown; {left:,} are left out."
        )
    yield _LEGEND
    yield _filter_form(shown)
    yield from map(_article, shown)
    yield "</section>\n"


def _filter_form(sentences: Sequence[SentenceWithErrors]) -> str:
    errors = [error for sentence in sentences for error in sentence.errors]
    kinds = Counter(error.kind for error in errors)
    labels = Counter(
        label for error in errors for label in {mark.label for mark in (error.gold, error.predicted) if mark}
    )
    return (
        '<form id="filter" hidden>\n'
        + _select("kind", [(kind, kinds[kind]) for kind in KINDS if kinds[kind]])
        + _select("label", sorted(labels.items()))
        + '<output aria-live="polite"></output>\n</form>\n'
    )


def _select(name: str, options: Iterable[tuple[str, int]]) -> str:
    choices = "".join(
        f'<option value="{escaped(value)}">{escaped(value)} ({count:,})</option>' for value, count in options
    )
    return f'<label>{name} <select name="{name}"><option value="">all</option>{choices}</select></label>\n'


def _article(sentence: SentenceWithErrors) -> str:
    title = f"document {sentence.document:,}" + (f" · {sentence.id}" if sentence.id else "")
    title += f" · {sentence.number:,} of {sentence.of:,}" if sentence.of > 1 else ""
    errors = "".join(map(_error_item, sentence.errors))
    return (
        f'<article>\n<h3 dir="auto">{escaped(title)}</h3>\n<p class="text" dir="auto" lang="">{_render(sentence)}</p>\n'
        f"<ul>\n{errors}</ul>\n</article>\n"
    )


def _error_item(error: SentenceError) -> str:
    marks = [mark for mark in (error.gold, error.predicted) if mark is not None]
    data = "".join(f' data-{mark.side}="{escaped(mark.label)}"' for mark in marks)
    descriptions = ", ".join(map(_describe_mark, marks))
    return f'<li data-kind="{error.kind}"{data}><b>{error.kind}</b>: {descriptions}</li>\n'


def _describe_mark(mark: MarkedSpan) -> str:
    score = "" if mark.score is None else f" {mark.score:.2f}"
    return (
        f'<span class="{mark.side}">{mark.side}</span> “<bdi>{escaped(mark.form)}</bdi>” '
        f"<bdi>{escaped(mark.label)}</bdi>{score}"
    )


def _render(sentence: SentenceWithErrors) -> str:
    """Return the text as HTML, split wherever a span begins or ends."""
    boundaries = sorted(
        {0, len(sentence.text), *(offset for mark in sentence.marks for offset in (mark.start, mark.end))}
    )
    pieces = [_label_tags(sentence.marks, boundaries[0])]
    for start, end in pairwise(boundaries):
        covering = [mark for mark in sentence.marks if mark.start <= start and end <= mark.end]
        begins = any(mark.start == start for mark in covering)
        pieces.append(_wrap_in_bars(escaped(sentence.text[start:end]), covering, begins=begins))
        pieces.append(_wrap_in_bars(_label_tags(sentence.marks, end), [mark for mark in covering if end < mark.end]))
    return "".join(pieces)


def _wrap_in_bars(content: str, marks: Sequence[MarkedSpan], *, begins: bool = False) -> str:
    """Return the content with the bars of the spans that cover it."""
    if not (content and marks):
        return content
    css_classes = sorted({f"{mark.side}-{'wrong' if mark.wrong else 'correct'}" for mark in marks})
    return f'<span class="{" ".join(["s", *css_classes])}{" begins" * begins}">{content}</span>'


def _label_tags(marks: Iterable[MarkedSpan], end: int) -> str:
    """Return the labels of the spans that end at ``end``; the label of a correct span is shown once."""
    ending_marks = [mark for mark in marks if mark.end == end]
    correct = [mark.label for mark in ending_marks if mark.side == "gold" and not mark.wrong]
    labels_by_class = {
        "gold": _wrong_labels(ending_marks, "gold"),
        "predicted": _wrong_labels(ending_marks, "predicted"),
        "correct": correct,
    }
    tags = "".join(
        f'<span class="{css_class}">{escaped(", ".join(labels))}</span>'
        for css_class, labels in labels_by_class.items()
        if labels
    )
    return f'<span class="tags">{tags}</span>' if tags else ""


def _wrong_labels(marks: Iterable[MarkedSpan], side: Side) -> list[str]:
    return [mark.label for mark in marks if mark.side == side and mark.wrong]
