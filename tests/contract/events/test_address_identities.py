"""Which values of attributes, traits and cells are one mail address, and which are none or several."""

from __future__ import annotations

import pytest

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.address_identities import one_address

IDS = ContactIds("a salt")


@pytest.mark.parametrize(
    "spelling",
    [
        "ann@firm.example",
        "Ann Lee <Ann@Firm.Example>",
        '"Lee, Ann" <ann@firm.example>',
        "<ann@firm.example>",
        "mailto:ann@firm.example",
        " MAILTO: ann@firm.example ",
        "Ann <ann@firm.example\u200b>",
    ],
)
def test_what_is_displayed_around_an_address_makes_no_other_contact(spelling: str) -> None:
    address = one_address(spelling)

    assert address is not None
    assert IDS.address(address) == IDS.address("ann@firm.example")


@pytest.mark.parametrize(
    "value",
    [
        *("", "n/a", "n/a@", "@firm.example", "ann@firm", "ann@@firm.example", "ann lee@firm.example"),
        *("ann@firm.example, bob@firm.example", "ann@firm.example; bob@firm.example", "ann@firm.example;"),
        *("A <ann@firm.example>, B <bob@firm.example>", "ann@firm.example <bob@firm.example>"),
        *(
            "{{email}}@firm.example",
            "undefined@firm.example",
            "none@none.example",
            "null@null.com",
            "NoEmail@noemail.com",
        ),
        *("x" * 300 + "@firm.example", None, 1, ["ann@firm.example"]),
    ],
)
def test_what_is_no_address_or_several_or_stands_for_none_is_none(value: object) -> None:
    assert one_address(value) is None
