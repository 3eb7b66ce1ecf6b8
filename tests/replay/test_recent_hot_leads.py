"""Hot leads of the last weeks, found again in what records hold, are those that were announced."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.replay.cooling import CoolingTimes
from streamprocessor.replay.recent_hot_leads import RecentHotLeads
from streamprocessor.scoring.model.model import DAY_MS, END_OF_TIME_MS, Model
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import Step
from tests.harness.example_share import share
from tests.scoring.histories import events, submissions
from tests.scoring.models import START_MS

TYPES = ("email_open", "page_visit", "email_click", "unsubscribe")
MODEL = """
correction_window: 365d # nothing is compacted
scores:
  s:
    decay: {half_life: 5d}
    groups: {mail: {limit: {points: 30}}}
    rules:
      - {id: open, on: email_open, points: 9, group: mail}
      - {id: click, on: email_click, points: 14, limit: {count: 1, per: properties.url, within: 7d}}
      - {id: pricing, on: page_visit, points: 12, where: {properties.path: {starts_with: /pricing}}}
      - {id: crm, on: page_visit, points: 8, where: {properties.product: crm}, decay: {expires_after: 9d}}
      - {id: form, on: form_submission, points: 15}
      - {id: gone, on: unsubscribe, points: -10, decay: none}
      - {id: silent, inactivity: {of: any, after: 10d, points: -5}}
      - {id: ceo, when: {attributes.title: CEO}, points: 10}
    stages: {cold: 0, warm: 15, hot: HOT, hotter: 60}
hot_lead: {score: s, stage: hot, announce_within: 30d}
"""
SHARP, LAZY = (
    parse_model(MODEL.replace("HOT", hot), "m") for hot in ("25", "{from: 25, leave_below: 18}")
)  # of a lazy stage what came before does not follow from evidence


@st.composite
def lives(draw: st.DrawFn) -> list[Fact]:
    """What comes of one contact, in the order of its arrival."""
    came = [draw(events(n, TYPES)) for n in range(draw(st.integers(1, 12)))] + draw(submissions(0))
    in_turn = sorted(came, key=lambda event: (event.arrival_ms, event.occurred_at_ms, event.id))
    titles = draw(st.sampled_from([(), ("CEO",)]))
    return [*(AttributesWritten("u", START_MS, START_MS, {"title": title}) for title in titles), *in_turn]


def lived(model: Model, facts: list[Fact]) -> tuple[Record, list[Step]]:
    """The record that the facts leave one by one, and all steps."""
    scorer, steps = Scorer(model), list[Step]()
    record = scorer.blank()
    for fact in facts:
        steps += scorer.apply_in_place(record, [fact]).steps
    return decode_record(encode_record(record)), steps


@share(30)
@given(lives(), st.integers(0, 60))
def test_hot_leads_are_found_again(facts: list[Fact], days: int) -> None:
    since_ms = START_MS + days * DAY_MS
    record, steps = lived(SHARP, facts)
    before = encode_record(record)

    found = RecentHotLeads(Scorer(SHARP)).count(record, since_ms, END_OF_TIME_MS)

    assert found == sum(len(step.hot_leads) for step in steps if step.at_ms > since_ms)
    assert encode_record(record) == before


def test_lives_have_hot_leads_before_and_after() -> None:
    """What the test above is made of: a contact that is hot at first, cools, and becomes hot anew."""
    clicks = [
        Event(f"e{n}", "email_click", at_ms, at_ms, {"url": n}, {})
        for n, days in enumerate((0, 0, 20, 20, 50, 50))
        for at_ms in [START_MS + days * DAY_MS + n]
    ]
    record, steps = lived(SHARP, list(clicks))
    counts = {
        days: RecentHotLeads(Scorer(SHARP)).count(record, START_MS + days * DAY_MS - 1, END_OF_TIME_MS)
        for days in (0, 1, 20, 21, 51)
    }
    assert (sum(len(step.hot_leads) for step in steps), counts) == (3, {0: 3, 1: 2, 20: 2, 21: 1, 51: 0})


@share(30)
@given(lives(), st.sampled_from([SHARP, LAZY]))
def test_a_contact_cools_when_time_alone_takes_it_out_of_the_hot_stages(facts: list[Fact], model: Model) -> None:
    record, _ = lived(model, facts)
    scorer = Scorer(model)

    cools_ms = CoolingTimes(model).cools_at(record, record.at_ms)

    while record.shown["s"][1] in ("hot", "hotter") and record.holds_until_ms is not None:
        scorer.advance_in_place(record, END_OF_TIME_MS, at_most=1)
    assert cools_ms == (None if record.shown["s"][1] in ("hot", "hotter") else record.at_ms)


def test_who_is_hot_by_a_label_cools_with_the_scores_that_make_it() -> None:
    text = MODEL.replace("HOT", "25").replace("score: s, stage: hot,", "score: grade, stage: A1,")
    fit = (
        "  fit:\n    rules:\n      - {id: ceo, when: {attributes.title: CEO}, points: 10}\n    stages: {B: 0, A: 10}\n"
    )
    labels = "labels: {A: {cold: A3, warm: A2, hot: A1, hotter: A0}}"
    grade = f"  grade:\n    combine: {{matrix: {{rows: fit, columns: s, {labels}}}}}\n"
    model = parse_model(text.replace("hot_lead:", fit + grade + "hot_lead:"), "m")
    ceo = AttributesWritten("u", START_MS, START_MS, {"title": "CEO"})
    record, _ = lived(
        model, [ceo, *(Event(f"e{n}", "form_submission", START_MS, START_MS, {"n": n}, {}) for n in (1, 2))]
    )
    assert record.shown["grade"][1] == "A1"

    cools_ms = CoolingTimes(model).cools_at(record, record.at_ms)

    plain = replace(
        model, scores=tuple(score for score in model.scores if score.name == "s"), hot_leads=SHARP.hot_leads
    )
    assert cools_ms == CoolingTimes(plain).cools_at(record, record.at_ms)
