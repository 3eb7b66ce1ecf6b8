"""What a change of the model does to contacts is counted from their records."""

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.replay.model_change import ModelChange, ScoreChanges
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

AT_MS = 1_790_000_000_000
MODEL = """
scores:
  s:
    decay: {{expires_after: 30d}}
    rules:
      - {{id: open, on: email_open, points: {points}}}
    stages: {{cold: 0, hot: 20}}
  same:
    rules:
      - {{id: open, on: email_open, points: 1}}
"""
BY_PRODUCT = """
  by-product:
    by: properties.product
    rules:
      - {{id: open, on: email_open, points: 1}}
"""
HOT_LEAD = """
hot_lead: {{score: s, stage: hot}}
"""


def scorer(points: int, revision: int, more: str = "") -> Scorer:
    return Scorer(parse_model((MODEL + more + HOT_LEAD).format(points=points), "m", revision=revision))


def opened(by: Scorer, times: int) -> Record:
    record = by.blank()
    by.apply_in_place(record, [Event(f"e{n}", "email_open", AT_MS, AT_MS, {}, {}) for n in range(times)])
    return record


def test_contacts_are_counted_by_what_they_would_be_shown() -> None:
    old, new = scorer(10, 3), scorer(15, 4)
    change = ModelChange(old, new)
    for times in (0, 1, 2, 3):  # 0, 10 to 15, 20 to 30 (hot before already), 30 to 45
        change.count(opened(old, times), AT_MS)
    assert (change.contacts, change.moved) == (4, 3)
    assert change.by_score == {
        "s": ScoreChanges(scores=3, higher=3, lower=0, stages=0, become_hot=0),
        "same": ScoreChanges(),
    }


def test_a_contact_made_hot_is_counted_and_one_made_cold_is_lower() -> None:
    hotter, colder = ModelChange(scorer(10, 1), scorer(20, 2)), ModelChange(scorer(20, 1), scorer(10, 2))
    assert hotter.count(opened(scorer(10, 1), 1), AT_MS).becomes_hot
    cooled = colder.count(opened(scorer(20, 1), 1), AT_MS)
    assert (cooled.becomes_hot, cooled.cools, cooled.hot_before) == (False, True, frozenset({"s"}))
    assert hotter.by_score["s"] == ScoreChanges(scores=1, higher=1, lower=0, stages=1, become_hot=1)
    assert colder.by_score["s"] == ScoreChanges(scores=1, higher=0, lower=1, stages=1, become_hot=0, cool=1)


def test_what_time_alone_has_done_is_not_counted_as_the_models_doing() -> None:
    change = ModelChange(scorer(10, 1), scorer(20, 2))
    change.count(opened(scorer(10, 1), 1), AT_MS + 40 * DAY_MS)
    assert (change.contacts, change.moved) == (1, 0)


def test_a_new_score_by_value_changes_whom_it_gives_a_value_and_nobody_else() -> None:
    change = ModelChange(scorer(10, 1), scorer(10, 2, BY_PRODUCT))

    change.count(opened(scorer(10, 1), 1), AT_MS)

    assert change.by_score["by-product"] == ScoreChanges()
