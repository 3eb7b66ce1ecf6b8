from __future__ import annotations

import gzip
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.collector.tracking.beacon import MAX_EVENTS, beacon, beacon_script, packed_script
from streamprocessor.collector.tracking.tokens import TokenKind, Tracked
from tests.collector.input_topics import topic_of
from tests.collector.tracking.requests import AGENT, CONTACT_IDS, KEYS, NOW, NOW_MS, READING, Served, request, serve

BEACON = beacon(KEYS, READING)
ADA = CONTACT_IDS.address("ada@example.com")
VISITOR = "anon:0123456789abcdef"
VISIT = {"id": "f" * 32, "type": "page_visit", "url": "https://www.example.com/pricing", "referrer": ""}
SUBMISSION = {
    "id": "e" * 32,
    "type": "form_submission",
    "url": "https://www.example.com/contact",
    "form": "contact",
    "fields": {"name": "Ada"},
}


def payload(*events: object, **more: object) -> dict[str, Any]:
    return {"key": "w1", "anonymous_id": "0123456789abcdef", "events": list(events)} | more


def post(content: object, headers: dict[str, str] | None = None) -> Served:
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    return serve(BEACON, request("POST", "/b", {"content-type": "text/plain;charset=UTF-8"} | (headers or {}), body))


def visitor_token(kind: TokenKind = "visitor", expires_at_ms: int = NOW_MS + 1) -> str:
    return KEYS.sign(kind, Tracked("c-42", expires_at_ms=expires_at_ms))


def test_the_script_is_under_4_kb_gzipped() -> None:
    served = serve(beacon_script(), request("GET", "/beacon.js"))

    assert served.answer.status == 200
    assert served.answer.content_type.startswith("text/javascript")
    assert len(gzip.compress(served.answer.body)) < 4000


def test_the_script_is_served_without_its_comments_and_blanks() -> None:
    source = """// what it does
      const a = b => ({ c: 'd = e , \\' f', g: +b })

      // why
      if (a) { return a ? 1 : 2 }
      a++
      b()
    """
    wanted = "const a=b=>({c:'d = e , \\' f',g:+b})\nif (a){return a?1:2}\na++\nb()"
    assert packed_script(source) == wanted


def test_the_script_is_packed_for_those_that_take_it() -> None:
    compressed = serve(beacon_script(), request("GET", "/beacon.js", {"accept-encoding": "br, gzip"}))
    plain = serve(beacon_script(), request("GET", "/beacon.js"))

    assert (compressed.headers["Content-Encoding"], compressed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert len(compressed.answer.body) < 4000
    assert gzip.decompress(compressed.answer.body) == plain.answer.body


def test_what_a_program_steers_is_a_scanners_and_names_nobody() -> None:
    fields = {"email": "ada@example.com", "company": "Example Ltd"}
    served = post(payload(VISIT, SUBMISSION | {"fields": fields}, token=visitor_token(), automated=True))

    assert [(topic_of(entry), entry.value["context"]["actor"]) for entry in served.decoded.entries] == [
        ("page-visits", "scanner"),
        ("form-submissions", "scanner"),
    ]


def test_a_visit_is_filed_under_the_anonymous_visitor() -> None:
    (entry,) = post(payload(VISIT | {"referrer": "https://search.example/"})).decoded.entries

    assert (topic_of(entry), entry.contact_id) == ("page-visits", VISITOR)
    assert entry.value == {
        "id": "f" * 32,
        "contact_id": VISITOR,
        "type": "page_visit",
        "occurred_at": NOW,
        "properties": {"url": VISIT["url"], "path": "/pricing", "referrer": "https://search.example/"},
        "context": {"user_agent": AGENT, "ip": "203.0.113.9"},
    }


def test_a_campaign_is_what_the_url_says() -> None:
    (value,) = post(payload(VISIT | {"url": "https://www.example.com/?utm_campaign=q4%20sale"})).values

    assert (value["properties"]["campaign"], value["properties"]["path"]) == ("q4 sale", "/")


def test_the_token_of_a_click_is_not_kept_in_the_url() -> None:
    (value,) = post(payload(VISIT | {"url": "https://www.example.com/?a=1&_sp=secret#top"})).values

    assert value["properties"]["url"] == "https://www.example.com/?a=1#top"


def test_the_payload_offers_its_write_key() -> None:
    assert BEACON.needs_key
    assert BEACON.parse(request("POST", "/b", body=orjson.dumps(payload(VISIT)))).key == "w1"
    assert BEACON.parse(request("POST", "/b", body=b'{"key": 1}')).key is None


def test_a_token_binds_the_visitor_to_its_contact() -> None:
    served = post(payload(VISIT, token=visitor_token()))

    identify = served.decoded.entries[0]
    assert (topic_of(identify), identify.contact_id) == ("contact-updates", "c-42")
    assert identify.value == {
        "id": identify.value["id"],
        "contact_id": "c-42",
        "occurred_at": NOW,
        "update": "identify",
        "anonymous_id": VISITOR,
    }
    assert served.decoded.entries[1].contact_id == VISITOR


def test_the_same_binding_is_the_same_update_and_another_contact_is_another() -> None:
    first = post(payload(VISIT, token=visitor_token())).values[0]["id"]
    again = post(payload(VISIT | {"id": "d" * 32}, token=visitor_token(expires_at_ms=NOW_MS + 9))).values[0]["id"]
    other = KEYS.sign("visitor", Tracked("c-43", expires_at_ms=NOW_MS + 1))

    assert first == again != post(payload(VISIT, token=other)).values[0]["id"]


@pytest.mark.parametrize(
    "token", [visitor_token("click"), visitor_token(expires_at_ms=NOW_MS), visitor_token()[:-2], "", None, 7, {}]
)
def test_a_token_that_is_not_ours_or_over_binds_nobody(token: object) -> None:
    served = post(payload(VISIT, token=token))

    assert [topic_of(entry) for entry in served.decoded.entries] == ["page-visits"]
    assert served.answer.status == 204


def test_a_form_is_of_the_address_that_was_typed_and_says_who_the_visitor_is() -> None:
    fields = {
        "name": "Ada",
        "email": "ada@example.com",
        "company": "Example Ltd",
        "password": "x",
        "n": "4111111111111111",
    }
    form, identify, attributes = post(payload(SUBMISSION | {"fields": fields})).decoded.entries

    assert (topic_of(form), form.contact_id, form.value["contact_id"]) == ("form-submissions", ADA, ADA)
    assert form.value["properties"]["form"] == "contact"
    assert form.value["properties"]["fields"] == {
        "name": "Ada",
        "email": "ada@example.com",
        "company": "Example Ltd",
    }
    assert (identify.contact_id, identify.value["update"]) == (ADA, "identify")
    assert identify.value["anonymous_id"] == VISITOR
    told = {"full_name": "Ada", "email": "ada@example.com", "company": "Example Ltd"}
    assert (attributes.contact_id, attributes.value["attributes"]) == (ADA, told)


def test_a_form_without_an_address_is_the_visitors() -> None:
    form, attributes = post(payload(SUBMISSION)).decoded.entries

    assert (form.contact_id, attributes.contact_id, attributes.value["attributes"]) == (
        VISITOR,
        VISITOR,
        {"full_name": "Ada"},
    )


@pytest.mark.parametrize(
    ("item", "contact"),
    [
        ({"fields": {"a1": "ada@example.com", "a2": "bob@example.com"}, "address": "a1"}, ADA),
        ({"fields": {"a1": "ada@example.com", "a2": "bob@example.com"}, "email": "ada@example.com"}, ADA),
        ({"fields": {"a1": "ada@example.com", "a2": "bob@example.com"}, "hidden": ["a2"]}, ADA),
        ({"fields": {"a1": "ada@example.com", "a2": "bob@example.com"}}, VISITOR),
        ({"fields": {"email": "sales@firm.example"}, "hidden": ["email"]}, VISITOR),
        ({"fields": {"email": "sales@firm.example"}, "address": "email", "hidden": ["email"]}, VISITOR),
        ({"fields": {"friend": "bob@example.com", "input_3": "ada@example.com"}, "address": "friend"}, ADA),
        ({"fields": {"a1": "ada@example.com"}, "address": "gone"}, ADA),
        ({"fields": {"a1": "ada@example.com"}, "address": 7, "hidden": [7, {}, None]}, ADA),
        ({"fields": {"a1": "ada@example.com"}, "hidden": "a1"}, ADA),
    ],
)
def test_the_page_may_tell_which_field_is_the_senders_address(item: dict[str, Any], contact: str) -> None:
    assert post(payload(SUBMISSION | item)).values[0]["contact_id"] == contact


@pytest.mark.parametrize("headers", [{"sec-gpc": "1"}, {"dnt": "1"}])
def test_of_who_objects_nothing_is_taken_even_where_it_was_sent(headers: dict[str, str] | None) -> None:
    served = post(payload(VISIT, token=visitor_token()), headers)

    assert (served.values, served.answer.status) == ([], 204)


def test_good_events_beside_a_bad_one_are_taken() -> None:
    served = post(payload(VISIT, {"type": "page_visit", "url": "javascript:x"}, {"type": "purchase"}, SUBMISSION))

    assert [value.get("type") or value["update"] for value in served.values] == [
        "page_visit",
        "form_submission",
        "attributes",
    ]
    assert [bad.position for bad in served.decoded.refused] == [1, 2]
    assert served.answer.status == 204


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json",
        b"[]",
        b"[" * 5000,
        {"key": "w1"},
        payload(VISIT, anonymous_id="short"),
        payload(VISIT, anonymous_id="a b c d e f g h"),
        payload(VISIT, anonymous_id=None),
        payload(events={}),
        payload(*[VISIT] * (MAX_EVENTS + 1)),
        payload({"type": "page_visit"}),
        payload("page_visit"),
        payload(VISIT | {"properties": [1]}),
    ],
)
def test_what_holds_no_event_is_refused(content: object) -> None:
    served = post(content)

    assert (served.answer.status, served.values) == (400, [])


JSON = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8), lambda inner: st.lists(
    inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "url", "form", "fields", "email", "token"]) |
    st.text(max_size=4), inner, max_size=4), max_leaves=8)  # fmt: skip


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from(["id", "url", "form", "fields", "email", "address", "hidden", "referrer"]), JSON),
    st.sampled_from(["page_visit", "form_submission"]),
    JSON,
)
def test_no_payload_brings_the_reader_down(event: dict[str, Any], kind: str, token: object) -> None:
    with_url = {"url": "https://www.example.com/"} | event

    for item in (event, with_url):
        served = post(payload(item | {"type": kind}, token=token))
        assert served.answer.status in (204, 400)
        orjson.dumps(served.values)
