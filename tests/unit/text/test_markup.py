"""What a document looks like in HTML, and how its entities nest there."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

from hypothesis import given

from onoma.text import Document
from onoma.text.colours import COLOURS, Palette
from onoma.text.nesting import Closing, Opening, walk
from support.annotating import annotated, documents


@given(document=documents())
def test_pieces_are_the_text_and_nest(document: Document) -> None:
    stack, covered, begun, position = list[Opening](), Counter[int](), Counter[int](), 0
    for piece in walk(document.text, document.entities):
        if isinstance(piece, str):
            assert document.text.startswith(piece, position)
            assert piece
            for opening in stack:
                assert opening.entity.start <= position
                assert position + len(piece) <= opening.entity.end
                covered[id(opening.entity)] += len(piece)
            position += len(piece)
        elif isinstance(piece, Opening):
            begun[id(piece.entity)] += not piece.continued
            assert piece.continued == (position > piece.entity.start)
            stack.append(piece)
        else:
            assert isinstance(piece, Closing)
            opening = stack.pop()
            assert opening.entity is piece.entity
            assert opening.continues == piece.continues == (position < piece.entity.end)
    assert (position, stack) == (len(document.text), [])
    for entity in document.entities:
        assert covered[id(entity)] == entity.end - entity.start
        assert begun[id(entity)] == 1


def test_colours_are_stable_and_differ_between_labels() -> None:
    palette = Palette()
    labels = [f"label{number}" for number in range(len(COLOURS))]
    assert len({palette.number(label) for label in labels}) == len(COLOURS)
    assert palette.number("one too many") in range(len(COLOURS))
    assert [palette.number(label) for label in labels] == [palette.number(label) for label in labels]
    assert [Palette().number(label) for label in ("PER", "LOC", "ORG", "MISC")] == [2, 10, 6, 7]


class Block(HTMLParser):
    """Reads a document's element back: its text without labels, its marks, and whether it nests."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.marks: list[dict[str, str | None]] = []
        self.text = ""
        self.tags: set[str] = set()
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.add(tag)
        if tag == "mark":
            self.marks.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "small" not in self.open:
            self.text += data


@given(document=documents())
def test_a_notebook_shows_the_text_and_every_entity(document: Document) -> None:
    block = Block(document._repr_html_())
    assert block.text == document.text
    assert block.tags <= {"div", "mark", "small"}
    shown = Counter(mark["title"] for mark in block.marks if "start-style: dashed" not in (mark["style"] or ""))
    assert shown == Counter(f"{each.label} [{each.start}, {each.end})" for each in document.entities)


def test_a_notebook_has_colours_without_a_style_sheet() -> None:
    html = annotated("the Bank of China", ("Bank of China", "ORG"), ("China", "LOC"), score=0.5)._repr_html_()
    organisation, place = Block(html).marks
    assert COLOURS[Palette().number("ORG")] in str(organisation["style"])
    assert organisation["style"] != place["style"]
    assert organisation["title"] == "ORG 0.500 [4, 17)"
    assert "class" not in organisation


def test_a_notebook_leaves_dollars_and_markup_as_they_are() -> None:
    html = annotated("$5 <b>or</b> $10", ("or", "<i>"))._repr_html_()
    assert "mathjax_ignore" in html
    assert "$5 &lt;b&gt;" in html
    assert ">&lt;i&gt;</small>" in html
