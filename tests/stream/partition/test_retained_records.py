"""Records that are read again, in a micro-batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from streamprocessor.contract.events.transfers import MisplacedRecord, RetainedRecord, decode_transfer, retained_message
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.errors import NewerModelNeededError
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.stream.partition.batch import Batch
from streamprocessor.stream.partition.microbatch import MicrobatchContext, score_batches
from tests.stream.partition.raw_records import Raw
from tests.stream.partition.test_microbatch import AT_MS, context_by, raw

MODEL = """
scores:
  s:
    rules: [{id: buy, on: purchase, points_from: {property: properties.amount}}]
    stages: {cold: 0, hot: 41}
hot_lead: {score: s, stage: hot}
"""
ACTIVITIES, UPDATES, TRANSFERS = 1, 2, 3
SINCE_MS = AT_MS - 1_000


def context() -> MicrobatchContext:
    covered = {"purchase": {"": SINCE_MS, "properties.amount": SINCE_MS}}
    model = replace(parse_model(MODEL, "m"), revision=2, covered_since_ms=covered)
    return replace(context_by(MODEL), scorer=Scorer(model))


def purchase(event_id: str, amount: int) -> dict[str, Any]:
    return {"id": event_id, "type": "purchase", "properties": {"amount": amount}}


def retained(value: bytes, *, number: int = ACTIVITIES, revision: int = 2) -> RetainedRecord:
    return RetainedRecord(revision, MisplacedRecord(number, 0, 4, SINCE_MS - 5, b"jane", value, []))


def sent_again(offset: int, record: RetainedRecord) -> Raw:
    message = retained_message(record)
    return Raw(offset, AT_MS, message.key, message.value, [])


def test_the_message_brings_back_the_record_as_it_lay() -> None:
    record = retained(b"{}")
    assert decode_transfer("jane", retained_message(record).value, None, AT_MS) == record


def test_live_events_come_first_and_are_announced_as_without_what_is_read_again_beside_them() -> None:
    live = Batch(ACTIVITIES, [raw(9, b"jane", purchase("live", 50))])
    again = Batch(TRANSFERS, [sent_again(0, retained(orjson.dumps(purchase("old", 7))))])

    (alone,) = score_batches(context(), {}, [live]).changes
    result = score_batches(context(), {}, [again, live])
    (change,) = result.changes

    assert list(change.owed[: len(alone.owed)]) == list(alone.owed)
    assert [message.topic for message in change.owed] == ["score-updated", "became-hot-lead", "score-updated"]
    last = orjson.loads(change.owed[-1].value or b"")
    assert (last["cause"], last["sequence"], last["scores"]["s"]["score"]) == ("model", 2, 57)
    assert result.retained == {"added": 1}


def test_what_is_read_again_twice_changes_nothing_and_what_is_no_event_neither() -> None:
    old = retained(orjson.dumps(purchase("old", 7)))
    stored = score_batches(context(), {}, [Batch(TRANSFERS, [sent_again(0, old)])]).changes[0].record
    update = retained(orjson.dumps({"update": "suppressed", "suppressed": True}), number=UPDATES)
    batch = Batch(TRANSFERS, [sent_again(1, old), sent_again(2, update), sent_again(3, retained(b"{nonsense"))])

    result = score_batches(context(), {b"jane": stored}, [batch])

    assert (result.changes, result.dead_letters, result.retained) == ([], [], {"known": 1})


def test_a_worker_that_knows_an_older_model_waits_for_the_one_that_asks_for_more() -> None:
    batch = Batch(TRANSFERS, [sent_again(0, retained(b"{}", revision=3))])
    with pytest.raises(NewerModelNeededError):
        score_batches(context(), {}, [batch])
