"""Steps: when there is one, what it says, why it came, and whom it makes a hot lead."""

from __future__ import annotations

from dataclasses import replace

from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, HotLead, Model, Score, Stage
from streamprocessor.scoring.model.rules import AttributeRule, Comparison, EventRule, HalfLife, InactivityRule
from streamprocessor.scoring.record.facts import (
    SCANNER,
    AttributesWritten,
    Erased,
    Event,
    Fact,
    Merged,
    SuppressionChanged,
    Verdict,
)
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Outcome, Scorer
from streamprocessor.scoring.steps.steps import Step
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter
from tests.scoring.against_oracle import presented_nano

START_MS = 1_790_000_000_000 // DAY_MS * DAY_MS
STAGES = (Stage("cold", 0), Stage("warm", 16 * NANO), Stage("hot", 41 * NANO, 35 * NANO))
ENGAGEMENT = Score(
    "engagement",
    (
        EventRule("click", ("click",), 20 * E15, decay=HalfLife(30.0 * DAY_MS)),
        EventRule("buy", ("buy",), 45 * E15, decay=ExpiresAfter(10 * DAY_MS)),
        AttributeRule("boss", Comparison("title", "contains", "CEO"), 5 * E15),
        InactivityRule("quiet", None, 60 * DAY_MS, -10 * E15),
    ),
    STAGES,
)
FIT = Score("fit", (AttributeRule("boss", Comparison("title", "contains", "CEO"), 30 * E15),))
MODEL = Model("m", "v", (ENGAGEMENT, FIT), (HotLead("engagement", "hot", DAY_MS, 7 * DAY_MS),), revision=1)
SCORER = Scorer(MODEL)


def event(event_id: str, day: float, event_type: str = "click", late_days: float = 0) -> Event:
    at_ms = START_MS + round(day * DAY_MS)
    return Event(event_id, event_type, at_ms, at_ms + round(late_days * DAY_MS), {}, {})


def title(fact_id: str, day: float, value: str | None) -> AttributesWritten:
    at_ms = START_MS + round(day * DAY_MS)
    return AttributesWritten(fact_id, at_ms, at_ms, {"title": value})


def steps_of(record: Record, *batches: Fact) -> list[Step]:
    return [step for fact in batches for step in SCORER.apply_in_place(record, [fact]).steps]


def test_nothing_is_said_of_a_contact_that_is_shown_as_nobody_is() -> None:
    record = SCORER.blank()
    assert SCORER.apply_in_place(record, [event("e", 0, "a type that no rule names")]) == Outcome([], 0, 0)
    assert record.sequence == 0


def test_a_beginning_is_a_step_where_the_model_says_so() -> None:
    scorer = Scorer(replace(MODEL, announce_first=True))
    record = scorer.blank()
    (first,) = scorer.apply_in_place(record, [event("e", 0, "a type that no rule names")]).steps
    assert (first.is_first, first.sequence, first.cause, first.at_ms) == (True, 1, "event", START_MS)
    assert [(score.stage, score.changed) for score in first.scores] == [("cold", False), (None, False)]
    assert scorer.apply_in_place(record, [event("f", 1, "a type that no rule names")]).steps == []
    (second,) = scorer.apply_in_place(record, [event("g", 2)]).steps
    assert (second.is_first, second.sequence, second.scores[0].previous_stage) == (False, 2, "cold")


def test_who_begins_with_an_identity_begins_as_anybody_does_and_once() -> None:
    scorer = Scorer(replace(MODEL, announce_first=True))
    record = scorer.blank()
    joined = [Merged(f"m{n}", START_MS + n, START_MS + n, f"anon:{n}") for n in range(2)]
    steps = [scorer.apply_with_links_in_place("c", record, [link], []).steps for link in joined]
    assert [[(step.is_first, step.sequence) for step in of_link] for of_link in steps] == [[(True, 1)], []]


def test_who_is_erased_before_anything_is_known_does_not_begin() -> None:
    scorer = Scorer(replace(MODEL, announce_first=True))
    assert scorer.apply_with_links_in_place("c", scorer.blank(), [Erased("x", START_MS, START_MS)], []).steps == []


def test_who_begins_away_from_the_beginning_is_announced_once() -> None:
    scorer = Scorer(replace(MODEL, announce_first=True))
    (step,) = scorer.apply_in_place(scorer.blank(), [event("e", 0, "buy")]).steps
    assert (step.is_first, step.scores[0].previous_stage, step.scores[0].stage) == (True, "cold", "hot")
    assert [lead.episode for lead in step.hot_leads] == [1]


def test_events_processed_together_make_one_step_at_the_newest_arrival() -> None:
    record = SCORER.blank()
    (step,) = SCORER.apply_in_place(record, [event("e2", 2), event("e1", 1)]).steps
    assert (step.at_ms, step.cause, step.sequence) == (START_MS + 2 * DAY_MS, "event", 1)
    engagement, fit = step.scores
    assert (engagement.name, engagement.changed, engagement.previous_nano) == ("engagement", True, 0)
    assert (engagement.stage, engagement.previous_stage) == ("warm", "cold")
    assert (fit.name, fit.changed, fit.presented_nano, fit.stage) == ("fit", False, 0, None)


def test_a_steps_instant_never_goes_back() -> None:
    record = SCORER.blank()
    first, second = steps_of(record, event("e1", 5), event("e2", 1))
    assert first.at_ms == second.at_ms == START_MS + 5 * DAY_MS


def test_a_late_event_counts_as_if_it_had_come_in_time() -> None:
    early, late = SCORER.blank(), SCORER.blank()
    steps_of(early, event("e1", 0), event("e2", 5))
    steps_of(late, event("e2", 5), event("e1", 0))
    at_ms = START_MS + 9 * DAY_MS
    assert SCORER.scores_at(early, at_ms) == SCORER.scores_at(late, at_ms)


def test_steps_by_time_come_before_the_event_that_engagement_them_due() -> None:
    record = SCORER.blank()
    steps = steps_of(record, event("e1", 0, "buy"), event("e2", 12))
    assert [step.cause for step in steps] == ["event", "time", "event"]
    assert steps[1].at_ms == START_MS + 10 * DAY_MS
    assert [part.rule for part in steps[1].because] == ["buy"]
    assert [step.sequence for step in steps] == [1, 2, 3]


def test_a_step_by_decay_names_what_decays() -> None:
    record = SCORER.blank()
    steps_of(record, event("e1", 0))
    step = SCORER.advance_in_place(record, START_MS + 3 * DAY_MS)[0]
    assert step.cause == "time"
    assert [(part.rule, part.points_nano // NANO) for part in step.because] == [("click", 19)]


def test_a_step_names_the_events_that_caused_it_with_what_they_are_worth_now() -> None:
    record = SCORER.blank()
    (step,) = SCORER.apply_in_place(record, [event("e1", 0, late_days=30)]).steps
    (part,) = step.because
    assert (part.rule, part.event_id, part.occurred_at_ms) == ("click", "e1", START_MS)
    assert (part.points_nano, part.of_nano, part.factor) == (10 * NANO, 20 * NANO, 0.5)


def test_an_attribute_step_names_the_rules_that_changed() -> None:
    record = SCORER.blank()
    (began, ended) = steps_of(record, title("a1", 0, "CEO"), title("a2", 1, None))
    assert (began.cause, [part.points_nano for part in began.because]) == ("attributes", [5 * NANO, 30 * NANO])
    assert (ended.cause, [part.points_nano for part in ended.because]) == ("attributes", [0, 0])


def test_an_older_write_does_not_undo_a_deletion() -> None:
    record = SCORER.blank()
    assert steps_of(record, title("a2", 2, None), title("a1", 1, "CEO")) == []


def test_a_duplicate_is_counted_and_changes_nothing() -> None:
    record = SCORER.blank()
    steps_of(record, event("e1", 0))
    assert SCORER.apply_in_place(record, [event("e1", 0), title("a", 0, "x"), title("a", 0, "x")]) == Outcome([], 2, 0)


def test_a_verdict_takes_points_away_and_another_gives_them_back() -> None:
    record = SCORER.blank()
    at_ms = START_MS + 1
    steps = steps_of(
        record,
        event("e1", 0),
        Verdict("v1", START_MS, at_ms, "e1", SCANNER),
        Verdict("v2", START_MS + 1, at_ms, "e1", "human"),
    )
    assert [(step.cause, presented_nano(step.scores[0]) // NANO) for step in steps] == [
        ("event", 20),
        ("correction", 0),
        ("correction", 20),
    ]


def test_a_verdict_may_come_before_its_event() -> None:
    record = SCORER.blank()
    assert steps_of(record, Verdict("v1", START_MS, START_MS, "e1", SCANNER), event("e1", 1)) == []


def test_reaching_hot_is_announced_with_its_strongest_reasons() -> None:
    record = SCORER.blank()
    steps = steps_of(record, event("e1", 0), event("e2", 1), event("e3", 2), event("e4", 3, "buy"))
    (hot,) = [step for step in steps if step.hot_leads]
    (lead,) = hot.hot_leads
    assert (lead.score, lead.episode, lead.stage, lead.previous_stage) == ("engagement", 1, "hot", "warm")
    assert [(part.rule, part.count, part.event_id) for part in hot.strongest] == [("click", 3, "e3")]
    assert hot.strongest[0].points_nano == hot.scores[0].unrounded_nano
    assert record.episodes == {"engagement": (1, hot.at_ms)}


def test_the_next_episode_within_rearm_after_is_counted_and_not_announced() -> None:
    record = SCORER.blank()
    verdict = Verdict("v", START_MS + DAY_MS, START_MS + DAY_MS, "e1", SCANNER)
    steps = steps_of(record, event("e1", 0, "buy"), verdict, event("e2", 2, "buy"))
    assert [[lead.episode for lead in step.hot_leads] for step in steps] == [[1], [], []]
    assert record.episodes["engagement"] == (2, START_MS)
    (_, third) = steps_of(
        record, Verdict("w", START_MS + 3 * DAY_MS, START_MS + 3 * DAY_MS, "e2", SCANNER), event("e3", 7, "buy")
    )
    assert [lead.episode for lead in third.hot_leads] == [3]


def test_old_news_makes_an_episode_and_wakes_nobody() -> None:
    record = SCORER.blank()
    (step,) = steps_of(record, event("e1", 0, "buy", late_days=1))
    assert (step.scores[0].stage, step.hot_leads, step.strongest) == ("hot", (), ())
    assert record.episodes == {"engagement": (1, None)}


def test_a_suppressed_contact_is_scored_and_not_announced() -> None:
    record = SCORER.blank()
    (step,) = steps_of(record, SuppressionChanged("s", START_MS, START_MS, suppressed=True), event("e1", 0, "buy"))
    assert (step.scores[0].stage, step.hot_leads) == ("hot", ())


def test_a_stage_is_held_down_to_leave_below() -> None:
    record = SCORER.blank()
    steps_of(record, event("e1", 0), event("e2", 0), event("e3", 0))
    steps = SCORER.advance_in_place(record, START_MS + 29 * DAY_MS)
    left = [step for step in steps if step.scores[0].stage != step.scores[0].previous_stage]
    assert [presented_nano(step.scores[0]) // NANO for step in left] == [34]
    assert SCORER.scores_at(record, record.at_ms)["engagement"].stage == "warm"


def test_a_stage_asked_for_ahead_is_the_one_that_steps_will_find() -> None:
    record = SCORER.blank()
    steps_of(record, event("e1", 0), event("e2", 0), event("e3", 0))
    at_40 = START_MS + 17 * DAY_MS
    assert SCORER.scores_at(record, at_40)["engagement"].presented_nano == 41 * NANO
    for day in range(18, 29):
        engagement = SCORER.scores_at(record, START_MS + day * DAY_MS)["engagement"]
        assert (engagement.stage == "hot") is (presented_nano(engagement) >= 35 * NANO)


def test_applying_silently_shows_the_score_without_a_step() -> None:
    record = SCORER.blank()
    assert SCORER.apply_in_place(record, [event("e1", 0, "buy")], announce=False) == Outcome([], 0, 0)
    assert (record.sequence, record.shown["engagement"]) == (0, (45 * NANO, "hot"))
    assert record.episodes == {"engagement": (1, None)}


def test_another_model_is_adopted_in_one_step_that_announces_nobody() -> None:
    record = SCORER.blank()
    steps_of(record, event("e1", 0))
    dearer = Score("engagement", (EventRule("click", ("click",), 50 * E15),), STAGES)
    later = Scorer(Model("m", "w", (dearer,), MODEL.hot_leads, revision=2))
    (step,) = later.migrate_in_place(record, START_MS + DAY_MS)
    assert (step.cause, step.at_ms, step.sequence, step.hot_leads) == ("model", START_MS + DAY_MS, 2, ())
    assert [(score.name, presented_nano(score) // NANO) for score in step.scores] == [("engagement", 50)]
    assert (record.revision, record.episodes) == (2, {"engagement": (1, None)})
    assert later.migrate_in_place(record, START_MS + DAY_MS) == []


def test_an_event_that_displaces_another_content_of_its_id_is_news_as_old_as_itself() -> None:
    record = SCORER.blank()
    idle = Event("e1", "click", START_MS, START_MS + DAY_MS, {}, {}, SCANNER)
    steps = steps_of(record, idle, idle._replace(type="buy", actor="human"))
    assert [(step.cause, step.scores[0].stage, step.hot_leads) for step in steps] == [("event", "hot", ())]
    assert [part.event_id for part in steps[0].because] == ["e1"]
    assert record.episodes == {"engagement": (1, None)}
