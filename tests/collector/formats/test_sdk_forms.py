"""Forms that SDKs tell of belong to the address typed into them, whoever the browser was before."""

from __future__ import annotations

from typing import Any

import pytest

from streamprocessor.collector.formats.posthog import posthog
from streamprocessor.collector.formats.sdk_forms import typed_address
from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.formats.snowplow import snowplow
from tests.collector.formats.sdk_requests import CONTACT_IDS, NOW, VOCABULARY, Taken, request_of, take

SEGMENT, POSTHOG = segment(CONTACT_IDS, VOCABULARY), posthog(CONTACT_IDS, VOCABULARY)
SNOWPLOW = snowplow(CONTACT_IDS, VOCABULARY)
ADA, BOB = CONTACT_IDS.address("ada@example.com"), CONTACT_IDS.address("bob@example.com")
VISITOR = "anon:tablet"


def of_segment(*calls: dict[str, Any]) -> Taken:
    return take(SEGMENT, request_of("/v1/batch", {"batch": [{"anonymousId": "tablet"} | call for call in calls]}))


def submitted(**properties: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Form Submitted", "messageId": "m-2", "properties": {"form": "x"} | properties}


def identified(address: str, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "messageId": f"m-{address}", "traits": {"email": address} | traits}


def forms_of(taken: Taken) -> list[str]:
    return [value["contact_id"] for value in taken.values if value.get("type") == "form_submission"]


def test_a_form_of_segment_is_of_the_address_in_its_properties_and_says_who_the_visitor_is() -> None:
    taken = of_segment(submitted(email="ada@example.com"))

    assert forms_of(taken) == [ADA]
    assert taken.updates == [(ADA, "identify", VISITOR)]


def test_traits_without_a_users_id_are_of_the_address_among_them() -> None:
    taken = of_segment(identified("ada@example.com", title="CTO"))

    attributes = {"email": "ada@example.com", "title": "CTO", "job_title": "CTO"}
    assert taken.updates == [(ADA, "attributes", attributes), (ADA, "identify", VISITOR)]


def test_a_form_after_an_identify_of_its_request_is_of_who_was_identified_last() -> None:
    taken = of_segment(
        *(submitted(), identified("ada@example.com"), submitted(), identified("bob@example.com"), submitted()),
        *(submitted(email="ada@example.com"), {"type": "page"}),
    )

    assert forms_of(taken) == [VISITOR, ADA, BOB, ADA]
    assert taken.values[-1]["contact_id"] == VISITOR


def test_what_one_request_said_is_forgotten_in_the_next() -> None:
    of_segment(identified("ada@example.com"))

    assert forms_of(of_segment(submitted())) == [VISITOR]


@pytest.mark.parametrize("properties", [{}, {"email": "bob@example.com"}])
def test_a_form_of_a_known_user_is_the_users_whatever_was_typed(properties: dict[str, Any]) -> None:
    taken = of_segment(identified("ada@example.com"), submitted(**properties) | {"userId": "u-1"})

    assert forms_of(taken) == ["u-1"]
    assert [update for _, update, _ in taken.updates] == ["attributes", "identify"]


def test_another_event_of_a_visitor_is_the_visitors_though_it_holds_an_address() -> None:
    taken = of_segment({"type": "track", "event": "Invited", "properties": {"email": "bob@example.com"}})

    assert taken.only.contact_id == VISITOR


def test_a_form_of_posthog_is_of_the_address_in_it() -> None:
    properties = {"$device_id": "tablet", "email": "ada@example.com"}
    item = {"event": "Form Submitted", "distinct_id": "tablet", "uuid": "e-1", "timestamp": NOW}
    taken = take(POSTHOG, request_of("/batch/", {"api_key": "key", "batch": [item | {"properties": properties}]}))

    assert forms_of(taken) == [ADA]
    assert taken.updates == [(ADA, "identify", VISITOR)]


def test_a_form_of_snowplow_is_of_the_address_among_its_elements() -> None:
    elements = [
        {"name": "x", "value": "sales@firm.example", "nodeName": "INPUT", "type": "hidden"},
        {"name": "a", "value": "ada@example.com", "nodeName": "INPUT", "type": "text"},
    ]
    data = {"schema": "iglu:com.snowplowanalytics.snowplow/submit_form/jsonschema/1-0-0"}
    described = {"schema": "iglu:x/unstruct_event/jsonschema/1-0-0", "data": data | {"data": {"elements": elements}}}
    item = {"e": "ue", "aid": "key", "duid": "tablet", "ue_pr": described, "eid": "e-1"}
    taken = take(SNOWPLOW, request_of("/com.snowplowanalytics.snowplow/tp2", {"data": [item]}))

    assert forms_of(taken) == [ADA]


@pytest.mark.parametrize(
    ("properties", "address"),
    [
        ({"email": "ada@example.com"}, "ada@example.com"),
        ({"your-email": "ada@example.com", "friend_email": "bob@example.com"}, "ada@example.com"),
        ({"owner": "sales@firm.example"}, None),  # of the site, for all that its name says
        ({"fields": {"input_3": "ada@example.com"}}, "ada@example.com"),
        ({"fields": {"to": "bob@example.com"}}, None),
        ({"fields": {"a": "ada@example.com", "b": "bob@example.com"}}, None),
        ({"elements": [{"name": "a", "value": "ada@example.com", "type": "email"}]}, "ada@example.com"),
        ({"elements": [{"name": "a", "value": "ada@example.com", "type": "email"},
                       {"name": "b", "value": "bob@example.com"}]}, "ada@example.com"),
        ({"elements": [{"name": "email", "value": "bob@example.com", "type": "hidden"}]}, None),
        ({"elements": [7, {}, {"name": 7, "value": "x"}]}, None),
        ({"fields": 7, "email": 7}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_the_address_typed_into_a_form_is_looked_for_where_sdks_put_it(
    properties: dict[str, Any], address: str | None
) -> None:
    assert typed_address(properties) == address
