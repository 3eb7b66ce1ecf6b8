"""Addresses are one however they are spelled, and ids made of plain ones stay what they always were."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamprocessor.contract.contact_ids import ContactIds, is_one_address, plain_address, visible_address

IDS = ContactIds("a salt")


@pytest.mark.parametrize(
    "spelling",
    [
        "kim.lee@example.com",
        " Kim.Lee@EXAMPLE.com\n",
        "kim.lee@example.com\u200b",
        "\ufeffkim.lee@example.com",
        "kim.\u00adlee@example.com",
        "\u202akim.lee@example.com\u202c",
        "\u00a0kim.lee@example.com\u00a0\u200b ",
        "kim.lee\u2060@exam\u200dple.com",
    ],
)
def test_what_nobody_sees_of_an_address_makes_no_other_contact(spelling: str) -> None:
    assert IDS.address(spelling) == IDS.address("kim.lee@example.com")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kim@bücher.example", "kim@xn--bcher-kva.example"),
        ("kim@BÜCHER.Example", "kim@XN--BCHER-KVA.example"),
        ("kim@bu\u0308cher.example", "kim@bücher.example"),
        ("jose\u0301@example.com", "JOSÉ@example.com"),
        ("kim@straße.example", "kim@xn--strae-oqa.example"),
        ("ΚΙΜ@παράδειγμα.example", "κιμ@xn--hxajbheg2az3al.example"),
        ("kim@例え。example", "kim@xn--r8jz45g.example"),
        ("kim@i❤.example", "kim@xn--i-7iq.example"),
        ("用户@例子.example", "用户@xn--fsqu00a.example"),
    ],
)
def test_a_domain_in_letters_is_the_one_that_dns_has(one: str, other: str) -> None:
    assert IDS.address(one) == IDS.address(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kim+shop@example.com", "kim@example.com"),
        ("k.im@example.com", "kim@example.com"),
        ("kim@strasse.example", "kim@straße.example"),
        ("jose@example.com", "josé@example.com"),
    ],
)
def test_what_may_be_somebody_else_is(one: str, other: str) -> None:
    assert IDS.address(one) != IDS.address(other)


@given(st.text(st.characters(max_codepoint=127), max_size=60))
@example(" Kim.Lee@Example.com ")
def test_ids_of_plain_addresses_are_what_they_always_were(address: str) -> None:
    plain = address.strip().lower().encode()

    assert IDS.address(address) == "email:" + hmac.new(b"a salt", plain, sha256).hexdigest()[:32]


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_has_one_plain_spelling(local: str, domain: str) -> None:
    plain = plain_address(f"{local}@{domain}")

    assert plain_address(visible_address(f"{local}@{domain}")) == plain
    assert plain_address(plain) == plain
    assert IDS.address(plain) == IDS.address(f"{local}@{domain}")


def test_a_text_that_is_far_too_long_is_read_at_once() -> None:
    assert plain_address("kim@" + "ü" * 100_000 + ".example").startswith("kim@üü")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (" Kim+shop@Example.com\n", True),
        ("kim@bücher.example\u200b", True),
        ("kim@例え。example", True),
        ("o'brien@mail.example.co.uk", True),
        ("kim", False),
        ("kim@localhost", False),
        ("@example.com", False),
        ("kim@example.com, lee@example.com", False),
        ("kim@example.com;lee@example.com", False),
        ("kim@lee@example.com", False),
        ("mailto:kim@example.com", False),
        ("Kim Lee <kim@example.com>", False),
        ("kim@example.c", False),
        ("k" * 65 + "@example.com", False),
        ("kim@" + "a." * 200 + "example", False),
    ],
)
def test_a_text_is_one_address_at_every_door_or_at_none(text: str, is_one: bool) -> None:
    assert is_one_address(text) == is_one
