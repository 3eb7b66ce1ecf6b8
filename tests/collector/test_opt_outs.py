"""Opting out means the same from everywhere: each door's words for it, and what the worker makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from streamprocessor.collector.formats.jitsu import jitsu
from streamprocessor.collector.formats.native import native
from streamprocessor.collector.formats.posthog import posthog
from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.formats.snowplow import snowplow
from streamprocessor.contract.events.events import decode_fact
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.imports.json_lines import read_json_lines
from streamprocessor.imports.rows import ImportRow
from streamprocessor.scoring.evidence.union import is_suppressed
from streamprocessor.scoring.record.facts import Event, SuppressionChanged
from streamprocessor.scoring.scorer import Scorer
from tests.collector.formats.sdk_requests import CONTACT_IDS, NOW_MS, VOCABULARY, request_of, take
from tests.harness.mapped_files import read_csv, read_mapping
from tests.harness.system import ROOT

SCORER = Scorer(parse_model("scores: {s: {rules: [{id: r, on: form_submission, points: 50}]}}", "m.yaml"))
WORDS = (CONTACT_IDS, VOCABULARY)
DOORS = {
    "native": (native(), "/v1/events"),
    "segment": (segment(*WORDS), "/v1/track"),
    "jitsu": (jitsu(*WORDS), "/api/s/event"),
    "posthog": (posthog(*WORDS), "/capture/"),
    "snowplow": (snowplow(*WORDS), "/com.snowplowanalytics.snowplow/tp2"),
}

TYPES: list[tuple[dict[str, Any], bool]] = [
    ({"type": "unsubscribe"}, True),
    ({"type": "spam_complaint"}, True),
    ({"type": "email_bounce", "properties": {"kind": "hard"}}, True),
    ({"type": "hard_bounce"}, True),
    ({"type": "resubscribe"}, False),
    ({"update": "suppressed", "suppressed": True}, True),
    ({"update": "suppressed", "suppressed": False}, False),
]
NAMES: list[tuple[str, dict[str, Any], bool]] = [
    ("Email Marked as Spam", {}, True),
    ("Email Unsubscribed", {}, True),
    ("Unsubscribed", {}, True),
    ("Email Bounced", {"kind": "hard"}, True),
    ("Email Bounced", {"bounce_type": "Hard"}, True),
    ("Email Bounced", {"type": "HardBounce"}, True),
    ("Email Bounced", {"bounceType": "Permanent"}, True),
    ("Hard Bounce", {}, True),
    ("complaint", {}, True),
    ("opt_out", {}, True),
    ("Opted Out", {}, True),
    ("group_unsubscribe", {}, True),
    ("group_resubscribe", {}, False),
    ("Email Resubscribed", {}, False),
]
TOLD = [
    *(("native", {"contact_id": "c", **said}, suppresses) for said, suppresses in TYPES),
    *(
        (door, {"type": "track", "userId": "c", "event": name, "properties": properties}, suppresses)
        for door in ("segment", "jitsu")
        for name, properties, suppresses in NAMES
    ),
    *(
        ("posthog", {"api_key": "k", "distinct_id": "c", "event": name, "properties": properties}, suppresses)
        for name, properties, suppresses in NAMES
    ),
    *(
        ("snowplow", {"data": [{"e": "se", "eid": "e", "uid": "c", "aid": "k", "se_ac": name}]}, suppresses)
        for name, properties, suppresses in NAMES
        if not properties
    ),
]


def assert_says(records: Iterable[tuple[str, dict[str, Any]]], suppresses: bool) -> None:
    """That the records, whatever was said before them, say this of the contact that they are of."""
    facts = [decode_fact(value, contact, NOW_MS) for contact, value in records]
    assert facts
    for before in (True, False):
        record = SCORER.blank()
        SCORER.apply_in_place(record, [SuppressionChanged("before", 1, 1, before)])
        for fact in facts:
            assert isinstance(fact, Event | SuppressionChanged)
            SCORER.apply_in_place(record, [fact])
        assert is_suppressed(record) is suppresses


@pytest.mark.parametrize(("door", "item", "suppresses"), TOLD, ids=[f"{door}: {item}" for door, item, _ in TOLD])
def test_a_word_says_the_same_through_every_door(door: str, item: dict[str, Any], suppresses: bool) -> None:
    wire_format, path = DOORS[door]
    entries = take(wire_format, request_of(path, item)).decoded.entries
    assert_says([(entry.contact_id, entry.value) for entry in entries], suppresses)


@pytest.mark.parametrize(("said", "suppresses"), TYPES)
def test_a_line_of_json_says_it_too(said: dict[str, Any], suppresses: bool) -> None:
    line = json.dumps({"contact_id": "c", "occurred_at": NOW_MS, **said}).encode()
    assert_says(
        [(row.contact_id, row.value) for row in read_json_lines([line]) if isinstance(row, ImportRow)], suppresses
    )


def test_a_list_of_the_unsubscribed_of_another_system_suppresses_them() -> None:
    mapping = read_mapping(Path(ROOT) / "deploy" / "imports" / "marketo-unsubscribes.yaml")
    cells = {column: "x" for column in mapping.columns()}
    cells |= {"lead_id": "c", "activity_date": "2026-11-20 10:00:00.000", "user_agent": "", "id": "7"}
    lines = [(",".join(row) + "\n").encode() for row in (cells, cells.values())]
    rows = [row for row in read_csv(lines, mapping, "unsubscribes.csv") if isinstance(row, ImportRow)]
    assert_says([(row.contact_id, row.value) for row in rows], suppresses=True)
