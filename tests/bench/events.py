"""Events as a business with mails and a site has them: JSON of about 150 bytes, unique ids, four topics."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from streamprocessor.contract.rfc3339 import format_rfc3339

PAGE, OPEN, CLICK, FORM = "page-visits", "email-opens", "email-clicks", "form-submissions"
TOPICS = (PAGE, OPEN, CLICK, FORM)
WEIGHTS = (50, 38, 9, 3)
PATHS = ("/", "/", "/pricing", "/blog/one", "/blog/two", "/docs", "/docs/start", "/about", "/customers", "/careers")
FORMS = ("contact", "newsletter", "newsletter", "whitepaper", "webinar")
MESSAGES = 12
LINKS = 10
BACKLOG_MS = 3_600_000


class Input(NamedTuple):
    """One record for an input topic, by the contract's short name."""

    topic: str
    key: bytes
    value: bytes


class Visitors:
    """Makes events, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def event(self, contact: int, event_id: str, occurred_at_ms: int) -> Input:
        """One thing that a contact does."""
        chance = self._chance
        topic = chance.choices(TOPICS, WEIGHTS)[0]
        if topic == PAGE:
            path = PATHS[int(chance.random() * len(PATHS))]
            properties = f'"path":"{path}","referrer":"mail"'
        elif topic == OPEN:
            properties = f'"message":"m-{int(chance.random() * MESSAGES)}","campaign":"autumn"'
        elif topic == CLICK:
            properties = f'"url":"https://example.com/{int(chance.random() * LINKS)}","campaign":"autumn"'
        else:
            properties = f'"form":"{FORMS[int(chance.random() * len(FORMS))]}"'
        value = (
            f'{{"id":"{event_id}","contact_id":"c-{contact}","occurred_at":"{format_rfc3339(occurred_at_ms)}",'
            f'"properties":{{{properties}}}}}'
        )
        return Input(topic, b"c-%d" % contact, value.encode())


def backlog(seed: int, events: int, contacts: int, now_ms: int) -> Iterator[Input]:
    """Events of the last hour, in order of time, each of any contact."""
    visitors, chance = Visitors(seed), random.Random(seed + 1)
    for number in range(events):
        occurred_at_ms = now_ms - BACKLOG_MS + number * BACKLOG_MS // events
        yield visitors.event(int(chance.random() * contacts), _id(seed, number), occurred_at_ms)


def one_each(seed: int, contacts: int, now_ms: int) -> Iterator[Input]:
    """One event of each contact, now."""
    visitors = Visitors(seed)
    for number in range(contacts):
        yield visitors.event(number, _id(seed, number), now_ms)


def _id(seed: int, number: int) -> str:
    """26 characters, as a ULID has."""
    return f"01JD8Q{seed:04d}{number:016x}"
