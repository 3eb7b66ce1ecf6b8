"""Corners of the law that a random search seldom meets: scorer and oracle both give the value that is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, HotLead
from streamprocessor.scoring.model.rules import AttributeRule, Comparison, Limit, Rule
from streamprocessor.scoring.record.facts import (
    BROWSER_ONCE_RANK,
    BROWSER_RANK,
    HUMAN,
    SCANNER,
    SERVER_ONCE_RANK,
    SERVER_RANK,
    AttributesWritten,
    Fact,
    SuppressionChanged,
    Verdict,
)
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter
from tests.scoring.against_oracle import record_of, record_of_batches
from tests.scoring.models import START_MS as WINDOWS_BEGIN_MS
from tests.scoring.oracle.replay import replay
from tests.scoring.oracle.scores import one_number, score_at
from tests.scoring.oracle.test_vectors import STAGES, START_MS, clicks, event, model_of

EPOCH_DAY = (WINDOWS_BEGIN_MS - START_MS) / DAY_MS
ONE_MS = 1 / DAY_MS
ONE_A_WEEK = clicks(1 * E15, limit=Limit(count=1, within_ms=7 * DAY_MS))
ONE_A_URL = clicks(1 * E15, limit=Limit(count=1, per="properties.url"))
BOSS = AttributeRule("boss", Comparison("title", "equals", "CEO"), 1 * E15)
LARGE = AttributeRule("large", Comparison("firm.size", "at_least", 100), 1 * E15)
IN_A_FIRM = AttributeRule("employed", Comparison("firm", "exists", operand=True), 1 * E15)


def verdict(number: int, day: float, actor: str) -> Verdict:
    at_ms = START_MS + round(day * DAY_MS)
    return Verdict(f"v{number}", at_ms, at_ms, "a", actor)


def titled(number: int, day: float, title: str | None) -> AttributesWritten:
    return written(day, {"title": title}, number)


def written(day: float, attributes: dict[str, Any], number: int = 1, rank: int = SERVER_RANK) -> AttributesWritten:
    at_ms = START_MS + round(day * DAY_MS)
    return AttributesWritten(f"w{number}-{day}", at_ms, at_ms, attributes, rank)


def once(day: float, title: str, rank: int = SERVER_ONCE_RANK) -> AttributesWritten:
    return written(day, {"title": title}, rank=rank)


@pytest.mark.parametrize(
    ("rule", "facts", "points"),
    [
        (ONE_A_WEEK, [event("a", EPOCH_DAY - ONE_MS), event("b", EPOCH_DAY)], 2),
        (ONE_A_WEEK, [event("a", EPOCH_DAY), event("b", EPOCH_DAY + 7 - ONE_MS)], 1),
        (ONE_A_WEEK, [event("a", EPOCH_DAY), event("b", EPOCH_DAY + 7)], 2),
        (ONE_A_URL, [event("a", 0, url=None), event("b", 0)], 2),
        (ONE_A_URL, [event("a", 0, url=1), event("b", 0, url=True), event("c", 0, url="1")], 3),
        (ONE_A_URL, [event("a", 0), event("b", 1)], 1),
        (clicks(1 * E15), [event("a", 0), verdict(1, 1, SCANNER), verdict(2, 2, HUMAN)], 1),
        (clicks(1 * E15), [event("a", 0), verdict(1, 2, SCANNER), verdict(2, 1, HUMAN)], 0),
        (clicks(1 * E15), [event("a", 0), verdict(1, 1, HUMAN), verdict(2, 1, SCANNER)], 0),
        (clicks(1 * E15), [verdict(2, 1, HUMAN), verdict(1, 1, SCANNER), event("a", 0)], 1),
        (BOSS, [titled(1, 1, "CEO"), titled(2, 1, None)], 0),
        (BOSS, [titled(2, 1, "CEO"), titled(1, 1, None)], 1),
        (BOSS, [titled(1, 2, "CEO"), titled(2, 1, "CTO")], 1),
        (LARGE, [written(1, {"firm.size": 500})], 1),
        (LARGE, [written(1, {"firm": {"size": 500}}), written(2, {"firm.size": 50})], 0),
        (LARGE, [written(1, {"firm.size": 50}), written(2, {"firm": {"size": 500}})], 1),
        (LARGE, [written(1, {"firm.size": 500}), written(2, {"firm": {"name": "Acme"}})], 0),
        (LARGE, [written(1, {"firm.size": 500}), written(2, {"firm": None})], 0),
        (LARGE, [written(1, {"firm.size": 500}), written(2, {"firm": "Acme"})], 1),
        (LARGE, [written(1, {"firm": {"size": 500}}), written(2, {"firm.name": "Acme"})], 1),
        (LARGE, [written(1, {"firm": {"size": 500}}), written(2, {"firm.size": None})], 0),
        (LARGE, [written(1, {"firm": {"size": 50}, "firm.size": 500})], 1),
        (IN_A_FIRM, [written(1, {"firm.size": 500})], 1),
        (IN_A_FIRM, [written(1, {"firm.size": 500}), written(2, {"firm.size": None})], 0),
        (IN_A_FIRM, [written(1, {"firm": None}), written(2, {"firm.size": 500})], 1),
        (BOSS, [once(1, "CEO")], 1),
        (BOSS, [once(1, "CEO"), once(2, "CTO")], 1),
        (BOSS, [titled(1, 1, "CTO"), once(2, "CEO")], 0),
        (BOSS, [once(1, "CEO"), titled(1, 2, "CTO")], 0),
        (BOSS, [once(1, "CTO", BROWSER_RANK), once(2, "CEO")], 0),
        (
            BOSS,
            [written(1, {"title": "CTO"}, 1, BROWSER_ONCE_RANK), written(2, {"title": "CEO"}, 2, SERVER_ONCE_RANK)],
            1,
        ),
    ],
)
def test_a_corner_has_its_written_score(rule: Rule, facts: list[Fact], points: int) -> None:
    model = model_of(rule)
    newest_ms = max(WINDOWS_BEGIN_MS, START_MS) + 30 * DAY_MS
    assert one_number(score_at(model, facts, newest_ms)["s"])[1] == points * NANO
    for delivered in (facts, facts[::-1]):
        assert (
            Scorer(model).scores_at(record_of(Scorer(model), delivered), newest_ms)["s"].unrounded_nano == points * NANO
        )


def late(event_id: str, day: float, delay_days: float) -> Fact:
    fact = event(event_id, day)
    return fact._replace(arrival_ms=fact.arrival_ms + round(delay_days * DAY_MS))


def suppression(day: float, *, suppressed: bool) -> Fact:
    at_ms = START_MS + round(day * DAY_MS)
    return SuppressionChanged(f"x{day}", at_ms, at_ms, suppressed)


@pytest.mark.parametrize(
    ("facts", "announced"),
    [
        ([event("a", 0), event("b", 7)], [1, 2]),
        ([event("a", 0), event("b", 7 - ONE_MS)], [1]),
        ([event("a", 0), event("b", 5), event("c", 8)], [1, 3]),
        ([late("a", 0, 1 - ONE_MS)], [1]),
        ([late("a", 0, 1)], []),
        ([suppression(0, suppressed=True), event("a", 1), suppression(3, suppressed=False), event("b", 9)], [2]),
        ([suppression(0, suppressed=True), suppression(-1, suppressed=False), event("a", 1)], []),
    ],
)
def test_an_episode_is_announced_unless_old_news_suppressed_or_too_soon(
    facts: Sequence[Fact], announced: list[int]
) -> None:
    model = model_of(clicks(41 * E15, ExpiresAfter(2 * DAY_MS)), stages=STAGES)
    model = replace(model, hot_leads=(HotLead("s", "hot", rearm_after_ms=7 * DAY_MS),))
    batches = [[fact] for fact in facts]
    in_oracle = [lead for step in replay(model, batches).steps for lead in step.hot_leads]
    assert [episode for _, episode, is_announced in in_oracle if is_announced] == announced
    _, steps = record_of_batches(Scorer(model), batches)
    assert [lead.episode for step in steps for lead in step.hot_leads] == announced


def listed(number: int, day: float, *, announces: bool) -> Fact:
    at_ms = START_MS + round(day * DAY_MS)
    return AttributesWritten(f"w{number}", at_ms, START_MS, {"title": "CEO"}, announces=announces)


@pytest.mark.parametrize(
    ("batch", "announced"),
    [
        ([listed(1, 0, announces=True)], [1]),
        ([listed(1, 0, announces=False)], []),
        ([listed(1, 0, announces=False), listed(2, 0, announces=True)], [1]),
        ([listed(1, 0, announces=False), listed(2, -1, announces=True)], [1]),
        ([listed(1, 0, announces=False), event("a", 0)], [1]),
        ([listed(1, 0, announces=False), late("a", 0, 1)], []),
        ([listed(1, 0, announces=False), Verdict("v", START_MS, START_MS, "a", SCANNER)], []),
        ([listed(1, 0, announces=False), suppression(0, suppressed=False)], []),
    ],
)
def test_attributes_that_announce_nobody_begin_an_episode_and_wake_nobody(
    batch: Sequence[Fact], announced: list[int]
) -> None:
    boss = AttributeRule("boss", Comparison("title", "equals", "CEO"), 41 * E15)
    model = replace(model_of(boss, clicks(1 * E15), stages=STAGES), hot_leads=(HotLead("s", "hot"),))
    in_oracle = [lead for step in replay(model, [batch]).steps for lead in step.hot_leads]
    assert [episode for _, episode, is_announced in in_oracle if is_announced] == announced
    record, steps = record_of_batches(Scorer(model), [batch])
    assert [lead.episode for step in steps for lead in step.hot_leads] == announced
    assert record.episodes["s"][0] == 1
