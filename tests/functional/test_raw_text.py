"""Text as people write it, through the shipped model: names end where a reader would end them."""

from __future__ import annotations

import pytest

import onoma
from onoma.tagger import Tagger


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return onoma.load("en", threads=1)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Procter &amp; Gamble sued Marks &amp; Spencer in London.", "Procter &amp; Gamble|Marks &amp; Spencer|London"),
        ("Sin&eacute;ad O&#8217;Connor sang in Z&uuml;rich.", "Sin&eacute;ad O&#8217;Connor|Z&uuml;rich"),
        ("&quot;Barack Obama&quot; visited AT&amp;amp;T in Dallas.", "Barack Obama|AT&amp;amp;T|Dallas"),
        (
            "Then Barack Oba-\nma flew to Ber-\nlin with Hillary Clin-\nton.",
            "Barack Oba-\nma|Ber-\nlin|Hillary Clin-\nton",
        ),
        ("> Then Barack Oba-\n> ma flew to Chi-\n> cago.\n", "Barack Oba-\n> ma|Chi-\n> cago"),
        ("The singer Jean-\nClaude Petit lives in Mar-\nseille now.\n", "Jean-\nClaude Petit|Mar-\nseille"),
        ("Best,\nTom\nSarah Lindqvist wrote:\n", "Tom|Sarah Lindqvist"),
        ("Munich\nGermany\n", "Munich|Germany"),
        ("Regards,\nMaria Lopez\nMicrosoft\nSeattle\n", "Maria Lopez|Microsoft|Seattle"),
        ("1. Angela Merkel\n2. Barack Obama\n3. Emmanuel Macron\n", "Angela Merkel|Barack Obama|Emmanuel Macron"),
        ("- London\n- Paris\n- New York\n", "London|Paris|New York"),
        ("> Angela Merkel\nBarack Obama\n", "Angela Merkel|Barack Obama"),
        (
            "Mary Jones      Paris      Renault\nPeter Weber     Munich     BMW\n",
            "Mary Jones|Paris|Renault|Peter Weber|Munich|BMW",
        ),
        ("| Mary Jones | Paris |\n| Peter Weber | Munich |\n", "Mary Jones|Paris|Peter Weber|Munich"),
        ("From: Paul Winter@ACME\nTo: Jan Vos/HOU/ACME@ACME\n", "Paul Winter|Jan Vos"),
        ("Sarah J Lindqvist <sjl@acme.com> wrote to TOM.BERG@ACME.COM.", "Sarah J Lindqvist"),
        ("ANGELA MERKEL VISITED LYON WITH ENGINEERS OF SIEMENS.", "ANGELA MERKEL|LYON|SIEMENS"),
        ("angela merkel visited lyon with engineers of siemens.", "angela merkel|lyon|siemens"),
    ],
)
def test_names_end_where_a_reader_would_end_them(tagger: Tagger, text: str, names: str) -> None:
    assert [entity.text for entity in tagger.tag(text).entities] == names.split("|")


def test_structure_can_be_turned_off() -> None:
    found = onoma.tag("Munich\nGermany", threads=1, structure=False).entities
    assert [entity.text for entity in found] == ["Munich\nGermany"]
