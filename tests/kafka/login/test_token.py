"""Tokens as programs and token endpoints hand them over."""

from __future__ import annotations

import pytest

from streamprocessor.kafka.login.token import UNDATED_SECONDS, Token, token_of
from tests.harness.secured_kafka import unsecured_token

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("text", "value", "lifetime_seconds"),
    [
        (b"opaque-token\n", "opaque-token", UNDATED_SECONDS),
        (b'{"access_token": "abc", "expires_in": 300}', "abc", 300),
        (b'{"access_token": "abc", "expires_in": "300"}', "abc", 300),
        (b'{"access_token": "abc"}', "abc", UNDATED_SECONDS),
        (b"a.b.c", "a.b.c", UNDATED_SECONDS),
        (b"a.bbbbb.c", "a.bbbbb.c", UNDATED_SECONDS),
        (b"a.WzFd.c", "a.WzFd.c", UNDATED_SECONDS),  # a list
    ],
)
def test_a_token_lasts_as_long_as_it_says(text: bytes, value: str, lifetime_seconds: float) -> None:
    assert token_of(text, NOW) == Token(value, NOW, NOW + lifetime_seconds)


def test_a_jwt_lasts_until_its_exp() -> None:
    token = token_of(unsecured_token("jane", lifetime_seconds=120).encode(), NOW)

    assert token.expires_at_seconds < NOW  # by its own claim: it was made now, whenever that is


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "0 bytes that are no token"),
        (b"{}", "JSON without an access_token"),
        (b"{", "JSON without an access_token"),
        (b'{"error": "invalid_client"}', "JSON without an access_token"),
        (b'{"access_token": 1}', "JSON without an access_token"),
        (b"<html>", "6 bytes that are no token"),
        (b"Please log in first", "19 bytes that are no token"),
        (b"a\nb", "3 bytes that are no token"),
        (b"\xff\xfe", "2 bytes that are no token"),
        (b"a\x01auth=Bearer other", "bytes that are no token"),
    ],
)
def test_anything_else_is_no_token_and_is_not_repeated(text: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        token_of(text, NOW)


@pytest.mark.parametrize(("now", "is_fresh"), [(NOW, True), (NOW + 79, True), (NOW + 80, False), (NOW + 200, False)])
def test_a_token_is_fresh_for_a_share_of_its_life(now: float, is_fresh: bool) -> None:
    assert Token("abc", NOW, NOW + 100).is_fresh(now, 0.8) is is_fresh
