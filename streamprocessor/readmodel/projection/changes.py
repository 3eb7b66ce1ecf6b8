"""What was fetched from Kafka as changes to the tables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streamprocessor.contract.changelog.entry import RESERVED, record_of
from streamprocessor.contract.topic_names import ACTIVITIES, BECAME_HOT_LEAD, CONTACTS_CHANGELOG, SCORE_UPDATED
from streamprocessor.inbox.acts import read_act
from streamprocessor.inbox.episode import LeadAct
from streamprocessor.kafka.partitioner import is_misplaced
from streamprocessor.readmodel.store.rows import (
    ContactRows,
    hides_contact,
    history_row,
    hot_lead_row,
    no_rows,
    rows_of,
)
from streamprocessor.scoring.scorer import Scorer

PROJECTED = (CONTACTS_CHANGELOG, SCORE_UPDATED, BECAME_HOT_LEAD, ACTIVITIES)
"""The topics that the tables are made from, by their short names."""


class Place(NamedTuple):
    """A partition of a topic, by the topic's short name."""

    topic: str
    partition: int


@dataclass
class Changes:
    """Changes that belong into one transaction."""

    contacts: dict[str, ContactRows] = field(default_factory=dict)
    history: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    """The rows of steps by contact and sequence number."""
    forgotten: set[str] = field(default_factory=set)
    """Contacts whose earlier history is dropped."""
    hot_leads: dict[str, dict[str, Any]] = field(default_factory=dict)
    acts: list[tuple[str, LeadAct]] = field(default_factory=list)
    """What was done with hot leads, each with its contact."""
    next_offsets: dict[Place, int] = field(default_factory=dict)
    """Where each place goes on after these changes."""


def changes_of(scorer: Scorer, fetched: Mapping[Place, Iterable[Any]], partitions: int) -> Changes:
    """The changes that the records make, in their order: of each contact the last one.

    partitions: of the changelog. What it holds of a contact in a partition where that does not belong is on its way to
    where it does, and its tombstones there take nothing out of the tables.

    Raises:
        NewerRevisionError: a record was written under a model that the scorer does not know yet.
        OperatorError: a newer program wrote a record.
    """
    changes = Changes()
    newest: dict[str, bytes | None] = {}
    erased: dict[str, bytes] = {}
    for place, records in fetched.items():
        for record in records:
            changes.next_offsets[place] = record.offset + 1
            if place.topic == ACTIVITIES:
                _take_activity(changes, record)
                continue
            contact_id = _contact_of(record.key)
            if contact_id is None:
                continue
            if place.topic == CONTACTS_CHANGELOG:
                if is_misplaced(record.key, place.partition, partitions):
                    continue
                if record.value is None and (last := newest.get(contact_id)) is not None:
                    erased[contact_id] = last
                newest[contact_id] = record.value
            elif place.topic == BECAME_HOT_LEAD:
                _take_hot_lead(changes, record)
            elif record.value is not None or not is_misplaced(record.key, place.partition, partitions):
                _take_step(changes, contact_id, record.value)
    for contact_id, value in newest.items():
        # When somebody was erased stands in the record before the tombstone.
        stored = erased.get(contact_id) if value is None else value
        rows = no_rows(contact_id) if stored is None else rows_of(scorer, contact_id, record_of(stored))
        changes.contacts[contact_id] = rows if value is not None else no_rows(contact_id, rows.former_ms)
    return changes


def _contact_of(key: bytes | None) -> str | None:
    """The contact; None: the record is about none, or about one whose id no database could hold."""
    if not key or key.startswith(RESERVED) or RESERVED in key:
        return None
    return key.decode()


def _take_step(changes: Changes, contact_id: str, value: bytes | None) -> None:
    if value is None or hides_contact(value):
        changes.forgotten.add(contact_id)
        for known in [key for key in changes.history if key[0] == contact_id]:
            del changes.history[known]
        return
    row = history_row(value)
    changes.history[contact_id, row["sequence"]] = row


def _take_activity(changes: Changes, record: Any) -> None:
    """Take what was done with a hot lead; of all other activities, of which there are many, nothing is looked at."""
    contact_id = record.key.decode("utf-8", "replace") if record.key and b"\0" not in record.key else ""
    act = read_act(contact_id, record.value, record.headers, record.timestamp) if contact_id else None
    if act is not None:
        changes.acts.append((contact_id, act))


def _take_hot_lead(changes: Changes, record: Any) -> None:
    event_id = next(value for name, value in record.headers if name == "ce_id").decode()
    changes.hot_leads[event_id] = hot_lead_row(event_id, record.value)
