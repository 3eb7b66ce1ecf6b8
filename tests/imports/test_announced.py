"""Who is a hot lead by an imported list alone is announced to nobody; events ring where they are fresh."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streamprocessor.contract.events.updates import decode_update
from streamprocessor.errors import RecordError
from streamprocessor.imports.importer import unannounced
from streamprocessor.imports.json_lines import read_json_lines
from streamprocessor.imports.rows import BadRow, ImportRow, ReadRow, SkippedRow
from streamprocessor.scoring.record.facts import AttributesWritten

ATTRIBUTES = {"contact_id": "c-1", "update": "attributes", "attributes": {"seats": 3}}
EVENT = {"contact_id": "c-1", "type": "email_open"}


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        (ATTRIBUTES, ATTRIBUTES | {"announce": False}),
        (ATTRIBUTES | {"announce": True}, ATTRIBUTES | {"announce": True}),
        (EVENT, EVENT),
        (
            {"contact_id": "c-1", "update": "attributes", "specversion": "1.0", "data": ATTRIBUTES},
            {
                "contact_id": "c-1",
                "update": "attributes",
                "specversion": "1.0",
                "data": ATTRIBUTES | {"announce": False},
            },
        ),
        (
            {"contact_id": "c-1", "update": "suppressed", "suppressed": True},
            {"contact_id": "c-1", "update": "suppressed", "suppressed": True},
        ),
    ],
)
def test_attributes_of_a_file_announce_nobody_unless_they_say_so(line: dict[str, Any], sent: dict[str, Any]) -> None:
    [row] = unannounced(read_json_lines([orjson.dumps(line)]))
    assert isinstance(row, ImportRow)
    assert row.value == sent


def test_rows_that_are_not_sent_stay_as_they_are() -> None:
    rows: list[ReadRow] = [BadRow(1, "not-json", ""), SkippedRow(2)]
    assert list(unannounced(rows)) == rows


@pytest.mark.parametrize(("word", "announces"), [({}, True), ({"announce": None}, True), ({"announce": False}, False)])
def test_an_update_says_whether_it_announces(word: dict[str, Any], announces: bool) -> None:
    fact = decode_update(ATTRIBUTES | word, "c-1", 1_000)
    assert isinstance(fact, AttributesWritten)
    assert fact.announces is announces


def test_whether_it_announces_is_true_or_false() -> None:
    with pytest.raises(RecordError, match="announce: wanted true or false; got a text"):
        decode_update(ATTRIBUTES | {"announce": "no"}, "c-1", 1_000)
