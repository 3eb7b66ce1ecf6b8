"""What a contact is called."""

from __future__ import annotations

from typing import Any

import pytest

from streamprocessor.contract.display import LONGEST_TITLE, Display, display_name, subtitle


@pytest.mark.parametrize(
    ("attributes", "name", "below"),
    [
        (
            {"first_name": "Jane", "last_name": "Wu", "company": "Acme", "job_title": "CEO"},
            "Jane Wu",
            "CEO, Acme",
        ),
        ({"full_name": " Jane\n Smith ", "first_name": "J"}, "Jane Smith", None),
        ({"last_name": "Smith", "email": "j@example.com"}, "Smith", None),
        ({"email": "j@example.com", "company": "Acme"}, "j@example.com", "Acme"),
        ({"company": "Acme", "job_title": "CEO"}, "Acme", "CEO"),
        ({"company.name": "Acme", "company.size": 80, "job_title": "CEO", "name": "Jane"}, "Jane", "CEO, Acme"),
        ({"company": {"name": "Acme"}, "first_name": "Jane"}, "Jane", "Acme"),
        ({"company": "Acme", "company.name": "Acme", "first_name": "Jane"}, "Jane", "Acme"),
        ({"company": {"size": 80}, "first_name": True, "last_name": "", "job_title": ["CEO"]}, None, None),
        ({}, None, None),
    ],
)
def test_a_contact_is_called_by_the_first_of_the_usual_words_that_it_has(
    attributes: dict[str, Any], name: str | None, below: str | None
) -> None:
    assert (display_name(Display(), attributes), subtitle(Display(), attributes)) == (name, below)


def test_titles_are_short_and_by_the_words_that_a_model_says() -> None:
    display = Display(name=(("nick",), ("title", "last_name")), subtitle=())
    assert display_name(display, {"title": "Dr.", "last_name": "Wu", "first_name": "May"}) == "Dr. Wu"
    assert subtitle(display, {"company": "Acme"}) is None
    assert len(display_name(display, {"nick": "x" * 1_000}) or "") == LONGEST_TITLE
    assert display.attributes == {"nick", "title", "last_name"}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Jane\x1b[2J Smith", "Jane [2J Smith"),
        ("Jane\u202eelpmaxe", "Jane elpmaxe"),
        ("\u2066Jane\u2069\r\nBcc: x", "Jane Bcc: x"),
        ("\x00\u2028", None),
        ("می‌خواهم", "می‌خواهم"),
        ("👩‍💻 Ada", "👩‍💻 Ada"),
    ],
)
def test_nobodys_name_steers_what_it_is_shown_in(written: str, shown: str | None) -> None:
    assert display_name(Display(), {"full_name": written}) == shown
    assert subtitle(Display(), {"job_title": written}) == shown
