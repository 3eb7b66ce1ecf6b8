from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from streamprocessor.collector.tracking.click import VISITOR_LIFE_MS, click
from streamprocessor.collector.tracking.tokens import Tracked
from streamprocessor.contract.events.events import decode_event
from tests.collector.input_topics import topic_of
from tests.collector.tracking.requests import KEYS, NOW_MS, SITES, Served, request, serve

CLICK = click(KEYS, SITES)
OURS = "https://www.example.com/pricing?plan=a&b=%20c#top"
FOREIGN = "https://elsewhere.example/"


def path_to(url: str | None, **more: Any) -> str:
    return f"/c/{KEYS.sign('click', Tracked('c-42', 'm-9', 'q4', url, **more))}"


def location(served: Served) -> str:
    return served.headers["Location"]


def test_a_click_leads_to_the_url_in_its_token() -> None:
    served = serve(CLICK, request("GET", path_to(FOREIGN)))

    assert (served.answer.status, location(served)) == (302, FOREIGN)
    assert served.headers["Cache-Control"] == "no-store"


def test_a_click_is_filed_with_its_url() -> None:
    (entry,) = serve(CLICK, request("GET", path_to(OURS))).decoded.entries

    assert (topic_of(entry), entry.contact_id, entry.value["type"]) == ("email-clicks", "c-42", "email_click")
    assert entry.value["properties"] == {"message": "m-9", "campaign": "q4", "url": OURS, "path": "/pricing"}


@pytest.mark.parametrize("headers", [{}, {"user-agent": ""}, {"user-agent": " "}, {"user-agent": "-"}])
def test_a_click_that_says_no_user_agent_is_a_scanners(headers: dict[str, str]) -> None:
    (entry,) = serve(CLICK, request("GET", path_to(OURS))._replace(headers=headers)).decoded.entries
    assert decode_event(entry.value, "c-42", NOW_MS, "email_click").actor == "scanner"


def test_to_a_site_of_ours_the_url_carries_who_clicked_and_stays_the_same_otherwise() -> None:
    parts = urlsplit(location(serve(CLICK, request("GET", path_to(OURS)))))

    assert (parts.hostname, parts.path, parts.fragment) == ("www.example.com", "/pricing", "top")
    assert parts.query.startswith("plan=a&b=%20c&_sp=")
    (token,) = parse_qs(parts.query)["_sp"]
    visitor = KEYS.verify("visitor", token, NOW_MS + VISITOR_LIFE_MS - 1)
    assert visitor is not None
    assert visitor.contact_id == "c-42"
    assert KEYS.verify("visitor", token, NOW_MS + VISITOR_LIFE_MS) is None


def test_another_persons_token_in_the_url_is_replaced() -> None:
    query = parse_qs(urlsplit(location(serve(CLICK, request("GET", path_to("https://www.example.com/?_sp=x"))))).query)

    assert len(query["_sp"]) == 1
    assert query["_sp"] != ["x"]


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        (FOREIGN, {}),
        ("https://www.example.com.elsewhere.example/", {}),
        ("https://example.org/", {}),  # *.example.org are the names under it
        (OURS, {"sec-gpc": "1"}),
        (OURS, {"dnt": "1"}),
        (OURS, {"purpose": "prefetch"}),
    ],
)
def test_nothing_is_carried_to_others_nor_for_who_objects_nor_for_who_fetches_ahead(
    url: str | None, headers: dict[str, str]
) -> None:
    assert "_sp=" not in location(serve(CLICK, request("GET", path_to(url), headers)))


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//elsewhere.example/",
        "/pricing",
        "https://www.example.com@elsewhere.example/",
        "https://www.example.com\\@elsewhere.example/",
        "https://www.example.com/\r\nSet-Cookie: a=b",
        "https:///elsewhere.example",
        "http://[::1",
        "https://www.example.com:99999/",
        None,
    ],
)
def test_a_signed_url_that_is_no_web_address_leads_nowhere(url: str | None) -> None:
    served = serve(CLICK, request("GET", path_to(url)))

    assert served.answer.status == 404
    assert "Location" not in served.headers
    assert served.values == []


def test_a_token_that_is_not_ours_leads_nowhere() -> None:
    served = serve(CLICK, request("GET", path_to(OURS)[:-1] + "!"))

    assert (served.answer.status, served.answer.content_type) == (404, "text/html; charset=utf-8")
    assert served.values == []


@pytest.mark.parametrize(
    ("behind", "query", "added"),
    [
        (")", "", ""),
        (".", "", ""),
        (">", "", ""),
        ("=", "", ""),
        (">.),;", "", ""),
        ("\u2026", "", ""),
        ("", "a=1&next=https://evil.example/", ""),
        ("&utm_source=crm&utm_campaign=q4", "", "&utm_source=crm&utm_campaign=q4"),
        ("&amp;utm_source=crm", "", "&utm_source=crm"),
        (")&utm_source=a b", "", "&utm_source=a%20b"),
        ("", "utm_source=crm&fbclid=x%26y&_sp=forged&plan=b", "&utm_source=crm&fbclid=x%26y"),
        ("", "utm_medium=mail&utm_medium=other", "&utm_medium=mail"),
        ("", "utm_source=" + "x" * 5000, ""),
    ],
)
def test_what_mailers_put_behind_a_link_does_no_harm_and_campaigns_parameters_are_passed_on(
    behind: str, query: str, added: str
) -> None:
    url = "https://elsewhere.example/x?plan=a"
    served = serve(CLICK, request("GET", path_to(url) + behind)._replace(query=query))

    assert location(served) == url + added
    assert served.values[0]["properties"]["url"] == url


def test_a_parameter_that_the_url_has_stays_as_it_was_signed() -> None:
    url = "https://elsewhere.example/?utm_source=ours#top"
    served = serve(CLICK, request("GET", path_to(url) + "&utm_source=theirs&utm_term=x"))

    assert location(served) == "https://elsewhere.example/?utm_source=ours&utm_term=x#top"


@pytest.mark.parametrize("behind", ["A", "_", "/x", "%20", ".A" * 3])
def test_a_token_that_was_made_longer_is_none_of_ours(behind: str) -> None:
    status = serve(CLICK, request("GET", path_to(FOREIGN) + behind)).answer.status
    assert status == (302 if behind[0] in "%." else 404)


def test_letters_beyond_ascii_are_percent_encoded_in_the_header() -> None:
    served = serve(CLICK, request("GET", path_to("https://elsewhere.example/größe?q=ä%20b")))

    assert location(served) == "https://elsewhere.example/gr%C3%B6%C3%9Fe?q=%C3%A4%20b"


@pytest.mark.parametrize(("method", "headers"), [("HEAD", {}), ("GET", {"sec-purpose": "prefetch"})])
def test_who_only_looks_ahead_is_led_on_and_has_not_clicked(method: str, headers: dict[str, str]) -> None:
    served = serve(CLICK, request(method, path_to(FOREIGN), headers))

    assert (served.answer.status, served.values) == (302, [])


def test_a_click_on_a_honeypot_says_so_and_carries_nobody() -> None:
    served = serve(CLICK, request("GET", path_to(OURS, honeypot=True)))

    assert served.values[0]["properties"]["honeypot"] is True
    assert location(served) == OURS
