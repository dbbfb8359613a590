"""The page: that it is whole, stands alone, and says what the report says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from onoma.errors import MissingExtraError
from onoma.metrics import Against, Aligned, Report, Sample, align, compare, detailed_report, tally
from onoma.text import Document
from onoma.views.evaluation_page import evaluation_page
from onoma.views.plots import require_matplotlib

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Reads a page back: whether it nests, its elements, and the text of each paragraph of a sentence."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.items: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))
        if tag == "p" and "lang" in dict(attrs):
            self.texts.append("")
        if tag == "li":
            self.items.append("")
        if tag == "tr":
            self.rows.append([])
        if tag in {"th", "td"}:
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _ in self.open}
        classes = {attributes.get("class") for _, attributes in self.open}
        if any(tag == "p" and "lang" in attributes for tag, attributes in self.open) and "tags" not in classes:
            self.texts[-1] += data
        if "li" in tags:
            self.items[-1] += data
        if tags & {"th", "td"}:
            self.rows[-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def annotated(text: str, *names: tuple[str, str], score: float | None = None, domain: str = "web") -> Document:
    document = Document(text, meta={"domain": domain})
    return document.with_entities(
        document.entity(text.index(name), text.index(name) + len(name), label, score=score) for name, label in names
    )


EVIL = "<script>alert('Ada')</script> & \"Eve\""
HEBREW = "ביקר בנימין נתניהו בתל אביב"
GOLD = [
    annotated("Ada Lovelace met Eve", ("Ada Lovelace", "PER"), ("Eve", "PER")),
    annotated(EVIL, ("Ada", "<b>"), domain="<i>"),
    annotated(HEBREW, ("בנימין נתניהו", "PER")),
    annotated("the Bank of China", ("Bank of China", "ORG"), ("China", "LOC")),
    annotated("all is $well$", ("$well$", "$人$")),
]
PREDICTED = [
    annotated("Ada Lovelace met Eve", ("Ada", "PER"), ("Eve", "PER"), score=0.75),
    annotated(EVIL, ("script", "<b>"), score=0.5),
    annotated(HEBREW, ("בנימין", "LOC"), score=0.25),
    annotated("the Bank of China", ("of China", "ORG"), ("China", "ORG"), score=0.9),
    annotated("all is $well$", ("$well$", "$人$"), score=0.9),
]


@pytest.fixture(scope="module")
def pairs() -> list[Aligned]:
    return list(align(GOLD, PREDICTED))


@pytest.fixture(scope="module")
def report(pairs: list[Aligned]) -> Report:
    return detailed_report(pairs)


@pytest.fixture(scope="module")
def html(pairs: list[Aligned], report: Report) -> str:
    sample = Sample.of(pairs)
    against = Against(name="<other>", report=report, comparison=compare(sample, sample))
    whole = replace(report, against=against, runs=(tally(pairs),))
    return "".join(evaluation_page(whole, pairs, title="a <b> & c"))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_it_stands_alone(html: str, page: Page) -> None:
    assert len(page.all("script")) == 1
    assert not [tag for tag, _ in page.elements if tag in {"link", "img", "iframe", "object", "image"}]
    for _, attributes in page.elements:
        for name, value in attributes.items():
            assert "src" not in name
            assert "href" not in name or (value or "").startswith("#")
            assert "http" not in (value or "") or name.startswith("xmlns")
            assert not name.startswith("on")
    [style] = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert "@import" not in style
    assert "url(" not in style
    assert "default-src 'none'" in html
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {
        str(value)[1:] for _, attributes in page.elements for name, value in attributes.items() if "href" in name
    }
    assert targets <= set(ids)


def test_every_sentence_with_an_error_is_there_in_full(page: Page) -> None:
    assert page.texts == [document.text for document in GOLD[:4]]
    assert len(page.all("article")) == 4


def test_errors_are_those_of_the_report(page: Page, report: Report) -> None:
    items = page.all("li")
    assert report.errors is not None
    assert Counter(item["data-kind"] for item in items) == Counter(report.errors.kinds)
    assert {"data-kind": "boundary", "data-gold": "PER", "data-predicted": "PER"} in items
    assert {"data-kind": "missed", "data-gold": "<b>"} in items
    options = [attributes["value"] for attributes in page.all("option")]
    assert {*report.errors.kinds} - {kind for kind, count in report.errors.kinds.items() if not count} < set(options)
    assert {"PER", "<b>", "LOC", "ORG"} < set(options)


def test_without_script_and_style_it_says_the_same_in_words(page: Page) -> None:
    [form] = page.all("form")
    assert "hidden" in form
    assert not [article for article in page.all("article") if "hidden" in article]
    assert page.items[0] == "boundary: gold “Ada Lovelace” PER, predicted “Ada” PER 0.75\n".strip()
    assert "missed: gold “Ada” <b>" in page.items
    assert "spurious: predicted “script” <b> 0.50" in page.items


def test_text_is_escaped_and_has_its_direction(html: str, page: Page) -> None:
    assert "<script>alert" not in html
    assert "<title>a &lt;b&gt; &amp; c</title>" in html
    assert all(attributes["dir"] == "auto" for attributes in page.all("p") if "lang" in attributes)


def test_gold_and_predicted_have_their_bars(html: str) -> None:
    assert '<span class="s gold-wrong predicted-wrong begins">Ada</span>' in html
    assert '<span class="s gold-wrong"><span class="tags"><span class="predicted">PER</span></span></span>' in html
    assert '<span class="s gold-wrong"> Lovelace</span><span class="tags"><span class="gold">PER</span></span>' in html
    assert (
        '<span class="s gold-correct predicted-correct begins">Eve</span><span class="tags"><span class="correct">'
        in html
    )


def test_figures_are_those_of_the_report(page: Page, report: Report) -> None:
    rows = {row[0]: row[1:] for row in reversed(page.rows) if row}
    assert rows["surface forms"][:3] == [f"{100 * value:.2f}" for value in _figures(report.surface)]
    assert rows["exact (micro)"][:3] == [f"{100 * value:.2f}" for value in _figures(report.exact)]
    assert rows["LOC"][0] == "0.00"
    assert {"exact (macro)", "SemEval exact", "SemEval type", "boundary", "web", "first quarter"} <= set(rows)
    assert "exact, invalid tags excluded" not in rows
    labels = [attributes["aria-label"] for attributes in page.all("svg")]
    assert {"F1 by label", "Errors by kind", "Reliability", "Difference from <other>"} <= set(labels)
    assert "Precision and recall by threshold" in labels


def test_pictures_keep_text_and_take_the_colours_of_the_page(html: str) -> None:
    pictures = "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert ">$人$</text>" in pictures
    assert "var(--gold)" in pictures
    assert not re.findall(r"#[0-9a-f]{6}", pictures)


def test_the_rest_is_counted(pairs: list[Aligned], report: Report) -> None:
    html = "".join(evaluation_page(report, pairs, title="", most=3))
    assert "The first 3 of 4 sentences with errors are shown; 1 are left out." in html
    assert len(Page(html).all("article")) == 3


def test_a_bare_report_and_no_entities_make_a_page() -> None:
    empty = list(align([Document("x")], [Document("x")]))
    for report in (tally(empty), detailed_report(empty)):
        html = "".join(evaluation_page(report, empty, title="nothing"))
        assert "There are none." in html
        Page(html)


def test_labels_that_a_font_cannot_have_make_a_page() -> None:
    label = "a\0\n\ud83d"
    gold = [annotated("Ada left", ("Ada", label), domain=domain) for domain in ("x", label)]
    pairs = list(align(gold, gold))
    html = "".join(evaluation_page(detailed_report(pairs), pairs, title=label))
    html.encode("utf-8")
    assert ">a\ufffd \ufffd</text>" in html


def test_it_is_the_same_each_time(pairs: list[Aligned], report: Report) -> None:
    assert len({"".join(evaluation_page(report, pairs, title="same")) for _ in range(2)}) == 1


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"onoma\[report\]"):
        require_matplotlib()


def _figures(counts: object) -> list[float]:
    return [getattr(counts, name) for name in ("precision", "recall", "f1")]
