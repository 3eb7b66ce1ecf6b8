"""A stranger's words in our sentences: short, on one line, and harmless to a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from streamprocessor.contract.foreign_text import one_line, shown_text, shown_value


class Huge(str):
    """A text that nobody should quote whole."""

    __slots__ = ()

    def __repr__(self) -> str:
        raise AssertionError("quoted before it was cut")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("yesterday", "'yesterday'"),
        ("a\x1b[31m", r"'a\x1b[31m'"),
        (Huge("x" * 10_000_000), repr("x" * 60)),
        (7, "7"),
        (1e400, "inf"),
        (True, "true or false"),
        (None, "nothing"),
        ([[]], "a list"),
        ({"a": 1}, "an object"),
    ],
)
def test_a_strangers_value_is_cut_before_it_is_quoted(value: Any, shown: str) -> None:
    assert shown_value(value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("name", "name"),
        ("a\x1b[31m\nb", "a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}b"),
        ("x" * 81, "x" * 80),
    ],
)
def test_a_strangers_text_is_shown_without_what_steers_a_terminal(text: str, shown: str) -> None:
    assert shown_text(text) == shown


@pytest.mark.parametrize(
    ("text", "line"),
    [("  two\n\tlines ", "two lines"), ("a\x1b[31m", "a?[31m"), ("x" * 201, "x" * 200), (OSError("gone"), "gone")],
)
def test_what_a_program_says_becomes_one_line(text: object, line: str) -> None:
    assert one_line(text) == line
