"""The laws of SCORING.md hold for random models and random histories, judged by the oracle."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from streamprocessor.scoring.evidence.union import is_suppressed, suppression_of
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, Model, Score
from streamprocessor.scoring.model.rules import Decay, EventRule, HalfLife
from streamprocessor.scoring.record.facts import Event, Fact, Verdict
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import Step
from streamprocessor.scoring.terms.decay_laws import PercentPerDayEvery
from tests.harness.example_share import share
from tests.scoring.against_oracle import (
    FLOAT_NANO,
    all_answers,
    as_shown,
    assert_parts_are_the_oracles,
    assert_scores_are_the_oracles,
    number_at,
    record_of,
    record_of_batches,
    shown,
    unrounded_nano,
    without_later_events,
)
from tests.scoring.histories import histories, instants, redelivered, split
from tests.scoring.models import START_MS, Taste, bursts_in_a_moment, eager_rules, half_lives_ms, models, summable_rules
from tests.scoring.oracle.replay import Replay, SeenStep
from tests.scoring.oracle.scores import Answer, score_at
from tests.scoring.oracle.stages import Shown, blank_of
from tests.scoring.oracle.steps import jump_instants, next_step
from tests.scoring.oracle.suppression import is_suppressed as oracles_is_suppressed

FEW_STEPS = Taste(precisions_nano=(5 * NANO, 10 * NANO))
FEW_STEPS_WITH_HYSTERESIS = FEW_STEPS._replace(hysteresis=True)
EAGER = Taste(eager_rules, precisions_nano=(5 * NANO,), stages_at=(0, 40), hysteresis=True)
TEN_DAYS_MS = 10 * DAY_MS


# ---- one function of the evidence ------------------------------------------------------------------------------


@given(data=st.data())
def test_neither_order_nor_repetition_changes_an_answer_and_each_is_the_oracles(data: st.DataObject) -> None:
    model = data.draw(models())
    history = data.draw(histories(model))
    t_ms = data.draw(instants(model, history))
    scorer = Scorer(model)

    answers = all_answers(scorer, record_of(scorer, history), t_ms)
    assert all_answers(scorer, record_of(scorer, data.draw(redelivered(history))), t_ms) == answers
    assert_scores_are_the_oracles(model, answers[0], history, t_ms)
    assert is_suppressed(record_of(scorer, history)) is oracles_is_suppressed(model, history)
    for (name, value), parts in answers[1].items():
        assert sum(part.points_nano for part in parts) == number_at(answers[0], name, value)
        assert_parts_are_the_oracles(model, name, parts, history, t_ms, value)


@share(30)
@given(data=st.data())
def test_batches_and_bytes_between_them_change_no_score(data: st.DataObject) -> None:
    model = data.draw(models(FEW_STEPS))
    history = data.draw(histories(model))
    t_ms = data.draw(instants(model, history))
    scorer = Scorer(model)

    record, _ = record_of_batches(scorer, data.draw(split(data.draw(redelivered(history)))))
    whole = record_of(scorer, history)
    assert scorer.scores_at(record, t_ms) == scorer.scores_at(whole, t_ms)
    assert scorer.next_step(record, t_ms) == scorer.next_step(whole, t_ms)
    assert suppression_of(record) == suppression_of(whole)


@share(30)
@given(data=st.data())
def test_evidence_later_than_the_instant_does_not_exist(data: st.DataObject) -> None:
    model = data.draw(models())
    history = data.draw(histories(model))
    t_ms = data.draw(instants(model, history))
    scorer = Scorer(model)

    known_then = record_of(scorer, without_later_events(history, t_ms))
    assert all_answers(scorer, record_of(scorer, history), t_ms) == all_answers(scorer, known_then, t_ms)


@share(30)
@given(law=st.one_of(half_lives_ms.map(HalfLife), st.just(PercentPerDayEvery(0.02, DAY_MS))), data=st.data())
def test_exponential_decay_of_two_ages_is_the_decay_of_their_sum(law: Decay, data: st.DataObject) -> None:
    points = 1_000
    scorer = Scorer(Model("m", "v", (Score("s", (EventRule("r", ("x",), points * E15, decay=law),)),)))
    record = record_of(scorer, [Event("e", "x", START_MS, START_MS, {}, {})])
    unit_ms = DAY_MS if isinstance(law, PercentPerDayEvery) else 1
    ages = st.integers(0, 60 * DAY_MS // unit_ms).map(lambda units: units * unit_ms)
    first_ms, second_ms = data.draw(ages), data.draw(ages)

    at_first, at_second, at_both = (
        unrounded_nano(scorer.scores_at(record, START_MS + age_ms)["s"]) / NANO / points
        for age_ms in (first_ms, second_ms, first_ms + second_ms)
    )
    assert at_first * at_second == pytest.approx(at_both, abs=3e-12)


# ---- time ------------------------------------------------------------------------------------------------------


@share(30)
@given(data=st.data())
def test_the_next_step_is_the_first_instant_that_shows_something_else(data: st.DataObject) -> None:
    model = data.draw(models())
    history = data.draw(histories(model))
    t_ms = data.draw(instants(model, history))
    scorer, known = Scorer(model), without_later_events(history, t_ms)
    record = record_of(scorer, known) if known else scorer.blank()

    now, step_ms = shown(scorer, record, t_ms), scorer.next_step(record, t_ms)
    of_each = [scorer.next_step_of(record, score.name, t_ms) for score in model.scores]
    assert step_ms == min((instant for instant in of_each if instant is not None), default=None)
    for score, instant_ms in zip(model.scores, of_each, strict=True):
        if instant_ms is not None:
            before, after = (shown(scorer, record, at_ms)[score.name] for at_ms in (instant_ms - 1, instant_ms))
            assert before == now[score.name] != after
    if step_ms is not None:
        assert step_ms > t_ms
        assert shown(scorer, record, step_ms) != now
        assert shown(scorer, record, step_ms - 1) == now

    oracles_ms = next_step(model, known, t_ms)
    note(f"scorer {step_ms}, oracle {oracles_ms}")
    last_ms = t_ms + 3_650 * DAY_MS if step_ms is None else step_ms - 1
    probes = [*jump_instants(model, known, t_ms), data.draw(st.integers(t_ms, max(t_ms, last_ms))), last_ms]
    for probe_ms in [*probes, *([] if oracles_ms is None else [oracles_ms])]:
        if step_ms is None or t_ms <= probe_ms < step_ms:
            assert shown(scorer, record, probe_ms) == now, probe_ms
    for instant_ms in (step_ms, oracles_ms):
        if instant_ms is not None:
            assert_scores_are_the_oracles(model, scorer.scores_at(record, instant_ms), known, instant_ms)


@share(30)
@given(data=st.data())
def test_no_record_sleeps_past_its_next_step(data: st.DataObject) -> None:
    model = data.draw(models(FEW_STEPS_WITH_HYSTERESIS))
    history = data.draw(histories(model))
    scorer = Scorer(model)
    record, _ = record_of_batches(scorer, data.draw(split(history)))
    step_ms = scorer.next_step(record, record.at_ms)
    if record.holds_until_ms is None:
        assert step_ms is None
    elif step_ms is not None:
        assert record.at_ms < record.holds_until_ms <= step_ms


@share(20)
@given(data=st.data())
def test_the_steps_announced_are_those_of_a_replay(data: st.DataObject) -> None:
    model = data.draw(models(FEW_STEPS_WITH_HYSTERESIS))
    assert_steps_are_those_of_a_replay(model, data.draw(histories(model, most_events=5)), data)


@share(25)
@given(data=st.data())
def test_episodes_begin_and_are_announced_as_in_a_replay(data: st.DataObject) -> None:
    model = data.draw(models(EAGER))
    assert_steps_are_those_of_a_replay(model, data.draw(histories(model)), data)


def assert_steps_are_those_of_a_replay(model: Model, history: list[Fact], data: st.DataObject) -> None:
    batches = data.draw(split(sorted(history, key=lambda fact: fact.arrival_ms)))
    end_ms = max(fact.arrival_ms for fact in history) + data.draw(st.integers(0, 60)) * DAY_MS
    scorer, replayed = Scorer(model), Replay(model)

    record, steps = record_of_batches(scorer, batches)
    steps += scorer.advance_in_place(record, end_ms)
    for batch in batches:
        replayed.learn(batch)
    replayed.pass_time(end_ms)

    assert [step.sequence for step in steps] == list(range(1, len(steps) + 1))
    assert [shown_after(model, step) for step in steps] == [step.shown for step in replayed.steps]
    assert [step.cause == "time" for step in steps] == [step.by_time for step in replayed.steps]
    assert [step.is_first for step in steps] == [step.is_first for step in replayed.steps]
    for step, expected in zip(steps, replayed.steps, strict=True):
        assert_same_instant(model, history, step.at_ms, expected.at_ms)
    announced = [[(lead.score, lead.episode, lead.attributes) for lead in step.hot_leads] for step in steps]
    assert announced == [
        [(name, n, told(model, name, step)) for name, n, is_announced in step.hot_leads if is_announced]
        for step in replayed.steps
    ]
    assert shown(scorer, record, record.at_ms) == replayed.shown


def told(model: Model, name: str, step: SeenStep) -> dict[str, Any] | None:
    """What the announcement of the score's hot lead tells of the contact's attributes."""
    (included,) = [lead.include_attributes for lead in model.hot_leads if lead.score == name]
    return None if included is None else {each: step.attributes[each] for each in included if each in step.attributes}


def shown_after(model: Model, step: Step) -> dict[str, Shown]:
    """What is shown after a step; values that are back to what is shown without evidence are left out."""
    after = {}
    for score, score_step in zip(model.scores, step.scores, strict=True):
        now = as_shown(score_step)
        if isinstance(now, dict):
            blank = blank_of(model, score)
            now = {name: value for name, value in now.items() if value != blank}
        after[score.name] = now
    return after


def assert_same_instant(model: Model, history: list[Fact], got_ms: int, expected_ms: int) -> None:
    """The same millisecond, or two between which the scores move by no more than floating point may be off."""
    if got_ms != expected_ms:
        got, expected = score_at(model, history, got_ms), score_at(model, history, expected_ms)
        before, after = numbers_of(got), numbers_of(expected)
        moved = {name: after[name] - before[name] for name in before}
        assert all(abs(nano) <= 2 * FLOAT_NANO for nano in moved.values()), (got_ms, expected_ms, moved)


def numbers_of(answers: dict[str, Answer]) -> dict[tuple[str, str | None], int]:
    """The unrounded number of each score, and of each value of a `by` score."""
    numbers: dict[tuple[str, str | None], int] = {}
    for name, answer in answers.items():
        if isinstance(answer, dict):
            numbers |= {(name, value): number[1] for value, number in answer.items()}
        elif answer is not None:
            numbers[name, None] = answer[1]
    return numbers


# ---- evidence that was compacted --------------------------------------------------------------------------------


@share(30)
@given(data=st.data())
def test_compacted_evidence_counts_as_if_it_were_still_there(data: st.DataObject) -> None:
    rules = data.draw(st.sampled_from([FEW_STEPS, FEW_STEPS._replace(rules=summable_rules)]))
    # A delivery that is learned of late may class clicks that are compacted already, so deliveries tell nothing here.
    model = data.draw(models(rules._replace(window_ms=TEN_DAYS_MS, scanners=bursts_in_a_moment)))
    history = [soon_delivered(fact, n) for n, fact in enumerate(data.draw(histories(model, most_events=20)))]
    history = [fact for fact in history if not isinstance(fact, Verdict)]
    delivered = sorted(history, key=lambda fact: fact.arrival_ms)
    later_ms = data.draw(st.integers(0, 40)) * DAY_MS
    scorer = Scorer(model)

    record, _ = record_of_batches(scorer, data.draw(split(delivered)))
    t_ms = record.at_ms + later_ms
    assert_scores_are_the_oracles(model, scorer.scores_at(record, t_ms), history, t_ms)
    assert is_suppressed(record) is oracles_is_suppressed(model, history)
    answers = all_answers(scorer, record, t_ms)
    for (name, value), parts in answers[1].items():
        assert sum(part.points_nano for part in parts) == number_at(answers[0], name, value)


def soon_delivered(fact: Fact, number: int) -> Fact:
    """The fact under an id of its own, delivered well within the correction window."""
    delay_ms = min(fact.arrival_ms - fact.occurred_at_ms, TEN_DAYS_MS // 2)
    return fact._replace(id=f"{fact.id}-{number}", arrival_ms=fact.occurred_at_ms + delay_ms)
