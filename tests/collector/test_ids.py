"""Ids that no contact may have are refused at every door of the collector, by one rule; all others get in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from streamprocessor.collector.formats.jitsu import jitsu
from streamprocessor.collector.formats.native import native
from streamprocessor.collector.formats.posthog import posthog, posthog_v1
from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.formats.snowplow import snowplow
from streamprocessor.collector.http.validation import check_entries
from streamprocessor.collector.http.wire_format import HttpRequest, WireFormat
from streamprocessor.contract import reason_codes
from tests.collector.formats.sdk_requests import CONTACT_IDS, NOW_MS, VOCABULARY, request_of
from tests.collector.providers.senders import format_of, post
from tests.harness.input_topics import INPUT_TOPICS
from tests.harness.odd_ids import PLACEHOLDER_IDS, REFUSED_IDS, TAKEN_IDS

WORDS = (CONTACT_IDS, VOCABULARY)
SNOWPLOW = {"aid": "a-key", "e": "se", "se_ac": "x"}


def _json(path: str, body: Callable[[str], Any]) -> Callable[[str], HttpRequest]:
    return lambda id_: request_of(path, body(id_))


DOORS: dict[str, tuple[WireFormat, Callable[[str], HttpRequest]]] = {
    "native contact_id": (native(), _json("/v1/events", lambda id_: {"contact_id": id_, "type": "x"})),
    "native identify": (
        native(),
        _json("/v1/events", lambda id_: {"contact_id": "c-1", "update": "identify", "anonymous_id": id_}),
    ),
    "native merge": (native(), _json("/v1/events", lambda id_: {"contact_id": "c-1", "update": "merge", "from": id_})),
    "native erase": (native(), _json("/v1/events", lambda id_: {"contact_id": id_, "update": "erase"})),
    "segment userId": (
        segment(*WORDS),
        _json("/v1/batch", lambda id_: {"batch": [{"type": "track", "event": "X", "userId": id_}]}),
    ),
    "segment previousId": (
        segment(*WORDS),
        _json("/v1/batch", lambda id_: {"batch": [{"type": "alias", "userId": "c-1", "previousId": id_}]}),
    ),
    "jitsu userId": (jitsu(*WORDS), _json("/api/s/track", lambda id_: {"type": "track", "event": "X", "userId": id_})),
    "posthog distinct_id": (
        posthog(*WORDS),
        _json("/capture/", lambda id_: {"api_key": "k", "event": "x", "distinct_id": id_}),
    ),
    "posthog alias": (
        posthog(*WORDS),
        _json(
            "/capture/",
            lambda id_: {
                "api_key": "k",
                "event": "$create_alias",
                "distinct_id": "c-1",
                "properties": {"alias": id_},
            },
        ),
    ),
    "posthog v1": (
        posthog_v1(*WORDS),
        _json("/i/v1/analytics/events", lambda id_: {"batch": [{"event": "x", "distinct_id": id_}]}),
    ),
    "snowplow uid in a query": (
        snowplow(*WORDS),
        lambda id_: request_of("/i", query=urlencode(SNOWPLOW | {"uid": id_})),
    ),
    "snowplow uid": (
        snowplow(*WORDS),
        _json("/com.snowplowanalytics.snowplow/tp2", lambda id_: {"data": [SNOWPLOW | {"uid": id_}]}),
    ),
    "a provider's metadata": (
        format_of("postmark", "unverified"),
        lambda id_: post(
            "postmark",
            json.dumps({"RecordType": "Open", "Recipient": "a@b.example", "Metadata": {"contact_id": id_}}).encode(),
        ),
    ),
}
TAKING_AWAY = ("native erase",)
HAVING_ANOTHER = ("posthog alias", "a provider's metadata")
each_door = pytest.mark.parametrize("door", DOORS)


def ids_behind(door: str, id_: str) -> tuple[set[str], set[str]]:
    """The contacts that records which get in name, and the reasons of the items that do not."""
    wire_format, request = DOORS[door]
    asked = request(id_)
    decoded = wire_format.decode(asked, wire_format.parse(asked))
    checked = check_entries(decoded.entries, INPUT_TOPICS, NOW_MS)
    words = ("contact_id", "anonymous_id", "from")
    named = {str(entry.value[word]) for entry in checked.good for word in words if word in entry.value}
    return named, {item.reason for item in (*decoded.refused, *checked.refused)}


def native_ids(body: dict[str, Any]) -> tuple[set[str], set[str]]:
    """As ids_behind, of what the native door makes of the body."""
    asked = request_of("/v1/events", body)
    checked = check_entries(native().decode(asked, native().parse(asked)).entries, INPUT_TOPICS, NOW_MS)
    named = {str(entry.value[word]) for entry in checked.good for word in ("contact_id", "from") if word in entry.value}
    return named, {item.reason for item in checked.refused}


@each_door
@pytest.mark.parametrize("id_", REFUSED_IDS)
def test_an_id_that_nobody_may_have_gets_in_by_no_door(door: str, id_: str) -> None:
    named, reasons = ids_behind(door, id_)

    assert named == set()
    assert reasons <= {reason_codes.BAD_KEY, reason_codes.BAD_UPDATE}
    assert reasons


@each_door
@pytest.mark.parametrize("id_", TAKEN_IDS)
def test_any_other_id_gets_in_as_it_is(door: str, id_: str) -> None:
    named, reasons = ids_behind(door, id_)

    assert (id_ in named or f"anon:{id_}" in named, reasons) == (True, set())


@pytest.mark.parametrize("door", [door for door in DOORS if door not in TAKING_AWAY])
@pytest.mark.parametrize("id_", PLACEHOLDER_IDS)
def test_a_text_that_stands_for_nobody_is_nobodys_id_at_any_door(door: str, id_: str) -> None:
    named, reasons = ids_behind(door, id_)

    assert {id_, f"anon:{id_}"} & named == set()
    assert reasons == ({reason_codes.PLACEHOLDER_ID} if door not in HAVING_ANOTHER else set())


@pytest.mark.parametrize("id_", PLACEHOLDER_IDS)
@pytest.mark.parametrize("update", [{"update": "erase"}, {"update": "do_not_score", "do_not_score": True}])
def test_what_was_kept_under_such_a_text_can_be_taken_away(id_: str, update: dict[str, Any]) -> None:
    assert native_ids({"contact_id": id_} | update) == ({id_}, set())
    assert native_ids({"contact_id": "c-1", "update": "unmerge", "from": id_}) == ({"c-1", id_}, set())


@pytest.mark.parametrize(
    ("ids", "contact", "identified"),
    [
        ({"userId": "undefined", "anonymousId": "a-1"}, "anon:a-1", None),
        ({"userId": "u-1", "anonymousId": "undefined"}, "u-1", None),
        ({"userId": "{{user.id}}", "anonymousId": "null", "context": {"traits": {"email": "a@b.example"}}},
         CONTACT_IDS.address("a@b.example"), None),
        ({"userId": "u-1", "anonymousId": "a-1"}, "u-1", "anon:a-1"),
    ],
)  # fmt: skip
def test_what_names_somebody_besides_is_taken_without_the_placeholder(
    ids: dict[str, Any], contact: str, identified: str | None
) -> None:
    call = {"type": "identify", "traits": {"plan": "pro"}} | ids
    wire_format, asked = segment(*WORDS), request_of("/v1/batch", {"batch": [call]})
    decoded = wire_format.decode(asked, wire_format.parse(asked))

    assert decoded.refused == []
    assert decoded.entries[0].contact_id == contact
    assert [entry.value["anonymous_id"] for entry in decoded.entries[1:] if entry.contact_id == "u-1"] == (
        [identified] if identified else []
    )
    assert decoded.placeholder_ids == sum(word in ("undefined", "null", "{{user.id}}") for word in ids.values()
                                          if isinstance(word, str))  # fmt: skip


def test_what_is_taken_without_a_placeholder_is_counted_at_other_doors_too() -> None:
    for door in HAVING_ANOTHER:
        wire_format, request = DOORS[door]
        asked = request("{{id}}")
        assert wire_format.decode(asked, wire_format.parse(asked)).placeholder_ids == 1, door


@pytest.mark.parametrize("id_", ["a\nb", "\x1b[31m"])
@pytest.mark.parametrize("word", ["id", "event_id"])
def test_ids_of_events_have_no_control_characters_either(word: str, id_: str) -> None:
    bodies = {
        "id": {"contact_id": "c-1", "type": "x", "id": id_},
        "event_id": {"contact_id": "c-1", "update": "verdict", "actor": "human", "event_id": id_},
    }
    wire_format, asked = native(), request_of("/v1/events", bodies[word])
    decoded = wire_format.decode(asked, wire_format.parse(asked))

    assert [item.reason for item in check_entries(decoded.entries, INPUT_TOPICS, NOW_MS).refused] == ["bad-id"]
