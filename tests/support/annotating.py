"""Documents with entities, by hand and by chance."""

from __future__ import annotations

from hypothesis import strategies as st

from onoma.text import Document


def annotated(text: str, *names: tuple[str, str], id: str = "", score: float | None = None) -> Document:
    """A document with the first place of each name as an entity."""
    document = Document(text, id=id)
    return document.with_entities(
        document.entity(text.index(name), text.index(name) + len(name), label, score=score) for name, label in names
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(st.text(st.sampled_from("ab <&\"'\n\té漢😀א"), max_size=14))
    bound = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(bound, bound, st.sampled_from(["A", "B&", "<C>"])), max_size=6))
    document = Document(text)
    return document.with_entities(document.entity(min(a, b), max(a, b), label) for a, b, label in spans)
