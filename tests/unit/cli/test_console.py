"""The console of the command line."""

from __future__ import annotations

import pytest

from onoma.cli.console import PlainConsole
from onoma.views.table import plain_table


def test_numbers_of_a_table_stay_whole_in_a_narrow_terminal(monkeypatch, capsys):
    table = plain_table(["candidate", "words per second", "size"], [["a-long-name", "123,456", "0.0063"]])
    monkeypatch.setenv("COLUMNS", "12")
    PlainConsole().print(table)
    assert {"123,456", "0.0063"} <= set(capsys.readouterr().out.split())


@pytest.mark.parametrize("text", ["[b]not bold[/b]", "a\x1b[31mb"])
def test_strings_are_shown_literally(capsys, text):
    PlainConsole().print(text)
    assert capsys.readouterr().out == f"{text}\n".replace("\x1b", "␛")
