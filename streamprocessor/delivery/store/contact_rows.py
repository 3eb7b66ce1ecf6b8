"""Rows of contacts and of segment members, written with the positions up to which they are true."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Table, delete, insert, select

from streamprocessor.delivery.contacts import UNKNOWN_CONTACT, ContactFacts, SegmentMember
from streamprocessor.delivery.store.tables import following, members, people, positions
from streamprocessor.process.databases import portions


class ProjectionState(NamedTuple):
    """What the rows of contacts were made of.

    attributes: names of those stored.
    topic_id: of the changelog topic, Kafka's.
    alive_ms: when this was last seen to be so.
    everybody: whether plain contacts have rows, too.
    """

    attributes: frozenset[str]
    topic_id: str
    alive_ms: int
    everybody: bool


def read_projection_state(connection: Connection) -> ProjectionState | None:
    """What is projected; None: nobody asks for contacts."""
    row = connection.execute(select(following)).first()
    if row is None:
        return None
    attributes = frozenset(orjson.loads(row.attributes))
    return ProjectionState(attributes, row.topic_id, row.alive_ms, bool(row.everybody))


def begin_anew(connection: Connection, topic: str, now: ProjectionState | None) -> None:
    """Forget all contacts, and project this from its beginning, or nothing."""
    for table in (people, members, following):
        connection.execute(delete(table))
    connection.execute(delete(positions).where(positions.c.topic == topic))
    if now is not None:
        connection.execute(insert(following).values(now._asdict() | {"attributes": _json(sorted(now.attributes))}))


def note_alive(connection: Connection, now_ms: int) -> None:
    """Keep that the rows are up to date at this instant."""
    connection.execute(following.update().values(alive_ms=now_ms))


def write_contacts(connection: Connection, contacts: Mapping[str, ContactFacts]) -> None:
    """Have exactly this said of these contacts; of whom nobody knows there is no row."""
    _delete(connection, people, contacts)
    rows = [
        {
            "contact_id": contact_id,
            "attributes": _json(facts.attributes),
            "suppressed": facts.is_suppressed,
            "merged": facts.is_merged,
            "erased_ms": facts.erased_ms,
        }
        for contact_id, facts in contacts.items()
        if facts != UNKNOWN_CONTACT
    ]
    if rows:
        connection.execute(insert(people), rows)


def read_contacts(connection: Connection, contact_ids: Collection[str]) -> dict[str, ContactFacts]:
    """What is known of these contacts; those whom nobody knows are left out."""
    rows = _rows(connection, people, contact_ids)
    return {
        row.contact_id: ContactFacts(
            orjson.loads(row.attributes), row.suppressed, bool(row.merged), erased_ms=row.erased_ms or 0
        )
        for row in rows
    }


def read_members(connection: Connection, contact_ids: Collection[str]) -> dict[tuple[str, str], SegmentMember]:
    """In which segments these contacts are, by segment and contact."""
    rows = (SegmentMember(*row) for row in _rows(connection, members, contact_ids))
    return {(member.segment, member.contact_id): member for member in rows}


def write_members(connection: Connection, segment_members: Iterable[SegmentMember]) -> None:
    """Keep who is in which segment from now on."""
    newest = {(member.segment, member.contact_id): member for member in segment_members}
    for segment in {member.segment for member in newest.values()}:
        rows = [member._asdict() for member in newest.values() if member.segment == segment]
        _delete(connection, members, [row["contact_id"] for row in rows], members.c.segment == segment)
        connection.execute(insert(members), rows)


def forget_members(connection: Connection, contact_ids: Collection[str]) -> None:
    """Forget where these contacts were, who were erased."""
    _delete(connection, members, contact_ids)


def keep_segments(connection: Connection, segments: Collection[str]) -> None:
    """Forget who is in other segments than these."""
    connection.execute(delete(members).where(members.c.segment.not_in(list(segments))))


def _rows(connection: Connection, table: Table, contact_ids: Collection[str]) -> Iterable[Any]:
    for some in portions(contact_ids):
        yield from connection.execute(select(table).where(table.c.contact_id.in_(some)))


def _delete(connection: Connection, table: Table, contact_ids: Collection[str], *also: Any) -> None:
    for some in portions(contact_ids):
        connection.execute(delete(table).where(table.c.contact_id.in_(some), *also))


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
