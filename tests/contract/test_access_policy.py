"""The policy reads as the collector's guide shows it, and a record's own words are read as the worker reads them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from streamprocessor.contract.access_policy import DOORS, IMPORT, MAY, Act, KeyKind, acts_of, is_allowed
from streamprocessor.contract.events.updates import UPDATES

GUIDE = Path(__file__).parents[2] / "streamprocessor" / "collector" / "README.md"


def table() -> list[str]:
    """The policy as a table in Markdown: a door and a kind of key a row, an act a column."""
    header = ["door", "with a", *Act]
    rows = [[door, kind, *_cells(door, kind)] for door in DOORS for kind in DOORS[door].kinds]
    return [_row(header), _row(["---"] * len(header)), *map(_row, rows)]


def _cells(door: str, kind: KeyKind) -> list[str]:
    words = {True: "yes", False: "no"}
    return [words[is_allowed(door, kind, act)] if act in DOORS[door].says else "" for act in Act]


def _row(cells: list[Any]) -> str:
    return re.sub(r" +", " ", f"| {' | '.join(cells)} |")


def test_the_guide_shows_the_policy_as_it_is() -> None:
    assert "\n".join(table()) in GUIDE.read_text(), "\n".join(table())


def test_every_act_can_be_said_through_some_door_and_with_some_key() -> None:
    assert frozenset().union(*(door.says for door in DOORS.values())) == frozenset(Act)
    assert set(MAY) == {kind for door in DOORS.values() for kind in door.kinds}


def test_what_a_browser_may_say_takes_hides_and_changes_nothing_of_others() -> None:
    assert MAY[KeyKind.BROWSER] == {Act.EVENT, Act.IDENTIFY, Act.GROUP, Act.TRAITS}


def test_no_key_opens_a_door_that_is_not_its_own() -> None:
    assert not is_allowed(IMPORT, KeyKind.WRITE, Act.EVENT)
    assert not is_allowed("native", KeyKind.ERASING_TOKEN, Act.EVENT)


@pytest.mark.parametrize(
    ("contact_id", "value", "acts"),
    [
        ("c-1", {"type": "x"}, [Act.EVENT]),
        ("c-1", {"type": "x", "context": None}, [Act.EVENT]),
        ("c-1", {"type": "x", "context": {"actor": "human"}}, [Act.EVENT, Act.ACTOR]),
        ("c-1", {"update": "attributes"}, [Act.TRAITS_OF_ANOTHER]),
        ("anon:v", {"update": "attributes"}, [Act.TRAITS]),
        ("email:m", {"update": "attributes"}, [Act.TRAITS]),
        ("c-1", {"update": "identify", "anonymous_id": "anon:v"}, [Act.IDENTIFY]),
        ("email:m", {"update": "identify", "anonymous_id": "anon:v"}, [Act.IDENTIFY]),
        ("anon:v", {"update": "identify", "anonymous_id": "anon:w"}, [Act.MERGE]),
        ("anon:v", {"update": "identify", "anonymous_id": "c-1"}, [Act.MERGE]),
        ("c-1", {"update": "identify", "anonymous_id": "email:m"}, [Act.ADDRESS]),
        ("c-1", {"update": "identify", "anonymous_id": 7}, [Act.MERGE]),
        ("c-1", {"update": "erase", "type": "x"}, [Act.ERASE]),
        ("c-1", {"specversion": "1.0", "update": "identify", "data": {"update": "erase"}}, [Act.ERASE]),
        ("c-1", {"update": "event"}, []),
        ("c-1", {"update": ["erase"]}, []),
        ("c-1", {"update": None, "type": "x"}, []),
    ],
)
def test_a_record_says_what_the_worker_will_read(contact_id: str, value: dict[str, Any], acts: list[Act]) -> None:
    assert list(acts_of(contact_id, value)) == acts


def test_every_update_is_an_act() -> None:
    assert all(acts_of("c-1", {"update": update}) for update in UPDATES)
