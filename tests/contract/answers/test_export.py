"""An export holds all that is kept of a contact."""

from __future__ import annotations

import json
from typing import Any

from streamprocessor.contract.answers.export import exported
from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact, SuppressionChanged, Verdict
from streamprocessor.scoring.scorer import Scorer

AT_MS, DAY_MS = 1_760_000_000_000, 86_400_000

MODEL = """
scores:
  engagement:
    rules:
      - {id: click, on: email_click, points: 5, limit: {count: 1, per: properties.url}}
      - {id: chief, when: {attributes.job_title: {contains: chief}}, points: 10}
    stages: {cold: 0, hot: 10}
hot_lead: {score: engagement, stage: hot}
"""


def _click(id_: str, ago_ms: int, url: str) -> Event:
    return Event(id_, "email_click", AT_MS - ago_ms, AT_MS - ago_ms, {"url": url, "other": 1}, {})


def _export(*facts: Fact) -> Any:
    scorer = Scorer(parse_model(MODEL, "test"))
    record = scorer.blank()
    for fact in facts:
        scorer.apply_in_place(record, [fact])
    export = exported(scorer, decode_record(encode_record(record)), "jane", AT_MS)
    return json.loads(json.dumps(export))


def test_an_export_holds_events_attributes_verdicts_suppression_scores_and_episodes() -> None:
    export = _export(
        _click("c1", 2_000, "/a"),
        _click("c2", 1_000, "/b"),
        AttributesWritten("w", AT_MS - 500, AT_MS - 500, {"job_title": "chief", "secret": None}),
        Verdict("v", AT_MS - 400, AT_MS - 400, "c2", "scanner"),
        SuppressionChanged("s", AT_MS - 300, AT_MS - 300, True),
    )

    assert [(event["id"], event["class"], event["kept"]) for event in export["evidence"]] == [
        ("c1", "human", {"properties.url": "/a"}),
        ("c2", "human", {"properties.url": "/b"}),
    ]
    assert export["evidence"][0]["occurred_at"] == "2025-10-09T08:53:18.000Z"
    assert export["attributes"]["job_title"]["value"] == "chief"
    assert export["suppressed"] is True
    assert export["suppression"] == {"since": "2025-10-09T08:53:19.700Z", "by": "update", "id": "s"}
    assert [(verdict["event_id"], verdict["class"]) for verdict in export["verdicts"]] == [("c2", "scanner")]
    assert export["scores"]["engagement"]["score"] == 15
    assert {part["rule"] for part in export["explanation"]["engagement"]} == {"click", "chief"}
    assert export["episodes"]["engagement"]["episode"] == 1


def test_what_was_summed_up_of_older_events_is_told_with_how_many_they_were() -> None:
    old = [_click(f"o{n}", 200 * DAY_MS, f"/{n}") for n in range(7)]

    export = _export(*old, _click("c1", 0, "/a"))

    assert [event["id"] for event in export["evidence"]] == ["c1"]
    assert export["earlier"][0]["events"] == {"engagement/click": 7}


def test_it_is_said_since_when_and_by_what_somebody_may_not_be_written_to() -> None:
    complaint = Event("c", "spam_complaint", AT_MS - 5_000, AT_MS - 5_000, {}, {})
    assert _export(complaint)["suppression"] == {"since": "2025-10-09T08:53:15.000Z", "by": "spam_complaint", "id": "c"}
    back = Event("r", "resubscribe", AT_MS - 4_000, AT_MS - 4_000, {}, {})
    export = _export(complaint, back)
    assert (export["suppressed"], export["suppression"]) == (False, None)
