import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from streamprocessor.contract.events.events import decode_fact, decode_line
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.errors import RecordError
from streamprocessor.scoring.record.facts import (
    BROWSER_ONCE_RANK,
    BROWSER_RANK,
    SERVER_ONCE_RANK,
    AttributesWritten,
    Erased,
    Event,
    InputFact,
    Merged,
    ObjectionChanged,
    SuppressionChanged,
    Unmerged,
    Verdict,
)
from tests.harness.decoding import decoder_for

Decode: TypeAlias = Callable[..., Any]  # of a body, topic, key, headers and arrival

ARRIVAL = 1_795_334_400_000  # 2026-11-22T08:00:00Z
MINUTE = 60_000


@pytest.fixture
def decode(topics: dict[str, Topic]) -> Decode:
    def decode(
        body: Any,
        topic: str = "email-clicks",
        key: bytes | None = b"c-42",
        headers: Any = None,
        arrival_ms: int = ARRIVAL,
    ) -> Any:
        value = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return decoder_for(topics[topic])(key, value, headers, arrival_ms)

    return decode


def reason_of(call: Callable[..., object], *args: Any, **kwargs: Any) -> str:
    with pytest.raises(RecordError) as caught:
        call(*args, **kwargs)
    return caught.value.reason


def test_an_event_of_the_contract_is_read_in_full(decode: Decode) -> None:
    event = decode(
        {
            "id": "01JD8Q",
            "contact_id": "c-42",
            "type": "email_click",
            "occurred_at": "2026-11-22T07:59:59.123Z",
            "properties": {"campaign": "q4", "url": "https://example.com/pricing"},
            "context": {"user_agent": "Mozilla/5.0", "ip": "203.0.113.9", "actor": "proxy"},
            "something": "else",
        }
    )

    assert event == Event(
        id="01JD8Q",
        type="email_click",
        occurred_at_ms=ARRIVAL - 877,
        arrival_ms=ARRIVAL,
        properties={"campaign": "q4", "url": "https://example.com/pricing"},
        context={"user_agent": "Mozilla/5.0", "ip": "203.0.113.9", "actor": "proxy"},
        actor="proxy",
    )


def test_an_event_that_says_nothing_has_the_topics_type_and_came_when_it_arrived(decode: Decode) -> None:
    event = decode({})
    assert (event.type, event.occurred_at_ms, event.actor) == ("email_click", ARRIVAL, "human")
    assert (event.properties, event.context) == ({}, {})


def test_null_is_as_good_as_absent(decode: Decode) -> None:
    fields = ("id", "contact_id", "type", "occurred_at", "properties", "context")
    assert decode(dict.fromkeys(fields)) == decode({})
    assert decode({"context": {"actor": None}}).actor == "human"


BAD_RECORDS: list[tuple[str, bytes | None, Any, str]] = [
    ("email-clicks", b"c", None, "empty"),
    ("email-clicks", b"c", b"", "empty"),
    ("email-clicks", None, {}, "no-contact"),
    ("email-clicks", b"", {}, "no-contact"),
    ("email-clicks", b"\x00marker", {}, "bad-key"),
    ("email-clicks", b"c" * 1025, {}, "bad-key"),
    ("email-clicks", b"\xff\xfe", {}, "bad-key"),
    ("email-clicks", b"c", b"\xff", "not-json"),
    ("email-clicks", b"c", [], "not-an-object"),
    ("email-clicks", b"c", {"contact_id": "d"}, "contact-mismatch"),
    ("email-clicks", b"c", {"contact_id": ["c"]}, "contact-mismatch"),
    ("email-clicks", b"c", {"type": "email_open"}, "unknown-type"),
    ("email-clicks", b"c", {"type": 0}, "unknown-type"),
    ("email-clicks", b"c", {"type": ""}, "unknown-type"),
    ("activities", b"c", {}, "unknown-type"),
    ("activities", b"c", {"type": ""}, "unknown-type"),
    ("activities", b"c", {"type": ["download"]}, "unknown-type"),
    ("activities", b"c", {"type": "x" * 129}, "unknown-type"),
    ("email-clicks", b"c", {"occurred_at": "yesterday"}, "bad-time"),
    ("email-clicks", b"c", {"occurred_at": "2026-11-22T08:00:00"}, "bad-time"),
    ("email-clicks", b"c", {"occurred_at": "1960-01-01T00:00:00Z"}, "bad-time"),
    ("email-clicks", b"c", {"occurred_at": True}, "bad-time"),
    ("email-clicks", b"c", {"occurred_at": -1}, "bad-time"),
    ("email-clicks", b"c", {"occurred_at": ARRIVAL // 1000}, "bad-time"),
    ("email-clicks", b"c", {"occurred_at": float(ARRIVAL) + 0.5}, "bad-time"),
    ("email-clicks", b"c", {"occurred_at": {}}, "bad-time"),
    ("email-clicks", b"c", {"occurred_at": ARRIVAL * 1000}, "from-the-future"),
    ("email-clicks", b"c", {"occurred_at": ARRIVAL + 5 * MINUTE + 1}, "from-the-future"),
    ("email-clicks", b"c", {"id": ""}, "bad-id"),
    ("email-clicks", b"c", {"id": 1.5}, "bad-id"),
    ("email-clicks", b"c", {"id": True}, "bad-id"),
    ("email-clicks", b"c", {"id": ["a"]}, "bad-id"),
    ("email-clicks", b"c", {"properties": []}, "bad-properties"),
    ("email-clicks", b"c", {"properties": "path=/"}, "bad-properties"),
    ("email-clicks", b"c", {"context": 3}, "bad-context"),
    ("email-clicks", b"c", {"context": {"actor": "robot"}}, "bad-context"),
    ("email-clicks", b"c", {"context": {"actor": []}}, "bad-context"),
    ("contact-updates", b"c", {}, "unknown-update"),
    ("contact-updates", b"c", {"update": "forget"}, "unknown-update"),
    ("contact-updates", b"c", {"update": []}, "unknown-update"),
    ("contact-updates", b"c", {"update": "merge"}, "bad-update"),
    ("contact-updates", b"c", {"update": "merge", "from": ""}, "bad-update"),
    ("contact-updates", b"c", {"update": "unmerge", "from": ["d"]}, "bad-update"),
    ("contact-updates", b"c", {"update": "identify", "anonymous_id": "\0d"}, "bad-update"),
    ("contact-updates", b"c", {"update": "identify", "from": "d"}, "bad-update"),
    ("contact-updates", b"c", {"update": "identify", "anonymous_id": "anon:7", "rank": "server"}, "bad-update"),
    ("contact-updates", b"c", {"update": "attributes", "attributes": {}, "rank": 0}, "bad-update"),
    ("contact-updates", b"c", {"update": "attributes", "attributes": {}, "once": "yes"}, "bad-update"),
    ("contact-updates", b"c", {"update": "do_not_score", "do_not_score": "yes"}, "bad-update"),
    ("contact-updates", b"c", {"update": "attributes"}, "bad-update"),
    ("contact-updates", b"c", {"update": "attributes", "attributes": []}, "bad-update"),
    ("contact-updates", b"c", {"update": "suppressed", "suppressed": 1}, "bad-update"),
    ("contact-updates", b"c", {"update": "verdict", "event_id": "e"}, "bad-update"),
    ("contact-updates", b"c", {"update": "verdict", "actor": "human"}, "bad-update"),
    ("contact-updates", b"c", {"update": "verdict", "event_id": "", "actor": "human"}, "bad-id"),
    ("contact-updates", b"c", {"update": "suppressed", "suppressed": True, "contact_id": "d"}, "contact-mismatch"),
    ("contact-updates", b"c", {"update": "suppressed", "suppressed": True, "occurred_at": "soon"}, "bad-time"),
    ("contact-updates", b"c", None, "empty"),
    ("contact-updates", None, {}, "no-contact"),
]


@pytest.mark.parametrize(("topic", "key", "body", "reason"), BAD_RECORDS)
def test_a_bad_record_is_refused_with_its_reason(
    decode: Decode, topic: str, key: bytes | None, body: Any, reason: str
) -> None:
    assert reason_of(decode, body, topic, key) == reason


@pytest.mark.parametrize(
    ("occurred_at", "occurred_at_ms"),
    [
        (ARRIVAL - 1, ARRIVAL - 1),
        (ARRIVAL, ARRIVAL),
        (ARRIVAL + 1, ARRIVAL),
        (ARRIVAL + 5 * MINUTE, ARRIVAL),
        ("2026-11-22T08:04:00Z", ARRIVAL),
        ("2026-11-22T09:00:00+01:00", ARRIVAL),
        ("1999-01-01T00:00:00Z", 915_148_800_000),
    ],
)
def test_a_time_a_little_ahead_of_its_arrival_is_its_arrival(
    decode: Decode, occurred_at: object, occurred_at_ms: int
) -> None:
    assert decode({"occurred_at": occurred_at}).occurred_at_ms == occurred_at_ms


@pytest.mark.parametrize(("raw", "id_"), [("a", "a"), (17, "17"), (0, "0"), (-3, "-3"), ("x" * 128, "x" * 128)])
def test_an_id_is_kept_as_text(decode: Decode, raw: object, id_: str) -> None:
    assert decode({"id": raw}).id == id_


def test_a_long_id_is_kept_as_its_hash(decode: Decode) -> None:
    first, again, other = (decode({"id": "x" * 500 + tail}).id for tail in ("1", "1", "2"))
    assert first == again != other
    assert len(first) <= 128


def test_a_number_too_large_for_an_integer_is_no_id(decode: Decode) -> None:
    # It would be read as a float, and so would its neighbour, as the same one.
    assert reason_of(decode, b'{"id":123456789012345678901234567890}') == "bad-id"


def test_events_that_say_the_same_without_an_id_are_one(decode: Decode) -> None:
    body = {"occurred_at": "2026-11-22T07:00:00Z", "properties": {"url": "/a", "message": "m"}}
    turned = {"properties": {"message": "m", "url": "/a"}, "occurred_at": "2026-11-22T08:00:00+01:00"}

    assert decode(body).id == decode(turned).id
    assert decode(body).id == decode(body, arrival_ms=ARRIVAL + MINUTE).id


@pytest.mark.parametrize(
    "other",
    [
        {"topic": "email-opens"},
        {"key": b"c-43"},
        {"body": {"occurred_at": ARRIVAL - 1, "properties": {"url": "/a"}}},
        {"body": {"occurred_at": ARRIVAL, "properties": {"url": "/b"}}},
        {"body": {"occurred_at": ARRIVAL, "properties": {"url": "/a", "n": 1}}},
    ],
)
def test_events_that_say_different_things_without_an_id_are_two(decode: Decode, other: Any) -> None:
    first = {"body": {"occurred_at": ARRIVAL, "properties": {"url": "/a"}}}
    assert decode(**first).id != decode(**{**first, **other}).id


def test_an_event_ahead_of_its_arrival_keeps_its_content_key_when_it_comes_again(decode: Decode) -> None:
    body = {"occurred_at": ARRIVAL + MINUTE}
    assert decode(body).id == decode(body, arrival_ms=ARRIVAL + 2 * MINUTE).id


@pytest.mark.parametrize(
    ("body", "fact"),
    [
        (
            {
                "id": "u",
                "update": "attributes",
                "attributes": {"title": "CEO", "size": None},
                "occurred_at": ARRIVAL - 5,
            },
            AttributesWritten("u", ARRIVAL - 5, ARRIVAL, {"title": "CEO", "size": None}),
        ),
        (
            {"id": "u", "update": "attributes", "attributes": {"title": "CEO"}, "rank": "browser"},
            AttributesWritten("u", ARRIVAL, ARRIVAL, {"title": "CEO"}, BROWSER_RANK),
        ),
        (
            {"id": "u", "update": "attributes", "attributes": {"title": "CEO"}, "once": True},
            AttributesWritten("u", ARRIVAL, ARRIVAL, {"title": "CEO"}, SERVER_ONCE_RANK),
        ),
        (
            {"id": "u", "update": "attributes", "attributes": {"title": "CEO"}, "rank": "browser", "once": True},
            AttributesWritten("u", ARRIVAL, ARRIVAL, {"title": "CEO"}, BROWSER_ONCE_RANK),
        ),
        (
            {"id": "u", "update": "identify", "anonymous_id": "anon:7", "rank": "browser"},
            Merged("u", ARRIVAL, ARRIVAL, "anon:7", identified=True, rank=BROWSER_RANK),
        ),
        (
            {"id": "u", "update": "identify", "anonymous_id": "anon:7", "rank": None},
            Merged("u", ARRIVAL, ARRIVAL, "anon:7", identified=True),
        ),
        ({"id": 7, "update": "suppressed", "suppressed": False}, SuppressionChanged("7", ARRIVAL, ARRIVAL, False)),
        (
            {"id": "u", "update": "verdict", "event_id": 17, "actor": "scanner"},
            Verdict("u", ARRIVAL, ARRIVAL, "17", "scanner"),
        ),
        (
            {"id": "u", "update": "identify", "anonymous_id": "anon:7"},
            Merged("u", ARRIVAL, ARRIVAL, "anon:7", identified=True),
        ),
        ({"id": "u", "update": "merge", "from": 7}, Merged("u", ARRIVAL, ARRIVAL, "7", identified=False)),
        ({"id": "u", "update": "unmerge", "from": "d"}, Unmerged("u", ARRIVAL, ARRIVAL, "d")),
        ({"id": "u", "update": "erase", "occurred_at": ARRIVAL - 5}, Erased("u", ARRIVAL - 5, ARRIVAL)),
        ({"id": "u", "update": "do_not_score", "do_not_score": True}, ObjectionChanged("u", ARRIVAL, ARRIVAL, True)),
    ],
)
def test_a_contact_update_is_read(decode: Decode, body: Any, fact: InputFact) -> None:
    assert decode(body, "contact-updates") == fact
    assert decode_fact(body, "c-42", ARRIVAL) == fact


def test_a_verdict_names_a_long_event_id_as_the_event_has_it(decode: Decode) -> None:
    long_id = "x" * 500
    verdict = decode({"update": "verdict", "event_id": long_id, "actor": "scanner"}, "contact-updates")
    assert verdict.event_id == decode({"id": long_id}).id


def test_updates_without_an_id_are_told_apart_by_what_they_say(decode: Decode) -> None:
    bodies = [{"update": "suppressed", "suppressed": value} for value in (True, True, False)]
    first, again, other = (decode(body, "contact-updates").id for body in bodies)
    assert first == again != other


def test_a_line_of_a_file_holds_contact_and_arrival_itself() -> None:
    contact, event = decode_line(b'{"contact_id":"c","type":"download","occurred_at":"2026-11-22T08:00:00Z"}')
    assert (contact, event.occurred_at_ms, event.arrival_ms) == ("c", ARRIVAL, ARRIVAL)

    _, late = decode_line(b'{"contact_id":"c","type":"x","occurred_at":1795334400000,"arrival":1795334460000}')
    assert (late.occurred_at_ms, late.arrival_ms) == (ARRIVAL, ARRIVAL + MINUTE)

    _, update = decode_line(b'{"contact_id":"c","update":"suppressed","suppressed":true,"arrival":1795334400000}')
    assert isinstance(update, SuppressionChanged)
    assert update.suppressed is True


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"type":"x","occurred_at":1795334400000}', "no-contact"),
        (b'{"contact_id":7,"type":"x","occurred_at":1795334400000}', "no-contact"),
        (b'{"contact_id":"\\u0000c","type":"x","occurred_at":1795334400000}', "bad-key"),
        (b'{"contact_id":"c","type":"x"}', "bad-time"),
        (b'{"contact_id":"c","occurred_at":1795334400000}', "unknown-type"),
        (b"not json", "not-json"),
    ],
)
def test_a_bad_line_of_a_file_is_refused_with_its_reason(line: bytes, reason: str) -> None:
    assert reason_of(decode_line, line) == reason


def test_what_is_told_of_a_bad_record_holds_nothing_of_the_person(decode: Decode) -> None:
    secret = "ann@example.com"
    bodies = [
        {"contact_id": secret},
        {"properties": secret},
        {"context": {"actor": secret}},
        {"id": [secret]},
        {"occurred_at": [secret]},
    ]
    for body in bodies:
        with pytest.raises(RecordError) as caught:
            decode(body)
        assert secret not in caught.value.detail


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELD = st.sampled_from(
    [
        "id",
        "contact_id",
        "type",
        "occurred_at",
        "properties",
        "context",
        "update",
        "attributes",
        "suppressed",
        "event_id",
    ]
)


@given(
    body=st.dictionaries(FIELD, JSON, max_size=8),
    key=st.binary(max_size=6),
    topic=st.sampled_from(["activities", "email-opens", "contact-updates"]),
)
def test_any_object_becomes_a_fact_or_a_reason(
    topics: dict[str, Topic], body: Any, key: bytes | None, topic: str
) -> None:
    decode = decoder_for(topics[topic])
    try:
        fact = decode(key, json.dumps(body).encode(), None, ARRIVAL)
    except RecordError:
        return
    assert isinstance(fact.id, str)
    assert 0 < len(fact.id) <= 128
    assert fact.occurred_at_ms <= fact.arrival_ms == ARRIVAL


# ---- the schemas say what the decoder does -----------------------------------------------------------------------

NOT_OF_THE_BODY = {"contact-mismatch", "from-the-future", "no-contact", "bad-key", "empty", "not-json"}
NOT_OF_ANY_BODY = [({"type": "email_open"}, "a body cannot know its topic"), ({}, "activities alone needs a type")]


def validator(root: Path, name: str | None) -> Draft202012Validator:
    assert name is not None
    schema = json.loads((root / "topics" / "schemas" / name).read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        (topic, body)
        for topic, _, body, reason in BAD_RECORDS
        if reason not in NOT_OF_THE_BODY
        and not (topic != "contact-updates" and body in [other for other, _ in NOT_OF_ANY_BODY])
        and not (isinstance(body, dict) and body.get("occurred_at") == "1960-01-01T00:00:00Z")
    ],
)
def test_the_schema_refuses_what_the_decoder_refuses(
    root: Path, topics: dict[str, Topic], topic: str, body: Any
) -> None:
    assert not validator(root, topics[topic].schema).is_valid(body)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("activities", {"type": "download"}),
        ("email-opens", {"id": 7, "occurred_at": ARRIVAL, "properties": {"x": [1]}, "context": {"actor": "proxy"}}),
        ("email-opens", {"occurred_at": "2026-11-22T08:00:00.123+01:00", "other": 1}),
        ("contact-updates", {"update": "attributes", "attributes": {"a": None}}),
        ("contact-updates", {"update": "suppressed", "suppressed": True, "id": "x"}),
        ("contact-updates", {"update": "verdict", "event_id": "e", "actor": "human"}),
    ],
)
def test_the_schema_takes_what_the_decoder_takes(
    root: Path, topics: dict[str, Topic], decode: Decode, topic: str, body: Any
) -> None:
    decode(body, topic)
    assert validator(root, topics[topic].schema).is_valid(body)
