"""What a page tells of beside visits and forms, and under which types it may."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.input_topics import topic_of
from tests.collector.tracking.test_beacon import JSON, VISIT, VISITOR, payload, post

PAGE = {"url": "https://www.example.com/tour?utm_campaign=q4", "path": "/tour", "campaign": "q4"}
FILE = "https://files.example/a/white%20paper.pdf?v=2"


@pytest.mark.parametrize(
    ("event_type", "named", "wanted"),
    [
        (
            "download",
            {"url": FILE, "referrer": PAGE["url"]},
            PAGE | {"url": FILE, "path": "/a/white%20paper.pdf", "file": "white paper.pdf", "referrer": PAGE["url"]},
        ),
        ("download", {}, PAGE | {"file": "tour"}),
        ("download", {"url": "catalogue", "file": "Catalogue"}, PAGE | {"url": "catalogue", "file": "Catalogue"}),
        (
            "outbound_click",
            {"url": "https://elsewhere.example", "referrer": PAGE["url"]},
            PAGE | {"url": "https://elsewhere.example", "path": "/", "referrer": PAGE["url"]},
        ),
        ("video_half", {"video": "tour"}, PAGE | {"video": "tour"}),
        ("time_on_page", {"seconds": 90}, PAGE | {"seconds": 90}),
        ("demo_watched", {"path": 7, "nested": {"a": [1]}}, PAGE | {"path": 7, "nested": {"a": [1]}}),
        ("page_visit", {"path": "/virtual"}, PAGE | {"path": "/virtual"}),
        ("form_submission", {"form": "contact"}, PAGE | {"form": "contact", "fields": {}}),
        (
            "form_submission",
            {"fields": {"password": "x", "a": "b"}},
            PAGE | {"form": "", "fields": {"a": "b"}},
        ),
        ("form_submission", {"fields": "x"}, PAGE | {"form": "", "fields": {}}),
    ],
)
def test_anything_that_a_page_tells_of_has_its_properties_and_where_it_was(
    event_type: str, named: dict[str, Any], wanted: dict[str, Any]
) -> None:
    item = {"id": "d" * 32, "type": event_type, "url": PAGE["url"] + "&_sp=secret", "properties": named}
    (value,) = post(payload(item)).values

    assert (value["type"], value["contact_id"], value["properties"]) == (event_type, VISITOR, wanted)


def test_anything_that_has_no_topic_of_its_own_is_an_activity() -> None:
    (entry,) = post(payload(VISIT | {"type": "demo_watched"})).decoded.entries

    assert topic_of(entry) == "activities"


@pytest.mark.parametrize("event_type", ["", "Demo Watched", "1st", "a" * 65, "demo-watched", None, 7, ["a"]])
def test_what_is_no_type_is_refused_and_said(event_type: object) -> None:
    served = post(payload(VISIT | {"type": event_type}))

    assert (served.answer.status, served.values) == (400, [])
    assert served.answer.body.startswith(b"type: wanted")


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from(["url", "path", "file", "form", "fields", "referrer"]) | st.text(max_size=4), JSON),
    st.sampled_from(["page_visit", "form_submission", "download", "other"]),
)
def test_no_properties_bring_the_reader_down(named: dict[str, Any], event_type: str) -> None:
    served = post(payload(VISIT | {"type": event_type, "properties": named}))

    assert [value["type"] for value in served.values] == [event_type]
    orjson.dumps(served.values)
