"""The trace of an event goes on with what it causes, and whatever has none is the bytes that it was."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import pytest

from streamprocessor.contract.changelog.entry import decode_entry, encode_entry
from streamprocessor.contract.messages.message import Headers, Message
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, EVIDENCE_TRANSFERS, SCORE_UPDATED
from streamprocessor.stream.partition.batch import Batch
from streamprocessor.stream.partition.microbatch import MicrobatchContext, score_batches
from tests.stream.partition.raw_records import Raw
from tests.stream.partition.test_microbatch import AT_MS, context_by

ACTIVITIES, UPDATES = 1, 2
MODEL = (
    "scores: {s: {rules: [{id: buy, on: purchase, points: 10}], stages: {cold: 0, hot: 20}}}\n"
    "hot_lead: {score: s, stage: hot}"
)
JANE = b"jane"
FIRST, SECOND, THIRD = (f"00-{digit * 32}-{digit * 16}-01" for digit in "123")


def header(traceparent: str) -> tuple[str, bytes]:
    return ("traceparent", traceparent.encode())


def purchase(offset: int, *traceparents: str, arrival_ms: int = AT_MS, event_id: str = "") -> Raw:
    value = {"id": event_id or f"e{offset}", "type": "purchase", "occurred_at": "2026-09-21T00:00:00Z"}
    return Raw(offset, arrival_ms, JANE, orjson.dumps(value), [header(each) for each in traceparents])


def announced(
    context: MicrobatchContext, raws: Sequence[Raw], stored: dict[bytes, bytes] | None = None
) -> list[Message]:
    result = score_batches(context, stored or {}, [Batch(ACTIVITIES, list(raws))])
    return [message for change in result.changes for message in change.owed]


def traces_of(messages: Sequence[Message]) -> list[list[bytes | None]]:
    return [[value for name, value in message.headers if name == "traceparent"] for message in messages]


@pytest.mark.parametrize(
    ("raws", "wanted"),
    [
        ([purchase(0, FIRST), purchase(1, SECOND)], SECOND),
        ([purchase(0, FIRST), purchase(1)], FIRST),
        ([purchase(0, FIRST, arrival_ms=AT_MS + 5), purchase(1, SECOND)], FIRST),  # it arrived last
        ([purchase(0, FIRST), Raw(1, AT_MS, JANE, b"{nonsense", [header(SECOND)])], FIRST),  # contributed nothing
        ([purchase(0, FIRST), purchase(1, "00-made-up-01")], FIRST),
    ],
    ids=["the newest", "the only one", "by arrival", "not a dead letter's", "not a stranger's text"],
)
def test_announcements_are_in_the_trace_of_the_newest_event_that_contributed(raws: list[Raw], wanted: str) -> None:
    messages = announced(context_by(MODEL), [*raws, purchase(9)])
    announcements = [message for message in messages if message.topic in (SCORE_UPDATED, BECAME_HOT_LEAD)]

    assert {message.topic for message in announcements} == {SCORE_UPDATED, BECAME_HOT_LEAD}
    assert traces_of(announcements) == [[wanted.encode()]] * len(announcements)


def test_a_dead_letter_keeps_the_trace_that_it_came_with_and_gets_no_other() -> None:
    messages = announced(context_by(MODEL), [purchase(0, FIRST), Raw(1, AT_MS, JANE, b"{nonsense", [header(SECOND)])])

    assert traces_of([message for message in messages if message.topic == "dead-letters"]) == [[SECOND.encode()]]


def test_a_record_that_was_applied_already_gives_its_trace_to_nothing() -> None:
    context = context_by(MODEL)
    stored = score_batches(context, {}, [Batch(ACTIVITIES, [purchase(0, FIRST)])]).changes[0].record

    messages = announced(context, [purchase(0, FIRST), purchase(1)], {JANE: stored})

    assert messages
    assert traces_of(messages) == [[]] * len(messages)


def test_without_traces_messages_are_the_bytes_that_they_were() -> None:
    context, headers = context_by(MODEL), list[Headers]()
    for traceparents in ((), (FIRST,)):
        messages = announced(context, [purchase(0, *traceparents), purchase(1)])
        headers.append([each for message in messages for each in message.headers if each[0] != "traceparent"])
        assert all((traceparents != ()) == bool(trace) for trace in traces_of(messages))

    assert headers[0] == headers[1]


def test_what_is_sent_again_after_a_crash_has_its_trace_byte_for_byte() -> None:
    messages = announced(context_by(MODEL), [purchase(0, FIRST), purchase(1)])

    assert decode_entry(encode_entry(b"record", 7, messages)).owed == messages
    assert traces_of(messages) == [[FIRST.encode()]] * len(messages)


def test_what_goes_to_another_contact_takes_the_trace_along_and_the_announcement_there_has_it() -> None:
    context = context_by(MODEL)
    identify = {"id": "i", "update": "identify", "anonymous_id": "anon:v", "occurred_at": "2026-09-21T00:00:00Z"}
    bought = [purchase(0, FIRST)._replace(key=b"anon:v"), purchase(1, FIRST)]
    stored = {change.key: change.record for change in score_batches(context, {}, [Batch(ACTIVITIES, bought)]).changes}
    identified = Raw(0, AT_MS, JANE, orjson.dumps(identify), [header(SECOND)])

    queue: list[tuple[int, Raw]] = [(UPDATES, identified)]
    announcements: list[Message] = []
    offset = 100
    while queue:
        number, raw = queue.pop(0)
        result = score_batches(context, stored, [Batch(number, [raw])])
        for change in result.changes:
            stored[change.key] = change.record
            for message in change.owed:
                if message.topic == EVIDENCE_TRANSFERS:
                    offset += 1
                    queue.append((3, Raw(offset, AT_MS + 1, message.key, message.value, message.headers)))
                else:
                    announcements.append(message)

    [lead] = [message for message in announcements if message.topic == BECAME_HOT_LEAD]
    assert (lead.key, traces_of([lead])) == (JANE, [[SECOND.encode()]])
