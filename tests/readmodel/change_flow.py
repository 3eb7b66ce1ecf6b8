"""Changes as a worker writes them, without one: made once, sent to as many systems as want them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from sqlalchemy import Engine, func, select

from streamprocessor.contract.changelog.entry import encode_entry
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity, tombstone
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.readmodel.store.database import reading
from streamprocessor.readmodel.store.tables import projected
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import AttributesWritten, Erased, Event
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import Step
from tests.harness.system import System

CONTACTS = 250
MAX_EVERY_MS = 1_000
WITHIN_MS = 1_800_000  # what is older than an hour and has no contact is swept as an orphan, and a flow has no order
AT_ONCE = 2_000


class Flow(NamedTuple):
    """A system and what is sent to it, all of it about contacts."""

    system: System
    model: Model
    messages: Sequence[Message]

    async def send(self) -> None:
        """Send all of it, and wait until it is acknowledged."""
        async with self.system.producer() as producer:
            for first in range(0, len(self.messages), AT_ONCE):
                await self._send(producer, self.messages[first : first + AT_ONCE])

    async def _send(self, producer: AIOKafkaProducer, messages: Sequence[Message]) -> None:
        sent = [
            await producer.send(self.system.full[topic], key=key, value=value, headers=headers)
            for topic, key, value, headers in messages
        ]
        await asyncio.gather(*sent)

    def share_in(self, engine: Engine) -> float:
        """Which part of it has come to the tables."""
        with reading(engine) as connection:
            reached = connection.execute(select(func.sum(projected.c.next_offset))).scalar()
        return (reached or 0) / len(self.messages)


def changes(model: Model, count: int, now_ms: int) -> list[Message]:
    """So many changes of contacts up to now: events, attributes, and now and then one who is erased and begins anew."""
    return [message for change in _changes(Scorer(model), count, now_ms) for message in change]


def _changes(scorer: Scorer, count: int, now_ms: int) -> Iterator[list[Message]]:
    chance = random.Random(17)
    announcer = Announcer(AnnouncerIdentity("flow", "flow", scorer.model.name, scorer.model.version))
    records: dict[str, Record] = {}
    every_ms = min(MAX_EVERY_MS, max(1, WITHIN_MS // count))
    for number in range(count):
        contact, at_ms = f"c-{chance.randrange(CONTACTS)}", now_ms - (count - number) * every_ms
        record = records.setdefault(contact, scorer.blank())
        if record.sequence and chance.random() < 0.02:
            erased = scorer.apply_with_links_in_place(contact, record, [Erased(f"x-{number}", at_ms, at_ms)], [])
            yield [*_written(announcer, contact, record, erased.steps), tombstone(contact), _gone(contact)]
        else:
            yield _written(announcer, contact, record, _happened(scorer, contact, record, _fact(chance, number, at_ms)))


def _happened(scorer: Scorer, contact: str, record: Record, fact: Event | AttributesWritten) -> list[Step]:
    if record.links is None:
        return scorer.apply_in_place(record, [fact]).steps
    return scorer.apply_with_links_in_place(contact, record, [], [fact]).steps


def _written(announcer: Announcer, contact: str, record: Record, steps: Sequence[Step]) -> list[Message]:
    owed = announcer.encode(contact, steps, 0 if record.links is None else record.links.erased_at_ms)
    return [Message(CONTACTS_CHANGELOG, contact.encode(), encode_entry(encode_record(record), 1, owed), []), *owed]


def _gone(contact: str) -> Message:
    return Message(CONTACTS_CHANGELOG, contact.encode(), None, [])


def _fact(chance: random.Random, number: int, at_ms: int) -> Event | AttributesWritten:
    id_ = f"e-{number}"
    if chance.random() < 0.1:
        title = chance.choice(("CEO", "Clerk", None))
        return AttributesWritten(id_, at_ms, at_ms, {"job_title": title, "seats": chance.randrange(500)})
    kind = chance.choice(("page_visit", "page_visit", "email_open", "form_submission"))
    properties = {"path": chance.choice(("/", "/pricing", "/docs")), "message": f"m-{number}", "form": "contact"}
    return Event(id_, kind, at_ms, at_ms, properties, {})
