"""Links from messages to the page."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.contract.subscriptions.page_links import contact_url, read_page_url
from streamprocessor.errors import OperatorError


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("", None),
        ("https://leads.example.com", "https://leads.example.com"),
        ("https://leads.example.com:8443/", "https://leads.example.com:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_the_page_is_at_an_address_of_https_or_of_this_machine(setting: str, url: str | None) -> None:
    assert read_page_url(setting) == url


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ("http://leads.example.com", "https, or http on this machine"),
        ("http://localhost.example.com", "https, or http on this machine"),
        ("https://leads.example.com/?a=hidden", "scheme, host and port alone"),
        ("https://leads.example.com?", "scheme, host and port alone"),
        ("https://leads.example.com/#hidden", "scheme, host and port alone"),
        ("https://leads.example.com/leads", "scheme, host and port alone"),
        ("https://me:hidden@leads.example.com", "an address without user and password"),
        ("leads.example.com", "a URL such as"),
        ("ftp://leads.example.com", "a URL such as"),
        ("https://", "a URL such as"),
        ("https://leads.example.com:0", "a URL such as"),
        ("https://leads.example.com:99999", "a URL; got"),
        ("https://a b", "a URL such as"),
        ("https://leads.example.com|Click", "a URL such as"),
        ("https://leads.example.com>", "a URL such as"),
        ("https://leäds.example.com", "a URL such as"),
        ("javascript:hidden", "a URL such as"),
    ],
)
def test_another_address_of_the_page_is_refused_and_nothing_of_it_shown(setting: str, wanted: str) -> None:
    with pytest.raises(OperatorError, match=f"STREAMPROCESSOR_PAGE_URL: wanted {wanted}") as refused:
        read_page_url(setting)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("contact_id", "query"),
    [
        ("c-42", "c-42"),
        ("a b/c?d&e=f#g", "a+b%2Fc%3Fd%26e%3Df%23g"),
        ("jürgen", "j%C3%BCrgen"),
        ("*-._~", "*-._%7E"),
        ("100%|<b>", "100%25%7C%3Cb%3E"),
    ],
)
def test_a_contacts_link_is_spelled_as_the_page_spells_it(contact_id: str, query: str) -> None:
    assert contact_url("https://p.example", contact_id) == f"https://p.example/contact?contact_id={query}"


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_whatever_an_id_holds_the_link_leads_to_it_and_to_nothing_else(contact_id: str) -> None:
    url = contact_url("https://p.example", contact_id)

    assert not set(url) & set(" |<>\"'")
    assert parse_qs(urlsplit(url).query, keep_blank_values=True) == {"contact_id": [contact_id]}
