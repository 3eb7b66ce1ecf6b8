"""Segment's calls, field by field."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.http.wire_format import RefusalError
from tests.collector.formats.sdk_requests import (
    BROWSER,
    CONTACT_IDS,
    NOW,
    NOW_MS,
    VOCABULARY,
    Taken,
    basic,
    hostile,
    request_of,
    take,
    take_or_refuse,
)
from tests.collector.input_topics import topic_of

SEGMENT = segment(CONTACT_IDS, VOCABULARY)
JANE = CONTACT_IDS.address("jane@example.com")

TRACK: dict[str, Any] = {
    "type": "track",
    "messageId": "m-1",
    "userId": "u-1",
    "anonymousId": None,
    "event": "Form Submitted",
    "timestamp": "2026-11-22T07:59:00.500+00:00",
    "properties": {"form_id": "contact", "seats": 3},
    "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
    "integrations": {},
}


def sent(*items: Any, **headers: str) -> Taken:
    return take(SEGMENT, request_of("/v1/batch", {"batch": list(items), "sentAt": NOW, "writeKey": "key"}, **headers))


def test_a_track_is_an_event_with_its_id_contact_time_and_properties() -> None:
    taken = sent(TRACK, user_agent="analytics-python/2.4.0")

    assert topic_of(taken.only) == "form-submissions"
    assert taken.only.value == {
        "id": "m-1",
        "contact_id": "u-1",
        "type": "form_submission",
        "occurred_at": "2026-11-22T07:59:00.500Z",
        "properties": {"form_id": "contact", "seats": 3, "form": "contact"},
        "context": {},
    }
    assert taken.answer.status == 200
    assert orjson.loads(taken.answer.body) == {"success": True, "rejected": []}


@pytest.mark.parametrize(
    ("ids", "contact"),
    [
        ({"userId": "u-1", "anonymousId": "a-1"}, "u-1"),
        ({"userId": 7}, "7"),
        ({"userId": None, "anonymousId": "a-1"}, "anon:a-1"),
        ({"userId": "", "anonymousId": "a-1"}, "anon:a-1"),
        ({"userId": None, "context": {"traits": {"email": " Jane@Example.com"}}}, JANE),
    ],
)
def test_the_contact_is_the_user_else_the_visitor_else_the_address(ids: dict[str, Any], contact: str) -> None:
    assert sent(TRACK | ids).only.contact_id == contact


def test_a_page_takes_what_it_lacks_from_the_context() -> None:
    page = TRACK | {
        "type": "page",
        "name": "Pricing",
        "properties": {"url": "https://example.com/pricing?x"},
        "context": {
            "page": {"url": "https://other.example/", "path": "/other", "referrer": "https://r.example/", "title": "T"},
            "campaign": {"name": "q4"},
            "userAgent": BROWSER,
            "ip": "198.51.100.7",
        },
    }

    taken = sent(page)

    assert topic_of(taken.only) == "page-visits"
    assert taken.only.value["properties"] == {
        "url": "https://example.com/pricing?x",
        "path": "/pricing",
        "referrer": "https://r.example/",
        "title": "T",
        "campaign": "q4",
        "name": "Pricing",
    }
    assert taken.only.value["context"] == {"user_agent": BROWSER, "ip": "198.51.100.7"}


def test_a_track_that_is_no_form_is_not_on_a_page() -> None:
    click = TRACK | {"event": "Link Clicked", "properties": {}, "context": {"page": {"url": "https://example.com/"}}}

    assert sent(click).only.value["properties"] == {}


@pytest.mark.parametrize(
    ("user_agent", "context"),
    [(BROWSER, {"user_agent": BROWSER, "ip": "203.0.113.9"}), ("analytics-python/2.4.0", {}), ("", {})],
)
def test_the_request_tells_who_did_it_only_if_a_browser_made_it(user_agent: str, context: dict[str, Any]) -> None:
    assert sent(TRACK, user_agent=user_agent).only.value["context"] == context


@pytest.mark.parametrize(("user_agent", "actor"), [(BROWSER, "proxy"), ("analytics-python/2.4.0", None)])
def test_what_a_browser_fetches_ahead_nobody_has_seen(user_agent: str, actor: str | None) -> None:
    context = sent(TRACK, user_agent=user_agent, sec_purpose="prefetch;prerender").only.value["context"]
    assert context.get("actor") == actor


def test_an_identify_writes_traits_and_joins_the_ids() -> None:
    identify = TRACK | {
        "type": "identify",
        "anonymousId": "a-1",
        "traits": {"email": "jane@example.com", "jobTitle": "CEO"},
        "context": {"traits": {"jobTitle": "CTO", "plan": "pro"}},
    }

    taken = sent(identify)

    attributes = {"email": "jane@example.com", "jobTitle": "CEO", "plan": "pro", "job_title": "CEO"}
    assert taken.updates == [
        ("u-1", "attributes", attributes),
        ("u-1", "identify", JANE),
        ("u-1", "identify", "anon:a-1"),
    ]
    assert [value["id"] for value in taken.values] == ["m-1", "m-1:address", "m-1:anonymous"]
    assert {value["occurred_at"] for value in taken.values} == {"2026-11-22T07:59:00.500Z"}


@pytest.mark.parametrize(
    ("ids", "updates"),
    [
        ({"userId": "u-1", "anonymousId": None}, []),
        ({"userId": None, "anonymousId": "a-1"}, []),
        (
            {"userId": None, "anonymousId": "a-1", "traits": {"email": "jane@example.com"}},
            [(JANE, "attributes", {"email": "jane@example.com"}), (JANE, "identify", "anon:a-1")],
        ),
    ],
)
def test_an_identify_joins_what_it_names_and_no_more(ids: dict[str, Any], updates: list[Any]) -> None:
    taken = sent(TRACK | {"type": "identify"} | ids)

    assert taken.updates == updates
    assert taken.answer.status == 200


def test_a_group_is_the_contacts_company() -> None:
    taken = sent(TRACK | {"type": "group", "groupId": "g-1", "traits": {"name": "Acme", "email": "info@acme.example"}})

    company = {"company.name": "Acme", "company.email": "info@acme.example", "company.id": "g-1"}
    assert taken.updates == [("u-1", "attributes", company)]


def test_what_is_too_deep_to_be_hashed_is_told() -> None:
    body = orjson.dumps({"batch": [TRACK | {"messageId": None, "properties": {"x": 0}}]})

    taken = take(SEGMENT, request_of("/v1/batch", body.replace(b'"x":0', b'"x":' + b"[" * 300 + b"]" * 300)))

    assert [item.reason for item in taken.decoded.refused] == ["too-deep"]


def test_a_companys_address_is_no_contact() -> None:
    taken = sent({"type": "group", "groupId": "g-1", "traits": {"email": "info@acme.example"}})

    assert [item.reason for item in taken.decoded.refused] == ["no-contact"]


def test_an_alias_merges_the_former_id_whichever_kind_it_was() -> None:
    taken = sent(TRACK | {"type": "alias", "previousId": "old"})

    assert taken.updates == [("u-1", "merge", "old"), ("u-1", "identify", "anon:old")]
    assert [value["id"] for value in taken.values] == ["m-1:former-0", "m-1:former-anonymous-0"]


@pytest.mark.parametrize(
    ("times", "occurred_at"),
    [
        ({"timestamp": "2026-11-22T07:00:00Z"}, "2026-11-22T07:00:10.000Z"),
        ({"originalTimestamp": "2026-11-22T06:00:00Z", "timestamp": NOW}, "2026-11-22T06:00:10.000Z"),
        ({"timestamp": "2026-11-22T07:00:00Z", "sentAt": "2026-11-22T08:30:00Z"}, "2026-11-22T06:30:00.000Z"),
        ({"timestamp": "2026-11-22 07:00:00.25"}, "2026-11-22T07:00:10.250Z"),
        ({"timestamp": "2026-11-22T09:00:00.123456+0200"}, "2026-11-22T07:00:10.123Z"),
        ({"timestamp": "2026-11-22T12:30:00+0530"}, "2026-11-22T07:00:10.000Z"),
        ({"timestamp": "2026-11-22T09:00+02"}, "2026-11-22T07:00:10.000Z"),
        ({"timestamp": NOW_MS - 3_600_000}, "2026-11-22T07:00:10.000Z"),
        ({"timestamp": None}, NOW),
        # Later than it was received: it counts as of then.
        ({"timestamp": "2026-11-22T08:01:00Z"}, NOW),
    ],
)
def test_a_clock_that_is_wrong_is_set_right_by_the_time_of_sending(times: dict[str, Any], occurred_at: str) -> None:
    body = {"batch": [TRACK | {"timestamp": None} | times], "sentAt": "2026-11-22T07:59:50Z"}

    assert take(SEGMENT, request_of("/v1/batch", body)).only.value["occurred_at"] == occurred_at


@pytest.mark.parametrize("sent_at", [None, "soon", {}, -5])
def test_without_a_time_of_sending_an_event_occurred_as_stamped(sent_at: object) -> None:
    taken = take(SEGMENT, request_of("/v1/batch", {"batch": [TRACK], "sentAt": sent_at}))

    assert taken.only.value["occurred_at"] == "2026-11-22T07:59:00.500Z"


@pytest.mark.parametrize("call", ["track", "page", "screen", "identify", "group", "alias"])
def test_a_call_of_its_own_is_what_its_path_says(call: str) -> None:
    body = {key: value for key, value in TRACK.items() if key != "type"} | {"previousId": "p", "groupId": "g"}
    body |= {"traits": {"plan": "pro"}}
    kinds = {"track": "form_submission", "page": "page_visit", "screen": "screen_view", "alias": "merge"}

    for path in (f"/v1/{call}", f"/v1/{call[0]}"):
        first = take(SEGMENT, request_of(path, body, authorization=basic("key"))).values[0]
        assert first.get("type", first.get("update")) == kinds.get(call, "attributes")


def test_the_good_of_a_batch_are_taken_and_the_bad_are_told() -> None:
    bad = [
        7,
        TRACK | {"userId": None},
        TRACK | {"event": None},
        TRACK | {"event": "x" * 129},
        TRACK | {"type": "delete"},
        TRACK | {"timestamp": "yesterday"},
        TRACK | {"timestamp": "2026-11-22T09:00:00Z"},
        TRACK | {"properties": []},
        TRACK | {"userId": ["u-1"]},
        TRACK | {"userId": "u" * 2000},
        TRACK | {"messageId": {}},
        TRACK | {"type": "alias"},
    ]

    taken = sent(*bad, TRACK)

    assert [value["id"] for value in taken.values] == ["m-1"]
    reasons = ["not-an-object", "no-contact", "unknown-type", "unknown-type", "unknown-type", "bad-time"]
    reasons += ["from-the-future", "bad-properties", "bad-id", "bad-key", "bad-id", "no-contact"]
    assert [(item.position, item.reason) for item in taken.decoded.refused] == list(enumerate(reasons))
    assert taken.answer.status == 200
    rejected = orjson.loads(taken.answer.body)["rejected"]
    assert [item["index"] for item in rejected] == list(range(len(bad)))
    assert taken.decoded.entries[0].position == len(bad)


def test_where_all_is_bad_the_answer_says_so_with_a_code() -> None:
    taken = sent(TRACK | {"userId": None})

    assert taken.answer.status == 400
    assert orjson.loads(taken.answer.body)["code"] == "no-contact"


@pytest.mark.parametrize(
    ("body", "headers", "key"),
    [
        ({"batch": []}, {"authorization": basic("k-1")}, "k-1"),
        ({"batch": [], "writeKey": "k-2"}, {}, "k-2"),
        ({"batch": [], "writeKey": "k-2"}, {"authorization": basic("k-1")}, "k-1"),
        ({"batch": [], "writeKey": 5}, {"authorization": "Basic ???"}, None),
    ],
)
def test_the_key_is_in_basic_credentials_or_in_the_body(
    body: dict[str, Any], headers: dict[str, Any], key: str | None
) -> None:
    taken = take(SEGMENT, request_of("/v1/batch", body, **headers))

    assert taken.key == key
    assert taken.answer.status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"[]", 400), (b"{", 400), (b'{"batch": {}}', 400), ({"batch": [TRACK] * 2501}, 413)],
)
def test_a_body_that_is_no_batch_is_refused(body: object, status: int) -> None:
    with pytest.raises(RefusalError) as refused:
        take(SEGMENT, request_of("/v1/batch", body))

    assert refused.value.status == status
    assert {"code", "message"} <= orjson.loads(SEGMENT.refusal_answer(refused.value).body).keys()


def test_an_event_without_an_id_has_the_same_one_when_it_is_sent_again() -> None:
    def id_of(item: dict[str, Any], sent_at: str) -> str:
        event_id = take(SEGMENT, request_of("/v1/batch", {"batch": [item], "sentAt": sent_at})).only.value["id"]
        assert isinstance(event_id, str)
        return event_id

    nameless = {key: value for key, value in TRACK.items() if key != "messageId"}

    assert id_of(nameless, NOW) == id_of(nameless, "2026-11-22T07:59:59Z")
    assert id_of(nameless, NOW) != id_of(nameless | {"event": "Other"}, NOW)


@settings(max_examples=60, deadline=None)
@given(
    hostile(*TRACK, "traits", "sentAt", "originalTimestamp", "groupId", "previousId", "name",
            inner=("page", "traits", "email", "url", "campaign", "name", "userAgent", "ip", "form_id"))
)  # fmt: skip
def test_whatever_comes_is_taken_or_told(item: dict[str, Any]) -> None:
    body = {"batch": [item, *({"type": kind, **item} for kind in ("track", "identify", "group", "alias", "page"))]}

    take_or_refuse(SEGMENT, request_of("/v1/batch", body))
    take_or_refuse(SEGMENT, request_of("/v1/track", {**item, "batch": item}))
