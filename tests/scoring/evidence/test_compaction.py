"""A record stays small whatever comes, and what was compacted still counts."""

from __future__ import annotations

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.scoring.evidence.compacted import MOST_SLOTS
from streamprocessor.scoring.evidence.size_limits import MOST_BYTES, MOST_EVENTS
from streamprocessor.scoring.kinds.frequency import FrequencyRule
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, Model, Score
from streamprocessor.scoring.model.rules import Band, EventRule, HalfLife, InactivityRule, Limit
from streamprocessor.scoring.record.attribute_writes import present_values
from streamprocessor.scoring.record.facts import SCANNER, AttributesWritten, Event, Verdict
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter
from tests.scoring.against_oracle import unrounded_nano

START_MS = 1_790_000_000_000 // DAY_MS * DAY_MS
RULES = (
    EventRule("click", ("click",), E15),
    EventRule("visit", ("visit",), 10 * E15, decay=HalfLife(30.0 * DAY_MS)),
    EventRule("link", ("click",), E15, limit=Limit(count=1, per="properties.url")),
    EventRule("fresh", ("buy",), 5 * E15, decay=ExpiresAfter(200 * DAY_MS)),
    InactivityRule("quiet", ("visit",), 100 * DAY_MS, -3 * E15),
)


def scorer_of(*rules: EventRule | InactivityRule | FrequencyRule, revision: int = 0) -> Scorer:
    return Scorer(Model("m", "v", (Score("s", rules or RULES),), revision=revision))


def event(event_id: str, day: float, event_type: str = "click", **properties: object) -> Event:
    at_ms = START_MS + round(day * DAY_MS)
    return Event(event_id, event_type, at_ms, at_ms, properties, {})


def unrounded(scorer: Scorer, record: Record, day: float) -> float:
    return unrounded_nano(scorer.scores_at(record, START_MS + round(day * DAY_MS))["s"]) / NANO


def test_old_events_count_on_without_their_pieces() -> None:
    scorer, record = scorer_of(), scorer_of().blank()
    scorer.apply_in_place(record, [event("e1", 0, "visit"), event("e2", 0, url="u"), event("e3", 0, "buy")])
    scorer.apply_in_place(record, [event("e4", 60, url="u")])
    assert {stored.id for stored in record.evidence.events()} == {"e3", "e4"}
    assert unrounded(scorer, record, 60) == 2.5 + 2 + 1 + 5
    assert unrounded(scorer, record, 120) == 0.625 + 2 + 1 + 5 - 3
    parts = {(part.rule, part.kind): part for part in scorer.explain(record, "s", START_MS + 60 * DAY_MS)}
    assert parts["visit", "earlier"].points_nano == 2_500_000_000
    assert parts["link", "earlier"].count == 1
    assert ("link", "event") not in parts


def test_compaction_is_done_in_bulk_and_again() -> None:
    scorer, record = scorer_of(), scorer_of().blank()
    sizes = []
    for day in range(0, 400, 2):
        scorer.apply_in_place(record, [event(f"e{day}", day, "visit")])
        sizes.append(len(record.evidence))
    assert max(sizes) <= 20
    exact = sum(10 * 2 ** -((398 - day) / 30) for day in range(0, 400, 2))
    assert abs(unrounded(scorer, record, 398) - exact) < 1e-8


def test_a_record_stays_within_its_caps_under_many_events() -> None:
    scorer, record = scorer_of(), scorer_of().blank()
    capped, largest = 0, 0
    for batch in range(40):
        facts = [event(f"e{batch}-{n}", batch / 100, url="u" * 50 + f"{batch}-{n}") for n in range(100)]
        facts += [event(f"b{batch}-{n}", batch / 100 + n / 10_000, "buy") for n in range(20)]
        capped += scorer.apply_in_place(record, facts).capped
        record = decode_record(encode_record(record))
        largest = max(largest, len(encode_record(record)))
        assert len(record.evidence) <= MOST_EVENTS
        assert len(record.evidence.packed) <= MOST_BYTES
    assert capped == 40 * 120 - len(record.evidence)
    assert largest < 64 * 1024
    assert record.compacted is not None
    assert len(record.compacted.rules["s/link"].slots) <= 8 * MOST_SLOTS
    assert unrounded(scorer, record, 1) == 4_000 * 2 + 800 * 5
    assert unrounded(scorer, record, 202) == 4_000 * 2 - 3


def test_events_that_must_stay_single_join_when_there_are_too_many() -> None:
    scorer = scorer_of(FrequencyRule("often", ("click",), 400 * DAY_MS, (Band(2_000, 7 * E15),)))
    record = scorer.blank()
    for batch in range(20):
        scorer.apply_in_place(record, [event(f"e{batch}-{n}", batch + n / 1_000) for n in range(100)])
    assert unrounded(scorer, record, 20) == 7
    assert record.compacted is not None
    assert len(record.compacted.rules["s/often"].matches) <= 256


def test_verdicts_and_deletions_wait_as_long_as_the_window_and_no_longer() -> None:
    scorer, record = scorer_of(), scorer_of().blank()
    scorer.apply_in_place(record, [Verdict("v", START_MS, START_MS, "never", SCANNER)])
    scorer.apply_in_place(record, [AttributesWritten("a", START_MS, START_MS, {"title": None, "size": 5})])
    scorer.apply_in_place(record, [event("e1", 20)])
    assert set(record.verdicts) == {"never"}
    assert set(record.attributes) == {"title", "size"}
    scorer.apply_in_place(record, [event("e2", 40)])
    assert record.verdicts == {}
    assert set(record.attributes) == {"size"}


def test_a_deletion_waits_longer_where_something_would_come_back_without_it() -> None:
    scorer, record = scorer_of(), scorer_of().blank()
    scorer.apply_in_place(record, [AttributesWritten("a", START_MS, START_MS, {"firm": {"size": 5}, "city.name": "X"})])
    scorer.apply_in_place(
        record, [AttributesWritten("b", START_MS + 1, START_MS + 1, {"firm.size": None, "city": None})]
    )
    scorer.apply_in_place(record, [event("e1", 20)])
    scorer.apply_in_place(record, [event("e2", 60)])
    assert present_values(record.attributes) == {"firm": {}}


def test_compacted_points_go_on_under_another_models_law() -> None:
    scorer, record = scorer_of(), scorer_of().blank()
    scorer.apply_in_place(record, [event("e1", 0, "visit"), event("e2", 0)])
    scorer.apply_in_place(record, [event("e3", 60, "visit")])
    lasting = EventRule("visit", ("visit",), 10 * E15)
    fading = EventRule("click", ("click",), E15, decay=HalfLife(10.0 * DAY_MS))
    other = scorer_of(lasting, fading, revision=1)
    other.migrate_in_place(record, START_MS + 60 * DAY_MS)
    assert unrounded(other, record, 60) == 10 + 2.5 + 1
    assert unrounded(other, record, 70) == 10 + 2.5 + 0.5
    assert record.compacted is not None
    assert set(record.compacted.rules) == {"s/visit", "s/click"}
