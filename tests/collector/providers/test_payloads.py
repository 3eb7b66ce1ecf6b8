"""Every documented kind of event, posted and signed as its provider does, and what it becomes."""

import json
from typing import Any

import pytest

from streamprocessor.collector.http.wire_format import TopicEntry
from streamprocessor.contract.events.events import decode_event
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.evidence.union import is_suppressed
from streamprocessor.scoring.record.facts import Event, SuppressionChanged
from streamprocessor.scoring.scorer import Scorer
from tests.collector.providers.senders import CONTACT_IDS, NOW_MS, SENDERS, Sender, cases_of, format_of
from tests.harness.input_topics import INPUT_TOPICS

CASES = [
    pytest.param(sender, case, id=f"{sender.provider}: {case['case']}")
    for sender in SENDERS
    for case in cases_of(sender)
]
SCORER = Scorer(parse_model("scores: {s: {rules: [{id: r, on: download, points: 1}]}}", "m.yaml"))
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
    assert [entry.value for entry in decoded.entries] == [
        _value_of(sender.provider, expected, entry.value["id"])
        for entry, expected in zip(decoded.entries, case["becomes"], strict=True)
    ]
    answer = wire_format.accepted_answer(request, parsed, decoded)
    assert answer.status == 200
    assert json.loads(answer.body) == {"accepted": len(parsed.payload), "rejected": []}


@pytest.mark.parametrize(("sender", "case"), CASES)
def test_what_was_accepted_is_no_dead_letter_later(sender: Sender, case: dict[str, Any]) -> None:
    wire_format = format_of(sender.provider, sender.secret)
    request = sender.post(case["payload"], sender.secret)

    for entry in wire_format.decode(request, wire_format.parse(request)).entries:
        assert _event_of(entry).id == entry.value["id"]


@pytest.mark.parametrize(("sender", "case"), CASES)
def test_each_event_says_of_suppression_what_the_table_says(sender: Sender, case: dict[str, Any]) -> None:
    wire_format = format_of(sender.provider, sender.secret)
    request = sender.post(case["payload"], sender.secret)
    entries = wire_format.decode(request, wire_format.parse(request)).entries

    for entry, expected in zip(entries, case["becomes"], strict=True):
        for before in (True, False):
            record = SCORER.blank()
            SCORER.apply_in_place(record, [SuppressionChanged("before", 1, 1, before), _event_of(entry)])
            says = True if "suppresses" in expected else False if "lifts" in expected else before
            assert is_suppressed(record) is says, (entry.value, before)


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
        sender.cases: {event["type"] for case in cases_of(sender) for event in case["becomes"]} - {"resubscribe"}
        for sender in SENDERS
    }
    assert types_by_cases == dict.fromkeys(types_by_cases, all_types)


def _event_of(entry: TopicEntry) -> Event:
    return decode_event(entry.value, entry.contact_id, NOW_MS, INPUT_TOPICS.topic_of(entry.value).event_type)


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
