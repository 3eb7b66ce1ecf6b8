"""PostHog's events, field by field, both generations."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from streamprocessor.collector.formats.posthog import posthog, posthog_v1
from streamprocessor.collector.http.wire_format import DecodedEvents, RefusalError
from tests.collector.formats.sdk_requests import (
    BROWSER,
    CONTACT_IDS,
    NOW,
    VOCABULARY,
    Taken,
    hostile,
    request_of,
    take,
    take_or_refuse,
)
from tests.collector.input_topics import topic_of

V0 = posthog(CONTACT_IDS, VOCABULARY)
V1 = posthog_v1(CONTACT_IDS, VOCABULARY)
V1_PATH = "/i/v1/analytics/events"

EVENT = {
    "event": "$pageview",
    "uuid": "0190-1",
    "distinct_id": "u-1",
    "timestamp": "2026-11-22T07:59:00+00:00",
    "properties": {"$current_url": "https://example.com/pricing", "$lib": "posthog-python", "$ip": "198.51.100.7"},
}


def sent(*items: object) -> Taken:
    return take(V0, request_of("/batch/", {"api_key": "key", "batch": items, "sent_at": NOW}))


def sent_v1(*items: object, **headers: str) -> Taken:
    return take(V1, request_of(V1_PATH, {"created_at": NOW, "batch": items}, authorization="Bearer key", **headers))


def with_properties(**properties: Any) -> dict[str, Any]:
    return EVENT | {"properties": {f"${name}": value for name, value in properties.items()}}


@pytest.mark.parametrize("taken", [sent(EVENT), sent_v1(EVENT)])
def test_a_pageview_is_an_event(taken: Taken) -> None:
    assert taken.key == "key"
    assert topic_of(taken.only) == "page-visits"
    url = "https://example.com/pricing"
    assert taken.only.value == {
        "id": "0190-1",
        "contact_id": "u-1",
        "type": "page_visit",
        "occurred_at": "2026-11-22T07:59:00.000Z",
        "properties": {"$current_url": url, "$lib": "posthog-python", "url": url, "path": "/pricing"},
        "context": {"ip": "198.51.100.7"},
    }


def test_a_capture_of_its_own_is_one_event() -> None:
    body = {"api_key": "key", "event": "Order Completed", "properties": {"distinct_id": "u-1", "revenue": 5}}

    taken = take(V0, request_of("/capture/", body, user_agent=BROWSER))

    assert (taken.key, taken.only.contact_id, taken.only.value["type"]) == ("key", "u-1", "purchase")
    assert taken.only.value["properties"]["amount"] == 5
    assert taken.only.value["context"] == {"user_agent": BROWSER, "ip": "203.0.113.9"}
    assert taken.only.value["occurred_at"] == NOW


@pytest.mark.parametrize(
    ("properties", "contact"),
    [
        ({}, "u-1"),
        ({"is_identified": True, "device_id": "d-1"}, "u-1"),
        ({"is_identified": False}, "anon:u-1"),
        ({"process_person_profile": False}, "anon:u-1"),
        ({"device_id": "u-1"}, "anon:u-1"),
    ],
)
def test_a_distinct_id_is_a_users_unless_something_says_it_is_a_visitors(
    properties: dict[str, Any], contact: str
) -> None:
    assert sent(with_properties(**properties)).only.contact_id == contact


def test_v1_says_in_the_options_that_it_is_a_visitors() -> None:
    assert sent_v1(EVENT | {"options": {"process_person_profile": False}}).only.contact_id == "anon:u-1"


@pytest.mark.parametrize(
    "item",
    [EVENT | {"event": "$set", "$set": {"plan": "pro"}}, with_properties(set={"plan": "pro"}) | {"event": "$set"}],
)
def test_set_writes_attributes_wherever_it_stands(item: dict[str, Any]) -> None:
    taken = sent(item)

    assert taken.updates == [("u-1", "attributes", {"plan": "pro"})]
    assert taken.only.value["id"] == "0190-1"


def test_an_event_with_set_is_an_event_and_an_update() -> None:
    taken = sent(with_properties(set={"plan": "pro"}))

    event, update = taken.values
    assert (event["id"], event["properties"], update["id"]) == ("0190-1", {}, "0190-1:attributes")
    assert taken.updates == [("u-1", "attributes", {"plan": "pro"})]


def test_identify_joins_the_visitor_and_the_address() -> None:
    taken = sent(
        with_properties(anon_distinct_id="d-1", set={"email": "jane@example.com"}, is_identified=False)
        | {"event": "$identify"}
    )

    assert taken.updates == [
        ("u-1", "attributes", {"email": "jane@example.com"}),
        ("u-1", "identify", CONTACT_IDS.address("jane@example.com")),
        ("u-1", "identify", "anon:d-1"),
    ]


def test_an_alias_merges_whichever_kind_of_id_it_is() -> None:
    taken = sent(EVENT | {"event": "$create_alias", "properties": {"distinct_id": "u-1", "alias": "u-2"}})

    assert taken.updates == [("u-1", "merge", "u-2"), ("u-1", "identify", "anon:u-2"), ("u-1", "identify", "anon:u-1")]


def test_a_group_is_written_of_a_person_and_of_nobody_else() -> None:
    group = {"group_type": "company", "group_key": "g-1", "group_set": {"name": "Acme"}}
    identify = with_properties(**group) | {"event": "$groupidentify"}

    assert sent(identify).updates == [("u-1", "attributes", {"company.name": "Acme", "company.id": "g-1"})]
    of_nobody = sent(identify | {"distinct_id": "$company_g-1"})
    assert of_nobody.decoded == DecodedEvents()
    assert of_nobody.answer.status == 200


@pytest.mark.parametrize(
    ("item", "occurred_at"),
    [
        ({}, "2026-11-22T07:59:10.000Z"),
        ({"properties": {"$ignore_sent_at": True}}, "2026-11-22T07:59:00.000Z"),
        ({"options": {"disable_skew_correction": True}}, "2026-11-22T07:59:00.000Z"),
        ({"timestamp": None, "offset": 5000}, "2026-11-22T07:59:55.000Z"),
        ({"timestamp": None, "offset": -1}, NOW),
    ],
)
def test_the_time_is_set_right_in_both_generations(item: dict[str, Any], occurred_at: str) -> None:
    sent_at = "2026-11-22T07:59:50Z"
    v0 = take(V0, request_of("/batch/", {"batch": [EVENT | item], "sent_at": sent_at}))
    v1 = sent_v1(EVENT | item, posthog_request_timestamp=sent_at)

    assert v0.only.value["occurred_at"] == v1.only.value["occurred_at"] == occurred_at


def test_v0_answers_200_with_json_and_tells_what_was_bad() -> None:
    taken = sent(EVENT, EVENT | {"distinct_id": ""}, 5)

    assert taken.answer.status == 200
    answer = orjson.loads(taken.answer.body)
    assert answer["status"] == 1
    assert [(one["index"], one["reason"]) for one in answer["rejected"]] == [(1, "no-contact"), (2, "not-an-object")]
    assert sent(EVENT | {"event": None}).answer.status == 400


def test_v1_answers_with_a_result_for_each_event() -> None:
    taken = sent_v1(EVENT, EVENT | {"uuid": "0190-2", "timestamp": "soon"})

    results = orjson.loads(taken.answer.body)["results"]
    assert results["0190-1"] == {"result": "ok"}
    assert results["0190-2"]["result"] == "drop"
    assert "timestamp" in results["0190-2"]["details"]


def test_the_key_of_v1_is_not_in_the_body() -> None:
    assert take(V1, request_of(V1_PATH, {"api_key": "key", "batch": []})).key is None


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"x", 400), (b"1", 400), (b"data=x", 400), ({"batch": 1}, 400), ({"batch": [EVENT] * 2501}, 413)],
)
def test_a_body_that_is_no_batch_is_refused_in_the_generations_own_words(body: object, status: int) -> None:
    for wire_format, path, word in ((V0, "/batch/", "detail"), (V1, V1_PATH, "error_description")):
        with pytest.raises(RefusalError) as refused:
            take(wire_format, request_of(path, body))
        answer = wire_format.refusal_answer(refused.value)
        assert answer.status == status
        assert "wanted" in orjson.loads(answer.body)[word]


@settings(max_examples=60, deadline=None)
@given(
    hostile(
        *EVENT, "$set", "options", "offset", "batch", "sent_at",
        inner=("$set", "$ip", "$group_type", "$group_key", "alias", "$anon_distinct_id", "distinct_id", "email"),
    )
)  # fmt: skip
def test_whatever_comes_is_taken_or_told(item: dict[str, Any]) -> None:
    special = ("$set", "$identify", "$create_alias", "$groupidentify", "x")
    items = [item, *(EVENT | item | {"event": name} for name in special)]

    take_or_refuse(V0, request_of("/batch/", {"batch": items, "sent_at": item}))
    take_or_refuse(V1, request_of(V1_PATH, {"batch": items}))
    take_or_refuse(V0, request_of("/capture/", item))
