"""A crowd of contacts as a worker leaves them: lives scored by the core, each lived by many under their own names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from streamprocessor.contract.changelog.entry import encode_entry
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG, SCORE_UPDATED
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.record.facts import AttributesWritten, Event
from streamprocessor.scoring.scorer import Scorer
from tests.bench.events import CLICK, FORM, OPEN, PAGE, Input, Visitors

THREE_SCORES = Path(__file__).parent / "three_scores.yaml"
LIVES = 20_000
MOST_EVENTS = 60
LIFE_MS = 120 * DAY_MS
EVENT_TYPES = {PAGE: "page_visit", OPEN: "email_open", CLICK: "email_click", FORM: "form_submission"}
TITLES = ("CEO", "CTO", "Head of Marketing", "Engineer", "Engineer", "Student", "Sales", "Assistant")
COUNTRIES = ("DE", "DE", "US", "US", "US", "FR", "GB", "AT", "CH", "IN")
COMPANIES = 5_000
NOBODY = "c-NOBODY"


class Life(NamedTuple):
    """What the worker wrote of one contact. said: its last score-updated, about a contact named NOBODY."""

    record: bytes
    said: bytes


def lives(scorer: Scorer, count: int, now_ms: int) -> list[Life]:
    """So many different ones over the last months: most with few events, some with many, half of them silent by now."""
    chance, visitors = random.Random(5), Visitors(5)
    announcer = Announcer(AnnouncerIdentity("bench", "bench", scorer.model.name, scorer.model.version))
    return [_life(scorer, announcer, visitors, chance, now_ms) for _ in range(count)]


def name_of(number: int) -> str:
    """The contact's id: like those of a CRM, in no order of time."""
    return f"c-{number * 2_654_435_761 % 2**32:08x}"


def crowd(of: list[Life], contacts: int) -> Iterator[Input]:
    """Their records and last announcements, contact by contact."""
    entries = [encode_entry(life.record, 1, []) for life in of]
    for number in range(contacts):
        key, life = name_of(number).encode(), number % len(of)
        yield Input(CONTACTS_CHANGELOG, key, entries[life])
        if of[life].said:
            yield Input(SCORE_UPDATED, key, of[life].said.replace(NOBODY.encode(), key))


def _life(scorer: Scorer, announcer: Announcer, visitors: Visitors, chance: random.Random, now_ms: int) -> Life:
    record = scorer.blank()
    count = min(MOST_EVENTS, 1 + int(chance.expovariate(1 / 7)))
    last_ms = now_ms - int(LIFE_MS * chance.random() ** 3)
    instants = sorted(last_ms - int(LIFE_MS * chance.random() ** 2) for _ in range(count))
    facts: list[Any] = [AttributesWritten("a", instants[0], now_ms, _attributes(chance))]
    for number, at_ms in enumerate(instants):
        topic, _, value = visitors.event(0, f"01JD8Q{number:020d}", at_ms)
        facts.append(Event(f"01JD8Q{number:020d}", EVENT_TYPES[topic], at_ms, now_ms, _properties(value), {}))
    messages = announcer.encode(NOBODY, scorer.apply_in_place(record, facts).steps)
    return Life(encode_record(record), next((m.value for m in messages if m.topic == SCORE_UPDATED and m.value), b""))


def _attributes(chance: random.Random) -> dict[str, Any]:
    return {
        "job_title": chance.choice(TITLES),
        "country": chance.choice(COUNTRIES),
        "employees": int(chance.lognormvariate(4, 2)),
        "company": f"Company {int(COMPANIES * chance.random() ** 2)}",
    }


def _properties(value: bytes) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(value)["properties"]
    return found
