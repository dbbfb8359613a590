"""Self-contained HTML page of documents, yielded in chunks so that a long corpus need not fit into memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from onoma.counting import counted, counted_entities
from onoma.text import Document
from onoma.text.colours import COLOURS, Palette
from onoma.text.markup import escaped, marked_text

_STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1b1d21; --soft: #6a7079; --line: #e3e5e9; --tint: 15%; }
@media (prefers-color-scheme: dark) {
  :root { --page: #16181c; --ink: #e4e6ea; --soft: #979da7; --line: #2c3037; --tint: 32%; }
}
* { box-sizing: border-box; }
body { display: flex; flex-direction: column; max-width: 50rem; margin: 0 auto; padding: 2.5rem 1.25rem;
  background: var(--page); color: var(--ink); font: 1.0625rem/1.9 system-ui, sans-serif; }
h1 { order: -2; margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.3; overflow-wrap: anywhere; }
/* Counts are known last and wanted first: the legend ends the file and heads the page. */
footer { order: -1; display: flex; flex-wrap: wrap; align-items: baseline; gap: .5rem .6rem; padding-bottom: 1rem;
  border-bottom: 1px solid var(--line); font-size: .875rem; line-height: 1.6; }
footer > span { color: var(--soft); }
article { padding: 1rem 0; border-bottom: 1px solid var(--line); }
article:last-of-type { border-bottom: 0; }
h2 { margin: 0; color: var(--soft); font-size: .75rem; font-weight: 400; line-height: 1.6; overflow-wrap: anywhere; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
mark { padding: .1em .3em; border-radius: .3em; border: 1px solid color-mix(in srgb, var(--hue) 55%, transparent);
  background: color-mix(in srgb, var(--hue) var(--tint), transparent); color: inherit;
  -webkit-box-decoration-break: clone; box-decoration-break: clone; }
mark mark { padding-block: 0; }
mark.continues { border-inline-end-style: dashed; border-start-end-radius: 0; border-end-end-radius: 0; }
mark.continued { border-inline-start-style: dashed; border-start-start-radius: 0; border-end-start-radius: 0; }
mark small { margin-inline-start: .4em; color: color-mix(in srgb, var(--hue) 75%, var(--ink)); font-size: .6875em;
  font-weight: 600; letter-spacing: .03em; white-space: nowrap; unicode-bidi: isolate;
  -webkit-user-select: none; user-select: none; }
@media print {
  :root { --page: #fff; --ink: #000; --soft: #555; --line: #ccc; --tint: 15%; }
  body { max-width: none; padding: 0; font-size: 11pt; }
  article { break-inside: avoid; }
  mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def html_page(documents: Iterable[Document], *, title: str = "Entities") -> Iterator[str]:
    """Yield a page with all documents, in chunks to be written in order, in UTF-8.

    The entities are marked as by :func:`~onoma.text.markup.marked_text`; the legend has their number by label.
    """
    palette = Palette()
    counts: Counter[str] = Counter()
    number = 0
    yield page_head(title)
    for number, document in enumerate(documents, start=1):
        counts.update(entity.label for entity in document.entities)
        yield _article(document, number, palette)
    yield _footer(counts, number, palette)


def page_head(title: str, *, style: str = "") -> str:
    """Return the beginning of a page, up to its heading; the CSS rules ``style`` are added to the shared ones."""
    colours = "\n".join(f".c{number} {{ --hue: {colour}; }}" for number, colour in enumerate(COLOURS))
    return (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>{_STYLE}{colours}\n{style}</style>\n</head>\n<body>\n"
        f'<h1 dir="auto">{escaped(title)}</h1>\n'
    )


def _article(document: Document, number: int, palette: Palette) -> str:
    name = f'<h2 dir="auto">{escaped(document.id)}</h2>\n' if document.id else ""
    text = marked_text(document.text, document.entities, palette)
    return f'<article id="d{number}">\n{name}<div class="text" dir="auto">{text}</div>\n</article>\n'


def _footer(counts: Counter[str], documents: int, palette: Palette) -> str:
    labels = "".join(
        f'<mark class="c{palette.number(label)}">{escaped(label)}<small>{count:,}</small></mark>\n'
        for label, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    total = counts.total()
    summary = f"{counted_entities(total)} in {counted(documents, 'document')}"
    return f"<footer>\n{labels}<span>{summary}</span>\n</footer>\n</body>\n</html>\n"
