"""The same happening delivered again is one event; two happenings are two."""

import json
from typing import Any

import pytest

from streamprocessor.collector.http.wire_format import HttpRequest, TopicEntry
from tests.collector.providers.senders import NOW_MS, SENDERS, Sender, cases_of, format_of, post

UNVERIFIED = "unverified"
OWN_EVENT_IDS = ("sg_event_id", "event_id", "id", "ID")

CASES = [
    pytest.param(sender, case, id=f"{sender.provider}: {case['case']}")
    for sender in SENDERS
    for case in cases_of(sender)
]


def entries(provider: str, request: HttpRequest) -> list[TopicEntry]:
    wire_format = format_of(provider, UNVERIFIED)
    return wire_format.decode(request, wire_format.parse(request)).entries


def ids(provider: str, request: HttpRequest) -> list[str]:
    return [entry.value["id"] for entry in entries(provider, request)]


@pytest.mark.parametrize(("sender", "case"), CASES)
def test_ids_do_not_depend_on_when_it_was_received_nor_on_the_providers_event_ids(
    sender: Sender, case: dict[str, Any]
) -> None:
    request = sender.post(case["payload"], sender.secret)
    renamed = sender.post(_with_other_ids(case["payload"]), sender.secret)

    assert ids(sender.provider, renamed._replace(received_at_ms=NOW_MS + 29 * 3_600_000)) == ids(
        sender.provider, request
    )


def test_all_ids_of_one_provider_differ() -> None:
    for sender in SENDERS:
        ids = [
            entry.value["id"]
            for case in cases_of(sender)
            for entry in entries(sender.provider, sender.post(case["payload"], sender.secret))
            if not case["case"].startswith(("bounce of", "open", "initial_open"))
        ]
        assert len(set(ids)) == len(ids), sender.provider


CLICK = {
    "event": "click",
    "email": "ada@example.com",
    "timestamp": 1_795_334_400,
    "url": "https://example.com/a",
    "sg_message_id": "m-1.recvd-1",
}


@pytest.mark.parametrize(
    "change",
    [
        {"event": "open"},
        {"email": "grace@example.com"},
        {"contact_id": "c-42"},
        {"timestamp": 1_795_334_401},
        {"url": "https://example.com/b"},
        {"sg_message_id": "m-2.recvd-1"},
    ],
)
def test_what_happened_otherwise_is_another_event(change: dict[str, Any]) -> None:
    assert _sendgrid_ids(CLICK | change) != _sendgrid_ids(CLICK)


@pytest.mark.parametrize(
    "change",
    [
        {"sg_event_id": "another"},
        {"email": " ADA@Example.com"},
        {"sg_message_id": "m-1.recvd-2"},
        {"useragent": "another"},
        {"category": ["a"]},
    ],
)
def test_what_a_second_delivery_may_spell_otherwise_is_the_same_event(change: dict[str, Any]) -> None:
    assert _sendgrid_ids(CLICK | change) == _sendgrid_ids(CLICK)


def test_a_first_opening_beside_its_plain_one_is_one_event() -> None:
    plain = {"event": "opened", "email": "ada@example.com", "message-id": "<m@x>", "ts_epoch": 1_795_334_400_123}
    assert _brevo_ids(plain | {"event": "unique_opened"}) == _brevo_ids(plain)


def test_a_time_that_can_not_be_read_still_tells_events_apart() -> None:
    by_time = {"event": "opened", "email": "ada@example.com", "message-id": "<m@x>", "date": "2026-11-22 09:00:00"}
    assert _brevo_ids(by_time | {"date": "2026-11-22 09:00:07"}) != _brevo_ids(by_time)
    assert _brevo_ids(by_time) == _brevo_ids(by_time)


def test_a_contact_updated_twice_unsubscribed_once() -> None:
    def updated(at: str) -> HttpRequest:
        data = {"email": "ada@example.com", "unsubscribed": True, "updated_at": at}
        return post("resend", json.dumps({"type": "contact.updated", "created_at": at, "data": data}).encode())

    assert ids("resend", updated("2026-11-22T08:00:00Z")) == ids("resend", updated("2026-11-22T08:03:00Z"))


def test_a_time_ahead_of_ours_counts_from_the_receipt_under_its_own_id() -> None:
    ahead = CLICK | {"timestamp": NOW_MS // 1000 + 3600}
    (event,) = entries("sendgrid", post("sendgrid", json.dumps([ahead]).encode()))
    assert event.value["occurred_at"] == "2026-11-22T08:05:00.000Z"
    assert event.value["id"] not in _sendgrid_ids(CLICK | {"timestamp": NOW_MS // 1000})


def _sendgrid_ids(item: dict[str, Any]) -> list[str]:
    return ids("sendgrid", post("sendgrid", json.dumps([item]).encode()))


def _brevo_ids(item: dict[str, Any]) -> list[str]:
    return ids("brevo", post("brevo", json.dumps(item).encode()))


def _with_other_ids(payload: Any) -> Any:
    """The payload with the provider's own event ids changed, wherever they are; the message's ids stay."""

    def change(value: Any, at: tuple[str, ...]) -> Any:
        if isinstance(value, dict):
            return {name: change(inner, (*at, name)) for name, inner in value.items()}
        if isinstance(value, list):
            return [change(inner, at) for inner in value]
        is_event_id = bool(at) and at[-1] in OWN_EVENT_IDS and "message" not in at
        return "another" if is_event_id else value

    return change(payload, ())
