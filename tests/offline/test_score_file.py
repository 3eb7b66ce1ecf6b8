"""Offline scores are those of the law: of any order of lines, with the stages that a life in order leaves."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from streamprocessor.contract.model_file.read_model import parse_model, read_model
from streamprocessor.imports.rows import BadRow
from streamprocessor.offline.score_file import read_facts, score_offline
from tests.scoring.oracle.scores import oracle_scores

DEFAULT_MODEL = Path(__file__).parents[2] / "deploy" / "scoring.yaml"
DAY_MS = 86_400_000
AT_MS = 1_795_334_400_000  # 2026-11-22T08:00:00Z


def event(contact_id: str, event_type: str, age_ms: int, **more: Any) -> bytes:
    return json.dumps({"contact_id": contact_id, "type": event_type, "occurred_at": AT_MS - age_ms} | more).encode()


def refuse(bad: BadRow) -> None:
    pytest.fail(f"line {bad.line}: {bad.reason}: {bad.detail}")


def scored(model_text: str, lines: list[bytes], at_ms: int = AT_MS) -> list[dict[str, Any]]:
    return list(score_offline(parse_model(model_text, "test"), read_facts(lines, refuse), at_ms))


def test_the_answer_has_the_shape_of_the_contract() -> None:
    lines = [event("c-1", "email_click", 15 * DAY_MS, id="e1", properties={"url": "/a"}), event("b", "download", 0)]

    first, second = score_offline(read_model(DEFAULT_MODEL), read_facts(lines, refuse), AT_MS)

    assert (first["contact_id"], second["contact_id"]) == ("b", "c-1")
    assert set(second) == {"contact_id", "at", "scores", "explanation"}
    assert second["at"] == "2026-11-22T08:00:00.000Z"
    score = second["scores"]["engagement"]
    assert (score["score"], score["unrounded"], score["stage"]) == (4, 3.535533906, "cold")
    assert score["next_step_at"] == "2026-11-22T18:29:33.665Z"
    assert second["explanation"]["engagement"] == [
        {
            "rule": "click",
            "event_id": "e1",
            "occurred_at": "2026-11-07T08:00:00.000Z",
            "of": 5,
            "points": 3.535533906,
            "factor": pytest.approx(0.5**0.5),
            "class": "human",
        }
    ]


RISING = """
scores:
  heat:
    rules: [{id: visit, on: page_visit, points: 10, decay: {expires_after: 2d}}]
    stages: {cold: 0, warm: {from: 20, leave_below: 5}}
"""


def test_the_stage_is_the_one_that_the_life_until_then_left() -> None:
    visits = [event("c-1", "page_visit", age_ms, id=str(age_ms)) for age_ms in (3 * DAY_MS, 3 * DAY_MS - 1, DAY_MS)]

    (answer,) = scored(RISING, visits)
    (before,) = scored(RISING, visits, AT_MS - 3 * DAY_MS)

    assert (answer["scores"]["heat"]["score"], answer["scores"]["heat"]["stage"]) == (10, "warm")
    assert (before["scores"]["heat"]["score"], before["scores"]["heat"]["stage"]) == (10, "cold")


def test_time_between_events_can_end_a_stage() -> None:
    visits = [event("c-1", "page_visit", age_ms, id=str(age_ms)) for age_ms in (9 * DAY_MS, 9 * DAY_MS - 1, DAY_MS)]

    (cooled,) = scored(RISING, visits)

    assert (cooled["scores"]["heat"]["score"], cooled["scores"]["heat"]["stage"]) == (10, "cold")


def test_events_later_than_the_instant_do_not_exist() -> None:
    lines = [event("c-1", "page_visit", -1), event("c-1", "page_visit", 0)]

    (now,) = scored(RISING, lines)
    (before,) = scored(RISING, lines, AT_MS - 1)

    assert now["scores"]["heat"]["score"] == 10
    assert before["scores"]["heat"] == {"score": 0, "unrounded": 0.0, "stage": "cold", "next_step_at": None}
    assert before["explanation"]["heat"] == []


FIT = """
scores:
  fit:
    rules: [{id: boss, when: {attributes.job: CEO}, points: 30}, {id: open, on: email_open, points: 1}]
"""


KINDS = """
scores:
  heat:
    applies_when: {attributes.stage: {not: customer}}
    rules: [{id: visit, on: page_visit, points: 10}]
    stages: {C: 0, D: 5}
  fit:
    rules: [{id: boss, when: {attributes.job: CEO}, points: 30}]
    stages: {A: 0}
  total: {combine: {weighted: {heat: 0.5, fit: 1}}}
  grade: {combine: {matrix: {rows: fit, columns: heat}}}
  interest:
    by: properties.product
    rules: [{id: visit, on: page_visit, points: 10, decay: {expires_after: 2d}}]
"""


def test_a_score_by_value_is_answered_with_each_value_and_its_parts() -> None:
    visits = [event("c-1", "page_visit", n, id=f"e{n}", properties={"product": f"p{n // 2}"}) for n in range(3)]

    (answer,) = scored(KINDS, visits)

    interest = answer["scores"]["interest"]
    assert interest["values"]["p0"] == {"score": 20, "unrounded": 20.0, "stage": None}
    assert (list(interest["values"]), interest["next_step_at"]) == (["p0", "p1"], "2026-11-24T07:59:59.998Z")
    parts = answer["explanation"]["interest"]
    assert {value: [part["event_id"] for part in parts[value]] for value in parts} == {"p0": ["e1", "e0"], "p1": ["e2"]}
    assert answer["scores"]["total"]["score"] == 15
    assert [part["rule"] for part in answer["explanation"]["total"]] == ["heat/visit"] * 3
    assert answer["scores"]["grade"] == {"score": None, "unrounded": None, "stage": "AD", "next_step_at": None}


def test_a_score_that_does_not_apply_is_answered_as_null() -> None:
    left = (
        b'{"contact_id": "c-1", "update": "attributes", "attributes": {"stage": "customer"}, "occurred_at": %d}' % AT_MS
    )

    (answer,) = scored(KINDS, [event("c-1", "page_visit", 0), left])

    assert (answer["scores"]["heat"], answer["scores"]["grade"]) == (None, None)
    assert answer["explanation"] == {"heat": [], "fit": [], "total": [], "grade": [], "interest": {}}


def test_attributes_and_verdicts_written_later_hold_for_any_instant() -> None:
    lines = [
        event("c-1", "email_open", 0, id="e1"),
        event("c-1", "email_open", 0, id="e2"),
        b'{"contact_id": "c-1", "update": "attributes", "attributes": {"job": "CEO"}, "occurred_at": %d}' % (AT_MS + 9),
        b'{"contact_id": "c-1", "update": "verdict", "event_id": "e2", "actor": "scanner", "occurred_at": %d}'
        % (AT_MS + 9),
    ]

    (answer,) = scored(FIT, lines)

    assert answer["scores"]["fit"]["score"] == 31


def test_bad_lines_are_told_with_their_number_and_reason_and_the_rest_is_scored() -> None:
    bad: list[BadRow] = []
    lines = [b"\xef\xbb\xbf" + event("c-1", "page_visit", 0), b"", b"{", b"[]", b'{"type": "page_visit"}']

    facts = read_facts([*lines, event("c-2", "page_visit", 0), event("c-3", "x", 0, occurred_at="soon")], bad.append)

    assert list(facts) == ["c-1", "c-2"]
    assert [(row.line, row.reason) for row in bad] == [
        (3, "not-json"),
        (4, "not-an-object"),
        (5, "no-contact"),
        (7, "bad-time"),
    ]


def test_old_evidence_is_explained_event_by_event() -> None:
    visits = [event("c-1", "download", age * DAY_MS, id=f"e{age}") for age in (0, 100, 300)]

    (answer,) = score_offline(read_model(DEFAULT_MODEL), read_facts(visits, refuse), AT_MS)

    parts = answer["explanation"]["engagement"]
    assert [part["event_id"] for part in parts if part["rule"] == "download"] == ["e300", "e100", "e0"]
    assert sum(Decimal(str(part["points"])) for part in parts) == Decimal(
        str(answer["scores"]["engagement"]["unrounded"])
    )


def test_any_order_and_any_repetition_of_the_lines_gives_the_same_answers() -> None:
    rng = random.Random(7)
    lines = [
        event(
            f"c-{rng.randrange(5)}", kind, rng.randrange(90 * DAY_MS), id=f"e{number}", properties={"path": "/pricing"}
        )
        for number, kind in enumerate(rng.choices(["email_open", "page_visit", "download", "unsubscribe"], k=200))
    ]
    model = read_model(DEFAULT_MODEL)
    shuffled = rng.sample(lines + lines[:50], k=250)

    expected = list(score_offline(model, read_facts(lines, refuse), AT_MS))

    assert list(score_offline(model, read_facts(shuffled, refuse), AT_MS)) == expected
    oracle = oracle_scores(model, read_facts(lines, refuse), AT_MS)
    for answer in expected:
        judged = oracle[answer["contact_id"]]["engagement"]
        assert judged is not None
        presented_nano, unrounded_nano = judged
        assert answer["scores"]["engagement"]["score"] * 10**9 == presented_nano
        assert abs(round(answer["scores"]["engagement"]["unrounded"] * 10**9) - unrounded_nano) <= 1
