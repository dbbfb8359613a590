"""Self-contained HTML page of explanations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onoma.text.markup import escaped
from onoma.views.explanations import summary
from onoma.views.html import page_head

if TYPE_CHECKING:
    from onoma.explanation import Evidence, Explained, Explanation

_STYLE = """
.push { --hue: #28895f; padding: .1em .15em; border-radius: .2em;
  background: color-mix(in srgb, var(--hue) calc(var(--share) * 60%), transparent); }
.push.against { --hue: #c9472b; }
.push.asked { text-decoration: underline; text-underline-offset: .25em; font-weight: 600; }
h2 { color: var(--ink); font-size: 1.0625rem; font-weight: 600; }
p { margin: .25rem 0; color: var(--soft); font-size: .875rem; line-height: 1.6; }
details { font-size: .875rem; line-height: 1.6; }
summary { color: var(--soft); cursor: pointer; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { color: var(--soft); font-weight: 400; text-align: start; }
th, td { padding: .1rem .9rem .1rem 0; }
td + td { text-align: end; }
ol { margin: .5rem 0; padding-inline-start: 1.4rem; font-size: .875rem; line-height: 1.6; }
"""


def explanations_page(explained: Explained, *, title: str = "Explanations") -> str:
    """Return a page with coloured words: green for the label, red against it; a word's tooltip has its scores."""
    notes = "".join(f"<p>{escaped(note)}</p>\n" for note in explained.notes)
    if not explained.explanations:
        notes += "<p>no entities</p>\n"
    articles = "".join(_article(explained.document.text, each) for each in explained.explanations)
    return f"{page_head(title, style=_STYLE)}{notes}{articles}</body>\n</html>\n"


def _article(text: str, explanation: Explanation) -> str:
    entity = explanation.entity
    prediction_note = "" if explanation.predicted else ", not predicted"
    rows = "".join(
        f'<tr><td dir="auto">{escaped(word.text)}</td><td>{_format_number(word.gradients)}</td>'
        f"<td>{_format_number(word.occlusion)}</td></tr>\n"
        for word in explanation.words
    )
    evidence = "".join(map(_evidence_item, explanation.evidence))
    return (
        f'<article>\n<h2 dir="auto">{escaped(entity.text)} {escaped(entity.label)} '
        f"{explanation.score:.3f}{prediction_note}</h2>\n"
        f'<div class="text" dir="auto">{_coloured_passage(text, explanation)}</div>\n'
        + "".join(f"<p>{escaped(line)}</p>\n" for line in summary(explanation))
        + (f"<ol>\n{evidence}</ol>\n" if evidence else "")
        + "<details><summary>what each word does, in log-odds</summary>\n<table>\n"
        f"<tr><th>word</th><th>gradients</th><th>occlusion</th></tr>\n{rows}</table></details>\n</article>\n"
    )


def _coloured_passage(text: str, explanation: Explanation) -> str:
    entity, words = explanation.entity, explanation.words
    largest = max((abs(word.best) for word in words), default=0.0) or 1.0
    pieces: list[str] = []
    position = words[0].start
    for word in words:
        css_classes = "push" + " against" * (word.best < 0) + " asked" * (entity.start <= word.start < entity.end)
        tooltip = f"gradients {_format_number(word.gradients)}, occlusion {_format_number(word.occlusion)}"
        pieces.append(escaped(text[position : word.start]))
        pieces.append(
            f'<span class="{css_classes}" style="--share: {abs(word.best) / largest:.2f}" title="{tooltip}">'
            f"{escaped(word.text)}</span>"
        )
        position = word.end
    return "".join(pieces)


def _evidence_item(evidence: Evidence) -> str:
    mention = evidence.mention
    before, after = mention.context[: mention.start], mention.context[mention.end :]
    return (
        f'<li dir="auto">{escaped(before)}<b>{escaped(mention.text)}</b>{escaped(after)} '
        f"<small>{escaped(mention.label)} {evidence.similarity:.3f}</small></li>\n"
    )


def _format_number(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"
