"""Each stored event that gives nothing says why."""

from __future__ import annotations

import pytest

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.plan.unmet import ALTERNATIVES, AMOUNT, MISSING, OTHER_TYPE, OTHER_VALUE, Unmet
from streamprocessor.scoring.record.facts import PROXY, SCANNER, Event, Verdict
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.uncounted import BY_PROXY, BY_SCANNER, LIMIT, NO_RULE, NOT_MET, REPEAT, Uncounted

NOW_MS = 1_795_000_000_000
SCORER = Scorer(
    parse_model(
        """
scores:
  engagement:
    rules:
      - {id: pricing, on: page_visit, points: 10, where: {properties.path: {starts_with: /pricing}}}
      - {id: form, on: form_submission, points: 25, limit: {once: true}}
      - {id: spent, on: purchase, points_from: {property: properties.amount, times: 1}}
      - {id: either, on: demo, points: 1, where: {any: [{properties.a: 1}, {properties.b: 2}]}}
      - {id: seats, on: trial, points: 1, where: {properties.seats: {at_least: 10}}}
      - {id: open, on: email_open, points: 1}
      - {id: quiet, inactivity: {of: any, after: 30d, points: -5}}
    stages: {cold: 0, hot: 40}
""",
        "model",
    )
)


def event(id_: str, type_: str, actor: str = "human", **properties: object) -> Event:
    return Event(id_, type_, NOW_MS, NOW_MS, dict(properties), {}, actor)


def unmet(rule: str, *what: str) -> Uncounted:
    return Uncounted(NOT_MET, f"engagement/{rule}", Unmet(*what))


@pytest.mark.parametrize(
    ("came", "why"),
    [
        (event("e", "download"), Uncounted(NO_RULE)),
        (event("e", "page_visit", path="/docs"), unmet("pricing", "properties.path", "starts_with", OTHER_VALUE)),
        (event("e", "page_visit", path=7), unmet("pricing", "properties.path", "starts_with", OTHER_TYPE)),
        (event("e", "page_visit"), unmet("pricing", "properties.path", "starts_with", MISSING)),
        (event("e", "purchase"), unmet("spent", "properties.amount", AMOUNT, MISSING)),
        (event("e", "purchase", amount=[]), unmet("spent", "properties.amount", AMOUNT, OTHER_TYPE)),
        (event("e", "demo", a=2), unmet("either", "", ALTERNATIVES, OTHER_VALUE)),
        (event("e", "trial", seats="9"), unmet("seats", "properties.seats", "at_least", OTHER_VALUE)),
        (event("e", "trial", seats="many"), unmet("seats", "properties.seats", "at_least", OTHER_TYPE)),
        (event("e", "form_submission", SCANNER), Uncounted(BY_SCANNER)),
        (event("e", "email_open", PROXY), Uncounted(BY_PROXY)),
    ],
)
def test_an_event_that_gives_nothing_says_why(came: Event, why: Uncounted) -> None:
    record = SCORER.blank()
    SCORER.apply_in_place(record, [came])

    assert SCORER.uncounted(record) == {"e": [why]}


def test_what_a_limit_leaves_out_is_named_and_what_counts_is_not() -> None:
    record = SCORER.blank()
    SCORER.apply_in_place(record, [event("a", "form_submission"), event("b", "form_submission", form="other")])

    assert SCORER.uncounted(record) == {"b": [Uncounted(LIMIT, "engagement/form")]}


def test_what_an_event_says_again_is_named() -> None:
    record = SCORER.blank()
    SCORER.apply_in_place(record, [event("a", "form_submission"), event("b", "form_submission")])

    assert SCORER.uncounted(record) == {"b": [Uncounted(REPEAT, repeats="a")]}


def test_a_verdict_tells_who_did_it() -> None:
    record = SCORER.blank()
    SCORER.apply_in_place(record, [event("e", "form_submission"), Verdict("v", NOW_MS, NOW_MS, "e", SCANNER)])

    assert SCORER.uncounted(record) == {"e": [Uncounted(BY_SCANNER)]}
