"""Sending what is read again: never more than workers take, and nothing where none runs."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from streamprocessor.cli.model.retained import sending
from streamprocessor.cli.model.retained.sending import MOST_AHEAD, RetainedSender, refuse_without_workers
from streamprocessor.contract.events.transfers import MisplacedRecord, RetainedRecord
from streamprocessor.contract.topics.topics import read_topics
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.consumer_group import ConsumerGroup
from streamprocessor.kafka.admin.reconcile import Layout
from tests.harness.system import ROOT

LAYOUT = Layout(read_topics(ROOT / "topics"), "", "app", 0, 1)
TOPIC = LAYOUT.full_name("evidence-transfers")
CLIENTS: Any = None
RECORD = RetainedRecord(2, MisplacedRecord(5, 0, 4, 1, b"jane", b"{}", []))


class Sent(NamedTuple):
    partition: int
    offset: int


class Workers:
    """One partition, and workers that apply so many records each time that somebody looks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, each_time: int) -> None:
        self.end = self.applied = self.most_ahead = 0
        self._each_time = each_time
        monkeypatch.setattr(sending, "committed_offsets", self._committed)
        monkeypatch.setattr(sending, "end_offsets", self._ends)
        monkeypatch.setattr(sending, "LOOK_SECONDS", 0)

    async def send(self, topic: str, *, key: bytes, value: bytes, partition: int) -> Any:
        assert (topic, key, bool(value)) == (TOPIC, b"jane", True)
        self.end += 1

        async def done() -> Sent:
            return Sent(partition, self.end - 1)

        return done()

    async def _committed(self, *_: Any) -> dict[tuple[str, int], int]:
        self.most_ahead = max(self.most_ahead, self.end - self.applied)
        self.applied = min(self.end, self.applied + self._each_time)
        return {(TOPIC, 0): self.applied}

    async def _ends(self, *_: Any) -> dict[tuple[str, int], int]:
        return {(TOPIC, 0): self.end}


async def test_never_more_records_are_ahead_of_the_workers_than_they_take_in_a_part_of_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workers = Workers(monkeypatch, each_time=100)
    sender = RetainedSender(CLIENTS, LAYOUT, workers, None)

    await sender.send([RECORD] * 7_000)
    assert workers.applied < workers.end
    await sender.until_applied()

    assert (sender.sent, workers.applied, workers.end) == (7_000, 7_000, 7_000)
    assert workers.most_ahead <= MOST_AHEAD


async def test_workers_that_take_nothing_end_it_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = RetainedSender(CLIENTS, LAYOUT, Workers(monkeypatch, each_time=0), None)
    monkeypatch.setattr(sending, "STALLED_SECONDS", 0)
    with pytest.raises(OperatorError, match="`streamprocessor status` says what they do"):
        await sender.send([RECORD] * (MOST_AHEAD + 1))


async def test_without_workers_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(*_: Any) -> ConsumerGroup:
        return ConsumerGroup("Empty", [], [0], 1)

    monkeypatch.setattr(sending, "consumer_group", nobody)
    with pytest.raises(OperatorError, match="has no workers; wanted some that run"):
        await refuse_without_workers(CLIENTS, LAYOUT)
