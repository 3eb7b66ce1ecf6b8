"""A contact that does not stop: events of all kinds, for as many as are wanted, the same ones each time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamprocessor.scoring.record.facts import Event

FORTY_RULES = Path(__file__).parents[1] / "bench" / "forty_rules.yaml"
START_MS = 1_790_000_000_000
PATHS = ("/", "/pricing", "/docs/start", "/blog/one", "/about")
FORMS = ("contact", "newsletter", "webinar")
KINDS = ("page_visit", "email_open", "email_click", "form_submission", "purchase")
WEIGHTS = (50, 30, 12, 4, 4)


def long_history(events: int, every_ms: int = 1_000) -> Iterator[Event]:
    """So many events, one every_ms after the other, each delivered at once."""
    chance = random.Random(7)
    for number in range(events):
        kind = chance.choices(KINDS, WEIGHTS)[0]
        at_ms = START_MS + number * every_ms
        yield Event(f"01JD8Q{number:020d}", kind, at_ms, at_ms, _properties(kind, number, chance), {})


def _properties(kind: str, number: int, chance: random.Random) -> dict[str, Any]:
    if kind == "page_visit":
        return {"path": chance.choice(PATHS), "referrer": "mail"}
    if kind == "email_open":
        return {"message": f"m-{number // 20}", "campaign": "autumn"}
    if kind == "email_click":
        return {"url": f"https://example.com/{number % 997}", "message": "m"}
    if kind == "form_submission":
        return {"form": chance.choice(FORMS)}
    return {"amount": chance.randint(1, 200)}
