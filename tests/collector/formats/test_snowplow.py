"""Snowplow's events, field by field."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.collector.formats.snowplow import snowplow
from streamprocessor.collector.http.wire_format import HttpRequest, RefusalError
from tests.collector.formats.sdk_requests import (
    BROWSER,
    CONTACT_IDS,
    NOW_MS,
    VOCABULARY,
    Taken,
    hostile,
    json_values,
    request_of,
    take,
    take_or_refuse,
)
from tests.collector.input_topics import topic_of

SNOWPLOW = snowplow(CONTACT_IDS, VOCABULARY)
POST_PATH = "/com.snowplowanalytics.snowplow/tp2"
UE = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0"

VIEW = {
    "e": "pv",
    "aid": "site",
    "p": "web",
    "eid": "e-1",
    "duid": "d-1",
    "url": "https://example.com/pricing?x=1",
    "page": "Pricing",
    "refr": "https://r.example/",
    "dtm": str(NOW_MS - 60_000),
    "stm": str(NOW_MS - 10_000),
    "tv": "js-4",
}


def post(*items: object) -> HttpRequest:
    schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
    return request_of(POST_PATH, {"schema": schema, "data": items}, user_agent=BROWSER)


def posted(*items: object) -> Taken:
    return take(SNOWPLOW, post(*items))


def described(name: str, data: object) -> dict[str, Any]:
    return {"schema": f"iglu:com.acme/{name}/jsonschema/1-0-0", "data": data}


def test_a_page_view_is_an_event_whether_got_or_posted() -> None:
    by_get = take(SNOWPLOW, request_of("/i", query=urlencode(VIEW), user_agent=BROWSER))
    by_post = posted(VIEW)

    assert by_get.decoded == by_post.decoded
    assert by_get.key == by_post.key == "site"
    assert topic_of(by_get.only) == "page-visits"
    assert by_get.only.value == {
        "id": "e-1",
        "contact_id": "anon:d-1",
        "type": "page_visit",
        "occurred_at": "2026-11-22T07:59:10.000Z",
        "properties": {
            "url": "https://example.com/pricing?x=1",
            "path": "/pricing",
            "referrer": "https://r.example/",
            "title": "Pricing",
        },
        "context": {"user_agent": BROWSER, "ip": "203.0.113.9"},
    }


def test_a_get_is_answered_with_an_image_and_a_post_with_json() -> None:
    got = take(SNOWPLOW, request_of("/i", query=urlencode(VIEW))).answer
    answer = posted(VIEW).answer

    assert (got.status, got.content_type, len(got.body)) == (200, "image/gif", 43)
    assert (answer.status, orjson.loads(answer.body)) == (200, {"rejected": []})


def test_who_asks_for_the_head_of_an_image_has_seen_nothing() -> None:
    taken = take(SNOWPLOW, request_of("/i", query=urlencode(VIEW))._replace(method="HEAD"))

    assert (taken.key, taken.decoded.entries, taken.answer.status) == ("site", [], 200)


@pytest.mark.parametrize(
    ("times", "occurred_at"),
    [
        ({"ttm": str(NOW_MS - 5_000)}, "2026-11-22T07:59:55.000Z"),
        ({"stm": None}, "2026-11-22T07:59:00.000Z"),
        ({"dtm": None}, "2026-11-22T08:00:00.000Z"),
        # A tracker that stamps whole seconds does not make the event younger than it is.
        ({"stm": str(NOW_MS - 900)}, "2026-11-22T07:59:00.000Z"),
        ({"stm": str(NOW_MS + 3_600_000), "dtm": str(NOW_MS + 3_000_000)}, "2026-11-22T07:50:00.000Z"),
    ],
)
def test_the_time_is_the_devices_set_right_or_the_true_one(times: dict[str, Any], occurred_at: str) -> None:
    assert posted(VIEW | times).only.value["occurred_at"] == occurred_at


@pytest.mark.parametrize(
    "encoded",
    [
        lambda plain: {"ue_pr": plain.decode()},
        lambda plain: {"ue_px": urlsafe_b64encode(plain).decode()},
        lambda plain: {"ue_px": urlsafe_b64encode(plain).decode().rstrip("=")},
        lambda plain: {"ue_px": b64encode(plain).decode()},
    ],
)
def test_a_self_describing_event_is_read_plain_and_packed_in_either_alphabet(encoded: Any) -> None:
    plain = orjson.dumps({"schema": UE, "data": described("submit_form", {"formId": "contact", "q": "ÿ?>þ~"})})

    taken = posted(VIEW | {"e": "ue"} | encoded(plain))

    assert topic_of(taken.only) == "form-submissions"
    assert taken.only.value["properties"]["form"] == "contact"
    assert taken.only.value["properties"]["q"] == "ÿ?>þ~"
    assert taken.only.value["properties"]["path"] == "/pricing"


@pytest.mark.parametrize(
    ("item", "event_type", "properties"),
    [
        ({"e": "se", "se_ca": "c", "se_ac": "Play Video", "se_la": "l", "se_pr": "p", "se_va": "2"}, "play_video",
         {"category": "c", "label": "l", "property": "p", "value": "2"}),
        ({"e": "tr", "tr_id": "o-1", "tr_tt": "12.50", "tr_cu": "EUR"}, "purchase",
         {"tr_id": "o-1", "tr_tt": "12.50", "tr_cu": "EUR", "total": "12.50", "order_id": "o-1", "currency": "EUR",
          "amount": 12.5}),
        ({"e": "ti", "ti_sk": "s-1"}, "transaction_item", {"ti_sk": "s-1"}),
        ({"e": "pp", "pp_miy": "10"}, "page_ping", {"pp_miy": "10"}),
    ],
)  # fmt: skip
def test_other_events_keep_their_fields(item: dict[str, Any], event_type: str, properties: dict[str, Any]) -> None:
    taken = posted(VIEW | item)

    assert topic_of(taken.only) == "activities"
    assert (taken.only.value["type"], taken.only.value["properties"]) == (event_type, properties)


@pytest.mark.parametrize(
    ("ids", "contact"),
    [
        ({"duid": "00000000-0000-0000-0000-000000000000", "nuid": "n-1"}, "anon:n-1"),
        ({"duid": "d-1", "nuid": "n-1"}, "anon:d-1"),
    ],
)
def test_a_visitors_id_that_is_switched_off_stands_in_no_other_ones_place(ids: dict[str, str], contact: str) -> None:
    assert posted(VIEW | ids).only.contact_id == contact


def test_contexts_are_kept_by_their_names() -> None:
    contexts = {"schema": "iglu:x/contexts/jsonschema/1-0-1", "data": [described("product", {"sku": "s-1"})]}

    for encoded in (
        {"co": orjson.dumps(contexts).decode()},
        {"cx": urlsafe_b64encode(orjson.dumps(contexts)).decode()},
    ):
        assert posted(VIEW | encoded).only.value["properties"]["contexts"] == {"product": {"sku": "s-1"}}


def test_a_user_on_a_visitors_machine_joins_the_visitor_once_a_session() -> None:
    def joins(session: str) -> list[str]:
        taken = posted(VIEW | {"uid": "u-1", "sid": session}, VIEW | {"uid": "u-1", "sid": session, "eid": "e-2"})
        assert taken.updates == [("u-1", "identify", "anon:d-1")] * 2
        assert [value["id"] for value in taken.values if "type" in value] == ["e-1", "e-2"]
        return [value["id"] for value in taken.values if "update" in value]

    first, second = joins("s-1")
    assert first == second
    assert first not in joins("s-2")


def test_an_event_named_identify_writes_attributes() -> None:
    data = described("identify", {"email": "jane@example.com", "plan": "pro"})
    identify = VIEW | {"e": "ue", "uid": "u-1", "ue_pr": orjson.dumps({"schema": UE, "data": data}).decode()}

    assert posted(identify).updates == [
        ("u-1", "attributes", {"email": "jane@example.com", "plan": "pro"}),
        ("u-1", "identify", CONTACT_IDS.address("jane@example.com")),
        ("u-1", "identify", "anon:d-1"),
    ]


@pytest.mark.parametrize(
    ("fields", "context"),
    [
        ({"p": "srv"}, {}),
        ({"p": "srv", "ua": "Agent", "ip": "198.51.100.7"}, {"user_agent": "Agent", "ip": "198.51.100.7"}),
        ({"p": "mob", "ua": "App/1"}, {"user_agent": "App/1"}),
    ],
)
def test_the_request_tells_who_did_it_only_where_the_platform_is_a_persons(
    fields: dict[str, Any], context: dict[str, Any]
) -> None:
    assert posted(VIEW | fields).only.value["context"] == context


def test_the_good_of_a_batch_are_taken_and_the_bad_are_told() -> None:
    bad = [
        VIEW | {"aid": "other"},
        VIEW | {"e": "zz"},
        VIEW | {"duid": None},
        VIEW | {"e": "ue"},
        VIEW | {"e": "ue", "ue_px": "????"},
        VIEW | {"e": "ue", "ue_pr": "[1]"},
        VIEW | {"co": '{"data": [1]}'},
        VIEW | {"dtm": "soon"},
    ]

    taken = posted(VIEW, *bad)

    assert [value["id"] for value in taken.values] == ["e-1"]
    reasons = ("wrong-key", "unknown-type", "no-contact", "unknown-type", "not-json", "not-an-object", "bad-context")
    assert [(one.position, one.reason) for one in taken.decoded.refused] == list(enumerate((*reasons, "bad-time"), 1))
    assert taken.answer.status == 200
    assert posted(VIEW | {"duid": None}).answer.status == 400


@pytest.mark.parametrize(
    "request_", [request_of(POST_PATH, b"{"), request_of(POST_PATH, {"data": {}}), request_of("/i", query="a=1&" * 300)]
)
def test_a_request_that_holds_no_events_is_refused(request_: HttpRequest) -> None:
    with pytest.raises(RefusalError) as refused:
        take(SNOWPLOW, request_)

    assert refused.value.status == 400


@settings(max_examples=60, deadline=None)
@given(
    hostile("e", "aid", "eid", "uid", "duid", "url", "dtm", "stm", "ttm", "ue_pr", "ue_px", "cx", "co", "se_ac", "ua"),
    json_values,
)
def test_whatever_is_posted_is_taken_or_told(item: dict[str, Any], data: object) -> None:
    encoded = {"ue_pr": orjson.dumps({"data": {"schema": "iglu:a/b/c/d", "data": data}}).decode()}
    contexts = {"co": orjson.dumps({"data": [data, {"schema": "iglu:a/b/c/d", "data": data}]}).decode()}

    take_or_refuse(SNOWPLOW, post(item, data, VIEW | item, VIEW | {"e": "ue"} | encoded, VIEW | contexts))


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60), st.dictionaries(st.sampled_from(sorted(VIEW)), st.text(max_size=10)))
def test_whatever_is_in_a_query_is_taken_or_told(junk: str, parameters: dict[str, Any]) -> None:
    take_or_refuse(SNOWPLOW, request_of("/i", query=urlencode(VIEW | parameters, errors="replace") + "&" + junk))
