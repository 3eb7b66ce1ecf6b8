"""What strangers choose is printed without steering the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.cli.terminal.plain_text import echo
from streamprocessor.cli.terminal.printing import print_table
from streamprocessor.contract.foreign_text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("c-42", "c-42"),
        ("k\x1b[31mred", r"k\x1b[31mred"),
        ("\x9b31m", r"\x9b31m"),
        ("a\r\b\0", r"a\r\x08\x00"),
        ("to\u202eright", r"to\u202eright"),
        ("two\nlines\tand \xfc", "two\nlines\tand \xfc"),
    ],
)
def test_what_steers_a_terminal_is_spelled_out(text: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    echo(text)
    print_table(("key",), [(text,)])

    assert printable(text) == shown
    assert capsys.readouterr().out.count("\x1b") == 0


@given(st.text())
def test_whatever_is_printed_leaves_the_terminal_as_it_is(text: str) -> None:
    assert all(character.isprintable() or character in "\n\t" or ord(character) > 0x9F for character in printable(text))
    assert printable(printable(text)) == printable(text)
