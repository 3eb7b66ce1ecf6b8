"""A file of events, replayed by two models in processes of its own."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import ModelRevision
from streamprocessor.errors import OperatorError
from streamprocessor.replay.run.answer import answer_of
from streamprocessor.replay.run.order import ReplayOrder, decode_order, encode_order
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


def test_the_same_model_differs_nowhere() -> None:
    tally = replayed([*STORY, line("dan", "form_submission", 3)], MODEL).tally

    assert (tally.contacts, tally.changed) == (4, 0)
    assert all(before == after for _, before, after in tally.moves)
    hot_leads = [{key[:2]: n for key, n in tally.hot_leads.items() if key[2] is side} for side in (False, True)]
    assert hot_leads[0] == hot_leads[1] != {}


def test_those_who_are_asked_for_are_told_of_one_by_one_with_their_names() -> None:
    named = {"contact_id": "bob", "update": "attributes", "id": "u", "occurred_at": START_MS}
    lines = [*STORY, orjson.dumps({**named, "attributes": {"first_name": "Bob"}})]

    outcome = replayed(lines, WARMER, contacts=frozenset({"bob"}))

    assert outcome.tally.contacts == 1
    (row,) = outcome.rows
    assert (row.contact_id, row.display_name, row.hot_leads) == ("bob", "Bob", (0, 1))
    before, after = row.scores["engagement"]
    assert (before, after) == ({"score": 10, "stage": "cold"}, {"score": 30, "stage": "hot"})


def test_a_contact_who_never_came_is_named() -> None:
    with pytest.raises(OperatorError, match="got 1 others: 'nobody'"):
        replayed(STORY, MODEL, contacts=frozenset({"ann", "nobody"}))


def test_what_arrived_before_since_is_left_out() -> None:
    tally = replayed(STORY, MODEL, since_ms=START_MS + HOUR_MS).tally

    assert (tally.records, tally.contacts) == (2, 2)


def test_lines_that_can_not_be_used_are_named_and_the_others_replayed() -> None:
    outcome = replayed([b"{broken\n", b"\n", *STORY], MODEL)

    assert [(bad.line, bad.reason) for bad in outcome.bad_lines] == [(1, "not-json")]
    assert outcome.tally.contacts == 3


def test_linked_contacts_are_one_and_those_who_are_gone_are_none() -> None:
    update = {"occurred_at": START_MS + HOUR_MS}
    lines = [
        *STORY,
        orjson.dumps({**update, "contact_id": "ann", "id": "m", "update": "identify", "anonymous_id": "bob"}),
        orjson.dumps(
            {**update, "contact_id": "cid", "id": "e", "update": "erase", "occurred_at": START_MS + 2 * HOUR_MS}
        ),
    ]

    outcome = replayed(lines, MODEL, contacts=frozenset({"ann"}))
    tally = replayed(lines, MODEL).tally

    assert outcome.rows[0].scores["engagement"][0] == {"score": 40, "stage": "hot"}
    assert tally.contacts == 1


@pytest.mark.parametrize(
    ("late_hours", "hot_leads"), [(0.0, 1), (25.0, 0)], ids=["news make a hot lead", "old news make none"]
)
def test_a_form_is_announced_as_a_worker_would(late_hours: float, hot_leads: int) -> None:
    arrival_ms = START_MS + int(late_hours * HOUR_MS)

    tally = replayed([line("ann", "form_submission", 0, arrival=arrival_ms)], MODEL).tally

    assert tally.hot_leads.total() == 2 * hot_leads


def test_the_answer_says_it_in_json() -> None:
    order = ReplayOrder(Settings(), revision(MODEL, 1), revision(WARMER, 2), START_MS + 300 * HOUR_MS)
    answer = answer_of(order, replay_lines(order, STORY, lambda _: None))

    assert answer["scores"]["engagement"]["moves"] == [{"before": "cold", "after": "hot", "contacts": 1}]
    assert answer["becomes_hot"] == [{"contact_id": "bob", "display_name": None}]
    assert answer["hot_leads"] == {"before": 1, "after": 2}
    assert answer["hot_leads_a_week"] == {"before": 0.56, "after": 1.12}
    assert answer["unmet_rules"] == [{"score": "engagement", "rule": "call"}]
    visit = next(each for each in answer["rules"] if each["rule"] == "visit")
    assert (visit["before"], visit["after"]) == ({"contacts": 2, "points": 15}, {"contacts": 2, "points": 45})
    assert [each["rule"] for each in answer["sensitivity"]["deciding"]] == ["form", "visit"]
    assert orjson.loads(orjson.dumps(answer)) == answer


def test_an_order_is_the_same_for_its_process() -> None:
    order = ReplayOrder(Settings(), revision(MODEL, 1), revision(WARMER, 2), START_MS, "salt", START_MS - 1)

    assert decode_order(encode_order(order)) == order
