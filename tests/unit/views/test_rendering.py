"""What the eye gets to see: terminal, page, table."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from onoma.metrics import score
from onoma.text import Document
from onoma.views import Palette, html_page, report_table, to_terminal
from onoma.views.terminal import TERMINAL_COLOURS
from support.annotating import annotated, documents

NESTED = annotated("the Bank of China .", ("Bank of China", "ORG"), ("China", "LOC"))
CROSSING = annotated("New York Times .", ("New York", "LOC"), ("York Times", "ORG"))


@pytest.mark.parametrize(
    ("document", "plain"),
    [
        (annotated("Angela Merkel visited Lyon.", ("Angela Merkel", "PER")), "[Angela Merkel PER] visited Lyon."),
        (NESTED, "the [Bank of [China LOC] ORG] ."),
        (CROSSING, "[New [York ORG…] LOC][… Times ORG] ."),
        (Document("no names\nhere"), "no names\nhere"),
        (Document("\x1b[31mred\r\n\x07"), "␛[31mred\n␇"),
        (annotated("[bold]x", ("x", "[red]")), "[bold][x [red]]"),
    ],
)
def test_terminal_without_colour(document: Document, plain: str) -> None:
    assert to_terminal(document, colour=False).plain == plain


def test_terminal_with_colour() -> None:
    text = to_terminal(CROSSING)
    assert text.plain == "New York  ORG…   LOC … Times  ORG  ."
    styles = {text.plain[span.start : span.end]: str(span.style) for span in text.spans}
    colour = TERMINAL_COLOURS[Palette().number("LOC")]
    assert styles["New "] == f"bold {colour}"
    assert styles[" LOC "] == f"reverse {colour}"


class Page(HTMLParser):
    """Reads a page back: the texts of its documents without labels, and the tags that were opened."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.legend: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "div":
            self.texts.append("")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "div" in self.open and "small" not in self.open:
            self.texts[-1] += data
        if "footer" in self.open and data.strip():
            self.legend.append(data.strip())


@given(corpus=st.lists(documents(), max_size=3), title=st.text(st.sampled_from("<a&\"'"), max_size=4))
def test_page_holds_the_texts_and_is_well_formed(corpus: list[Document], title: str) -> None:
    page = Page("".join(html_page(corpus, title=title)))
    assert page.texts == [document.text for document in corpus]
    assert page.open == []
    assert not [tag for tag, attributes in page.tags if tag in {"script", "link", "img"} or "src" in attributes]


def test_page_tells_labels_scores_and_counts() -> None:
    page = "".join(html_page([annotated("Ada & Bob", ("Ada", "PER"), id="<1>", score=0.987654), NESTED, NESTED]))
    assert 'title="PER 0.988 [0, 3)">Ada<small>PER</small></mark> &amp; Bob' in page
    assert "&lt;1&gt;</h2>" in page
    assert ' title="LOC [12, 17)">China<small>LOC</small></mark><small>ORG</small></mark> .' in page
    assert Page(page).legend == ["LOC", "2", "ORG", "2", "PER", "1", "5 entities in 3 documents"]
    assert all(word in page for word in ("prefers-color-scheme: dark", "@media print", "pre-wrap", 'dir="auto"'))


def test_page_marks_cuts_and_survives_what_html_cannot_hold() -> None:
    page = "".join(html_page([CROSSING, Document("a\0b\ud83dc\r\n")]))
    assert page.count(" continues") == page.count(" continued") == 1
    assert '">York</mark><small>LOC</small></mark><mark class="' in page
    assert "a\ufffdb\ufffdc&#13;\n" in page
    page.encode("utf-8")


def test_page_streams() -> None:
    seen = list[int]()

    def stream() -> Iterator[Document]:
        for number in range(3):
            seen.append(number)
            yield NESTED

    chunks = html_page(stream())
    next(chunks)
    assert seen == []
    next(chunks)
    assert seen == [0]


def test_table_has_a_row_for_everything() -> None:
    report = score([NESTED, CROSSING], [NESTED, CROSSING.with_entities([])])
    file = StringIO()
    Console(file=file, width=100).print(report_table(report, title="ours"))
    rows = {line[:22].strip(): line[22:].split() for line in file.getvalue().splitlines() if line.strip()}
    assert "ours" in rows
    assert rows["LOC"] == ["100.00", "50.00", "66.67", "2"]
    assert rows["exact (micro)"] == ["100.00", "50.00", "66.67", "4"]
    assert rows["surface forms"] == ["100.00", "50.00", "66.67", "4"]
    assert rows["SemEval partial"] == ["100.00", "50.00", "66.67", "4"]
    assert rows["exact (macro)"] == ["100.00", "50.00", "66.67"]
