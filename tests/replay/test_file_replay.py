"""A file of events, replayed by two models in processes of its own."""

from __future__ import annotations

from typing import Any

import orjson

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import ModelRevision
from streamprocessor.replay.run.order import ReplayOrder
from streamprocessor.replay.run.replays import ReplayOutcome, replay_lines
from streamprocessor.settings import Settings

START_MS = 1_760_000_000_000
HOUR_MS = 3_600_000
MODEL = """scores:
  engagement:
    rules:
      - {id: form, on: form_submission, points: 30}
      - {id: visit, on: page_visit, points: 5}
      - {id: call, on: call, points: 10}
    stages: {cold: 0, hot: 30}
hot_lead: {score: engagement, stage: hot}
identity: {addresses: []}
"""
WARMER = MODEL.replace("page_visit, points: 5", "page_visit, points: 15")


def revision(text: str, number: int) -> ModelRevision:
    model = parse_model(text, "test")
    return ModelRevision(number, model.name, model.version, text, 0)


def line(contact: str, type_: str, hours: float, **more: Any) -> bytes:
    at_ms = START_MS + int(hours * HOUR_MS)
    return orjson.dumps({"contact_id": contact, "type": type_, "id": f"{contact}-{hours}", "occurred_at": at_ms} | more)


STORY = [
    line("ann", "form_submission", 0),
    line("bob", "page_visit", 0),
    line("bob", "page_visit", 200),
    line("cid", "page_visit", 1),
]


def replayed(lines: list[bytes], after: str, **more: Any) -> ReplayOutcome:
    order = ReplayOrder(Settings(), revision(MODEL, 1), revision(after, 2), START_MS + 300 * HOUR_MS, **more)
    return replay_lines(order, lines, lambda _: None)


def test_two_models_are_compared_over_a_file() -> None:
    tally = replayed(STORY, WARMER).tally

    assert (tally.contacts, tally.changed, tally.records) == (3, 2, 4)
    assert [each.contact_id for each in tally.becomes_hot] == ["bob"]
    before = sum(count for (_, _, is_candidate), count in tally.hot_leads.items() if not is_candidate)
    after = sum(count for (_, _, is_candidate), count in tally.hot_leads.items() if is_candidate)
    assert (before, after) == (1, 2)
    assert tally.rules["engagement/visit", True].contacts == 2
    assert ("engagement/call", True) not in tally.met
