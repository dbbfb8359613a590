"""Raw text to units: what separates names for the eye separates them here, and what was only wrapped does not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.encoding.bounds import find_bounds

WRAPPED = """\
Last week the committee heard from three witnesses. The
first was Maria Castellanos, who has run the clinic in San
Antonio since 2004; then came the director of the Hill
Country Water District, and at the end a farmer.
Castellanos was the only one who answered the question."""


def units(text: str) -> list[str]:
    """The pieces from each bound to the next, with blanks and unread characters left out."""
    found = find_bounds(text)
    starts = [0, *found.units, len(text)]
    pieces = []
    for start, end in pairwise(starts):
        inside = [each for each in found.unread if start <= each.start < end]
        piece, position = "", start
        for each in inside:
            piece += text[position : each.start] + each.text
            position = each.end
        pieces.append(" ".join((piece + text[position:end]).split()))
    return pieces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Best,\nTom\nSarah Lindqvist wrote:", ["Best,", "Tom", "Sarah Lindqvist wrote:"]),
        ("Munich\nGermany", ["Munich", "Germany"]),
        ("Munich\r\nGermany", ["Munich", "Germany"]),
        ("Munich\u2028Germany", ["Munich", "Germany"]),
        ("Ada\n \nBo", ["Ada", "Bo"]),
        ("Jane Roe\nActing Head of Sales\nAcme Ltd", ["Jane Roe", "Acting Head of Sales", "Acme Ltd"]),
        ("A Study in Rome\nBy Ada Byron\n\nText", ["A Study in Rome", "By Ada Byron", "Text"]),
        ("- Ada\n- Bo\n- Cy", ["- Ada", "- Bo", "- Cy"]),
        ("1. Ada met\n2. Bo and\n10) Cy", ["1. Ada met", "2. Bo and", "10) Cy"]),
        ("a) Ada\nb) Bo", ["a) Ada", "b) Bo"]),
        ("• Ada\n  Byron\n• Bo", ["• Ada Byron", "• Bo"]),
        ("From: Ada\nTo: Bo\nSent on: Monday", ["From: Ada", "To: Bo", "Sent on: Monday"]),
        ("> Ada\nBo", ["Ada", "Bo"]),
        (">> Ada\n> Bo", ["Ada", "Bo"]),
    ],
)
def test_lines_that_are_not_wrapped_are_units(text, expected):
    assert units(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The chancellor met Angela\nmerkel and left.",
        "He works for the University of\nMunich.",
        "Ada Byron and Tim Cook met in the old part of New\nYork on Monday. After it they left for San\nFrancisco.",
        "She moved to Škoda in Mladá\nBoleslav last year.",
        "I met the new head of research and\nhis guest Teresa\nPrado, from Sevilla.",
        WRAPPED,
        WRAPPED.replace("\n", "\r\n"),
        "\n".join(f"> {line}" for line in WRAPPED.splitlines()),
        "\n".join(f"| > {line}" for line in WRAPPED.splitlines()),
        "Yesterday the German chancellor said in Berlin that she and New\nYork University will work together on it.",
    ],
)
def test_wrapped_lines_form_one_unit(text):
    assert len(units(text)) == 1


def test_lines_of_a_list_are_apart_though_they_have_words_in_lower_case():
    items = ["Ada Byron, head of research", "Tim Cook, head of sales", "Bo Ek, our man in Rome"]
    assert units("\n".join(items)) == items


def test_a_signature_below_wrapped_text_is_apart():
    assert units(f"{WRAPPED}\n\nRegards\nMaria Castellanos\nSan Antonio")[1:] == [
        "Regards",
        "Maria Castellanos",
        "San Antonio",
    ]


def test_the_width_of_other_paragraphs_tells_that_a_line_was_full():
    text = f"{WRAPPED}\n\nI am sending the minutes to Mr Lund and to Theodora\nVance at the Chronicle."
    assert units(text)[-1].endswith("Theodora Vance at the Chronicle.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Angela Mer-\nkel left", ["Angela Merkel left"]),
        ("Angela Mer-  \r\n  kel left", ["Angela Merkel left"]),
        ("> Angela Mer-\n> kel left", ["Angela Merkel left"]),
        ("Angela Mer\u00ad\nkel left", ["Angela Merkel left"]),
        ("Jean-\nClaude left", ["Jean-Claude left"]),
        ("COVID-\n19 left", ["COVID-19 left"]),
        ("The pre-\nand post-war", ["The pre- and post-war"]),
        ("Vor- und Nach-\noder", ["Vor- und Nach- oder"]),
        ("Ada -\nBo", ["Ada -", "Bo"]),
        ("Angela Mer-\n\nkel left", ["Angela Mer-", "kel left"]),
    ],
)
def test_hyphenated_words_are_joined_at_line_ends(text, expected):
    assert units(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name\tCity\nTim Cook\tCupertino", ["Name", "City", "Tim Cook", "Cupertino"]),
        ("Tim Cook\t\tApple", ["Tim Cook", "Apple"]),
        ("Tim Cook     Cupertino", ["Tim Cook", "Cupertino"]),
        ("Ada Byron  Rome\nTim Cook   Bonn", ["Ada Byron", "Rome", "Tim Cook", "Bonn"]),
        ("Tim Cook | Apple | Cupertino", ["Tim Cook |", "Apple |", "Cupertino"]),
        ("| Tim Cook | Apple |\n| Ada | Rome |", ["Tim Cook |", "Apple |", "Ada |", "Rome |"]),
        ("Rome • Bonn", ["Rome •", "Bonn"]),
        ("He left.  Tim stayed.", ["He left. Tim stayed."]),
        ("Yesterday Angela  Merkel went to see the new house.", ["Yesterday Angela Merkel went to see the new house."]),
        ("\tAda Byron\n\tTim Cook", ["Ada Byron", "Tim Cook"]),
    ],
)
def test_table_cells_are_units(text, expected):
    assert units(text) == expected


@given(st.text(st.sampled_from("aAbB .,:-\n\r\t>|•1@\u2028\u00ad"), max_size=80))
def test_bounds_are_ascending_inside_the_text_and_before_a_character(text):
    found = find_bounds(text)
    assert list(found.units) == sorted(set(found.units))
    assert all(0 < start < len(text) for start in found.units)
    assert all(not text[start].isspace() for start in found.units)
    assert all(0 <= each.start < each.end <= len(text) for each in found.unread)


@given(st.lists(st.sampled_from(["Ada", "went", "to", "Rome", "and", "back."]), min_size=1, max_size=60))
def test_a_line_without_marks_is_one_unit(words):
    assert not find_bounds(" ".join(words)).units
