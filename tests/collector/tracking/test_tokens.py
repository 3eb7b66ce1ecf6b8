from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.collector.tracking.tokens import MAX_TOKEN_CHARS, TokenKeys, TokenKind, Tracked, token_keys
from streamprocessor.errors import OperatorError
from tests.harness.odd_ids import REFUSED_IDS

OLD, NEW = {"old": "0123456789abcdef"}, {"new": "fedcba9876543210"}
KEYS = token_keys(NEW)
MAIL = Tracked("c-42", "m-9", "q4", "https://example.com/pricing")
NOW_MS = 1_800_000_000_000


def test_a_token_carries_what_was_signed() -> None:
    assert KEYS.verify("click", KEYS.sign("click", MAIL), NOW_MS) == MAIL


def test_a_token_is_short_and_fits_into_a_path() -> None:
    token = KEYS.sign("open", Tracked("c-42", "m-9", "q4"))

    assert len(token) < 64
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")


@settings(max_examples=200)
@given(st.data())
def test_a_token_with_one_character_changed_is_worth_nothing(data: st.DataObject) -> None:
    token = KEYS.sign("click", MAIL)
    position = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(
        st.sampled_from([c for c in string.ascii_letters + string.digits + "-_=." if c != token[position]])
    )

    assert KEYS.verify("click", token[:position] + other + token[position + 1 :], NOW_MS) is None


def test_a_token_has_one_spelling_though_its_last_character_has_bits_to_spare() -> None:
    tokens = [KEYS.sign("open", Tracked("c" * length)) for length in (1, 2, 3)]
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"

    spellings = [[c for c in alphabet if KEYS.verify("open", token[:-1] + c, NOW_MS)] for token in tokens]

    assert spellings == [[token[-1]] for token in tokens]


@pytest.mark.parametrize(("signed", "asked"), [("open", "click"), ("click", "visitor"), ("visitor", "open")])
def test_a_token_of_one_kind_is_none_of_another(signed: TokenKind, asked: TokenKind) -> None:
    assert KEYS.verify(asked, KEYS.sign(signed, MAIL), NOW_MS) is None


@settings(max_examples=200)
@given(
    st.one_of(st.text(max_size=200), st.text(string.ascii_letters + string.digits + "-_", min_size=24, max_size=300))
)
def test_any_text_that_we_did_not_sign_is_no_token(text: str) -> None:
    assert KEYS.verify("click", text, NOW_MS) is None


def test_an_overlong_text_is_not_even_decoded() -> None:
    assert KEYS.verify("click", "A" * (MAX_TOKEN_CHARS + 1), NOW_MS) is None


def test_the_first_key_signs_and_all_verify() -> None:
    before, during, after = token_keys(OLD), token_keys(NEW | OLD), token_keys(NEW)
    old_token, new_token = before.sign("open", MAIL), during.sign("open", MAIL)

    assert during.verify("open", old_token, NOW_MS) == MAIL
    assert after.verify("open", new_token, NOW_MS) == MAIL
    assert after.verify("open", old_token, NOW_MS) is None
    assert before.verify("open", new_token, NOW_MS) is None


def test_one_id_with_another_secret_does_not_verify() -> None:
    assert token_keys({"new": "0123456789abcdef"}).verify("open", KEYS.sign("open", MAIL), NOW_MS) is None


def test_a_token_is_worth_nothing_from_the_instant_at_which_it_expires() -> None:
    token = KEYS.sign("visitor", Tracked("c-42", expires_at_ms=NOW_MS))

    assert KEYS.verify("visitor", token, NOW_MS - 1) is not None
    assert KEYS.verify("visitor", token, NOW_MS) is None


@pytest.mark.parametrize("contact", ["", *REFUSED_IDS])
def test_a_contact_that_no_record_can_have_is_not_signed(contact: str) -> None:
    with pytest.raises(ValueError, match="contact: key: wanted"):
        KEYS.sign("open", Tracked(contact))


def test_a_token_that_no_request_line_would_hold_is_not_signed() -> None:
    with pytest.raises(ValueError, match="shorten"):
        KEYS.sign("click", Tracked("c-42", url="https://example.com/" + "a" * MAX_TOKEN_CHARS))


def test_without_keys_nothing_is_signed_and_nothing_verifies() -> None:
    none = token_keys({})

    assert none.verify("open", KEYS.sign("open", MAIL), NOW_MS) is None
    with pytest.raises(ValueError, match="no key"):
        none.sign("open", MAIL)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"a b": "0123456789abcdef"}, "key 2: wanted an id"),
        ({"a" * 17: "0123456789abcdef"}, "key 2: wanted an id"),
        ({"short": "0123456"}, "key 2: wanted a secret of at least 16 characters; got 7"),
    ],
)
def test_keys_that_are_none_are_refused_without_showing_them(more: dict[str, str], sentence: str) -> None:
    with pytest.raises(OperatorError, match=sentence) as error:
        token_keys(OLD | more)

    assert "0123456" not in str(error.value)


def test_secrets_are_not_shown() -> None:
    assert "fedcba" not in repr(TokenKeys({"new": b"fedcba9876543210"}))
