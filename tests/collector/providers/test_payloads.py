"""Every documented kind of event, posted and signed as its provider does, and what it becomes."""

import json
from typing import Any

import pytest

from streamprocessor.contract.events.events import decode_event
from streamprocessor.contract.events.updates import decode_update
from tests.collector.input_topics import topic_of
from tests.collector.providers.senders import CONTACT_IDS, NOW_MS, SENDERS, Sender, cases_of, format_of
from tests.harness.input_topics import INPUT_TOPICS

CASES = [
    pytest.param(sender, case, id=f"{sender.provider}: {case['case']}")
    for sender in SENDERS
    for case in cases_of(sender)
]
ARRIVAL = "2026-11-22T08:05:00.000Z"
AGENT_WORDS = {"useragent", "agent"}


def with_agents_blank(payload: Any) -> Any:
    """The payload with a blank user agent wherever it has one."""
    if isinstance(payload, dict):
        return {
            word: " " if word.lower().replace("_", "").replace("-", "") in AGENT_WORDS else with_agents_blank(inner)
            for word, inner in payload.items()
        }
    return [with_agents_blank(inner) for inner in payload] if isinstance(payload, list) else payload


@pytest.mark.parametrize(("sender", "case"), CASES)
def test_each_documented_event_becomes_what_the_table_says(sender: Sender, case: dict[str, Any]) -> None:
    wire_format = format_of(sender.provider, sender.secret)
    request = sender.post(case["payload"], sender.secret)
    parsed = wire_format.parse(request)
    decoded = wire_format.decode(request, parsed)

    assert decoded.refused == []
    events = [entry for entry in decoded.entries if topic_of(entry) != "contact-updates"]
    suppressed = [entry for entry in decoded.entries if topic_of(entry) == "contact-updates"]
    assert [event.value for event in events] == [
        _value_of(sender.provider, expected, event.value["id"])
        for event, expected in zip(events, case["becomes"], strict=True)
    ]
    assert [(entry.contact_id, entry.value["update"], entry.value["suppressed"]) for entry in suppressed] == [
        (_contact_of(expected), "suppressed", True) for expected in case["becomes"] if expected.get("suppresses")
    ]
    answer = wire_format.accepted_answer(request, parsed, decoded)
    assert answer.status == 200
    assert json.loads(answer.body) == {"accepted": len(parsed.payload), "rejected": []}


@pytest.mark.parametrize(("sender", "case"), CASES)
def test_what_was_accepted_is_no_dead_letter_later(sender: Sender, case: dict[str, Any]) -> None:
    wire_format = format_of(sender.provider, sender.secret)
    request = sender.post(case["payload"], sender.secret)

    for entry in wire_format.decode(request, wire_format.parse(request)).entries:
        topic = INPUT_TOPICS.topic_of(entry.value)
        if topic_of(entry) == "contact-updates":
            decode_update(entry.value, entry.contact_id, NOW_MS)
        else:
            decoded = decode_event(entry.value, entry.contact_id, NOW_MS, topic.event_type)
            assert decoded.id == entry.value["id"]


CLICKS_WITH_AGENTS = [
    pytest.param(sender, with_agents_blank(case["payload"]), id=f"{sender.provider}: {case['case']}")
    for sender in SENDERS
    for case in cases_of(sender)
    if [expected["type"] for expected in case["becomes"]] == ["email_click"]
    and with_agents_blank(case["payload"]) != case["payload"]
]


@pytest.mark.parametrize(("sender", "payload"), CLICKS_WITH_AGENTS)
def test_a_click_whose_user_agent_the_provider_says_to_be_empty_is_a_scanners(sender: Sender, payload: Any) -> None:
    wire_format = format_of(sender.provider, sender.secret)
    request = sender.post(payload, sender.secret)
    (entry,) = wire_format.decode(request, wire_format.parse(request)).entries
    assert decode_event(entry.value, entry.contact_id, NOW_MS, "email_click").actor == "scanner"


def test_most_providers_tell_the_user_agent_of_a_click() -> None:
    assert len({str(case.id).partition(":")[0] for case in CLICKS_WITH_AGENTS}) >= 8


def test_every_provider_has_cases_of_all_six_types() -> None:
    all_types = {"email_open", "email_click", "email_delivered", "email_bounce", "spam_complaint", "unsubscribe"}
    types_by_cases = {
        sender.cases: {event["type"] for case in cases_of(sender) for event in case["becomes"]} for sender in SENDERS
    }
    assert types_by_cases == dict.fromkeys(types_by_cases, all_types)


def _contact_of(expected: dict[str, Any]) -> str:
    return expected["contact"] if "contact" in expected else CONTACT_IDS.address(expected["address"])


def _value_of(provider: str, expected: dict[str, Any], event_id: str) -> dict[str, Any]:
    return {
        "id": event_id,
        "contact_id": _contact_of(expected),
        "type": expected["type"],
        "occurred_at": expected.get("at", ARRIVAL),
        "properties": {"provider": provider} | expected["properties"],
        "context": expected["context"],
    }
