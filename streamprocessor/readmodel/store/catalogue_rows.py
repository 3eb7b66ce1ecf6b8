"""The catalogue of what came, in the database: one snapshot with the offsets that it reaches to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from streamprocessor.catalogue.catalogue import Catalogue, decode_catalogue, encode_catalogue
from streamprocessor.process.databases import portions
from streamprocessor.readmodel.store.tables import catalogue as snapshots
from streamprocessor.readmodel.store.tables import contacts, unscored

MAX_UNSCORED_TYPES = 50
"""Of so many types a contact's events are counted: whoever has a browser key can make up as many as it likes."""

_NAME = "catalogue"


class StoredCatalogue(NamedTuple):
    """A snapshot. revision: rises with each writing; 0: nothing was written yet. written_at_ms: epoch milliseconds."""

    catalogue: Catalogue
    revision: int
    written_at_ms: int


class UnscoredEvents(NamedTuple):
    """Events of one type of which no rule asks for anything. last_ms: the newest arrival."""

    events: int
    last_ms: int


def read_catalogue(connection: Connection) -> StoredCatalogue:
    """The newest snapshot; an empty one where there is none."""
    row = connection.execute(select(snapshots).where(snapshots.c.name == _NAME)).first()
    if row is None:
        return StoredCatalogue(Catalogue(), 0, 0)
    return StoredCatalogue(decode_catalogue(row.snapshot), row.revision, row.written_at_ms)


def write_catalogue(connection: Connection, stored: StoredCatalogue) -> bool:
    """Whether the snapshot was written; it is not where another process wrote one since `revision` was read."""
    values = {
        "revision": stored.revision + 1,
        "written_at_ms": stored.written_at_ms,
        "snapshot": encode_catalogue(stored.catalogue),
    }
    if stored.revision:
        is_ours = (snapshots.c.name == _NAME) & (snapshots.c.revision == stored.revision)
        return connection.execute(update(snapshots).where(is_ours).values(values)).rowcount == 1
    if connection.execute(select(snapshots.c.revision).where(snapshots.c.name == _NAME)).first() is not None:
        return False
    connection.execute(insert(snapshots).values(name=_NAME, **values))
    return True


def add_unscored(connection: Connection, events: Mapping[tuple[str, str], UnscoredEvents]) -> None:
    """Count events that no rule asks for, by (contact, type), of each contact up to MAX_UNSCORED_TYPES.

    Of contacts that are not known nothing is kept.
    """
    ids = sorted({contact_id for contact_id, _ in events})
    born_ms: dict[str, int] = {}
    known: dict[tuple[str, str], int] = {}
    types_of: dict[str, set[str]] = {}
    for some in portions(ids):
        born = connection.execute(
            select(contacts.c.contact_id, contacts.c.born_ms).where(contacts.c.contact_id.in_(some))
        )
        born_ms |= {contact_id: at_ms for contact_id, at_ms in born}
        counted = connection.execute(select(unscored).where(unscored.c.contact_id.in_(some)))
        known |= {(row.contact_id, row.type): row.events for row in counted}
    for contact_id, type_ in known:
        types_of.setdefault(contact_id, set()).add(type_)
    rows = []
    for (contact_id, type_), seen in events.items():
        types = types_of.setdefault(contact_id, set())
        if seen.last_ms <= born_ms.get(contact_id, seen.last_ms) or (
            type_ not in types and len(types) >= MAX_UNSCORED_TYPES
        ):
            continue
        types.add(type_)
        count = known.get((contact_id, type_), 0) + seen.events
        rows.append({"contact_id": contact_id, "type": type_, "events": count, "last_ms": seen.last_ms})
    for row in rows:
        is_row = (unscored.c.contact_id == row["contact_id"]) & (unscored.c.type == row["type"])
        connection.execute(delete(unscored).where(is_row))
    if rows:
        connection.execute(insert(unscored), rows)


def forget_unscored(connection: Connection, contact_ids: list[str]) -> None:
    """Drop what was counted of these contacts."""
    for some in portions(contact_ids):
        connection.execute(delete(unscored).where(unscored.c.contact_id.in_(some)))


def unscored_of(connection: Connection, contact_id: str) -> dict[str, UnscoredEvents]:
    """What a contact did that no rule asks for, by type."""
    rows = connection.execute(select(unscored).where(unscored.c.contact_id == contact_id).order_by(unscored.c.type))
    return {row.type: UnscoredEvents(row.events, row.last_ms) for row in rows}
