"""Changes into the tables, in one transaction with the offsets that they reach to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, and_, delete, exists, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.errors import MustRestartError
from streamprocessor.process.databases import portions
from streamprocessor.readmodel.projection.changes import Changes, Place
from streamprocessor.readmodel.projection.lead_writes import write_leads
from streamprocessor.readmodel.search.index import index_contacts
from streamprocessor.readmodel.store.catalogue_rows import forget_unscored
from streamprocessor.readmodel.store.database import begin_epoch, epoch_of, read_state, reading, write_state, writing
from streamprocessor.readmodel.store.tables import (
    attributes,
    contacts,
    history,
    hot_leads,
    leads,
    projected,
    scores,
    search_keys,
    search_spellings,
    searched,
    tallies,
)

_CELL = ("name", "value", "presented_nano", "stage")
_DIALECTS: dict[str, Any] = {"sqlite": sqlite, "postgresql": postgresql}
_PROJECTED_AT = "projected_at_ms"
_AT_A_TIME = 20_000  # rows of a tidying transaction
_CROSSED_MS = 3_600_000  # within it a step may be here before its contact is


def write(engine: Engine, epoch: str, changes: Changes, now_ms: int) -> dict[Place, int]:
    """Where each place goes on once the changes are written, unless another projector has.

    Nothing is written where any place is further already: the records after that are to be read again. Raises
    MustRestartError where the tables were filled anew since `epoch`.
    """
    with writing(engine) as connection:
        if epoch_of(connection) != epoch:
            message = "read model: another process began to fill it anew; this one starts anew, too"
            raise MustRestartError(message)
        reached = next_offsets(connection)
        ahead = {place: reached[place] for place in changes.next_offsets if place in reached}
        if any(changes.next_offsets[place] <= offset for place, offset in ahead.items()):
            return {place: ahead.get(place, 0) for place in changes.next_offsets}
        _write_contacts(connection, changes)
        _write_steps(connection, changes)
        write_leads(connection, changes)
        _write_offsets(connection, changes.next_offsets)
        write_state(connection, _PROJECTED_AT, str(now_ms))
    return changes.next_offsets


def next_offsets(connection: Connection) -> dict[Place, int]:
    """Where each place goes on; one that is missing was not begun."""
    rows = connection.execute(select(projected.c.topic, projected.c.partition, projected.c.next_offset))
    return {Place(topic, partition): offset for topic, partition, offset in rows}


def projected_at_ms(connection: Connection) -> int | None:
    """When anything was written last; None: nothing ever was."""
    value = read_state(connection, _PROJECTED_AT)
    return None if value is None else int(value)


def note_alive(engine: Engine, now_ms: int) -> None:
    """Note that the tables follow Kafka at this instant."""
    with writing(engine) as connection:
        write_state(connection, _PROJECTED_AT, str(now_ms))


def forget_old_steps(engine: Engine, before_ms: int) -> None:
    """Drop steps and hot leads of before that instant, some at a time: changes from Kafka wait meanwhile."""
    for table in (history, hot_leads, leads):
        is_old = table.c.at_ms < before_ms
        some = select(table.c.at_ms).where(is_old).order_by(table.c.at_ms).offset(_AT_A_TIME).limit(1)
        has_more = True
        while has_more:
            with writing(engine) as connection:
                last_ms = connection.execute(some).scalar()
                connection.execute(delete(table).where(is_old if last_ms is None else table.c.at_ms <= last_ms))
            has_more = last_ms is not None


def forget_orphans(engine: Engine, now_ms: int) -> None:
    """Drop steps and hot leads of contacts that are not there any more. They are looked for without a lock."""
    for table in (history, hot_leads, leads):
        is_known = exists().where(contacts.c.contact_id == table.c.contact_id)
        is_orphan = and_(table.c.at_ms < now_ms - _CROSSED_MS, ~is_known)
        with reading(engine) as connection:
            orphans = connection.execute(select(table.c.contact_id).where(is_orphan).distinct().limit(_AT_A_TIME))
            orphan_ids = list(orphans.scalars())
        for some in portions(orphan_ids):
            with writing(engine) as connection:
                connection.execute(delete(table).where(table.c.contact_id.in_(some), is_orphan))


def start_contacts_over(connection: Connection) -> None:
    """Drop what the changelog made; steps and hot leads, which Kafka does not hold as long as we do, stay."""
    for table in (contacts, scores, attributes, tallies, searched, search_keys, search_spellings):
        connection.execute(delete(table))
    connection.execute(delete(projected).where(projected.c.topic == CONTACTS_CHANGELOG))
    begin_epoch(connection)


def _write_contacts(connection: Connection, changes: Changes) -> None:
    written = list(changes.contacts.values())
    ids = [rows.contact_id for rows in written]
    known = _known(connection, contacts.c.contact_id, ids)
    _tally(connection, known, [row for rows in written for row in rows.scores])
    for table in (contacts, scores, attributes):
        _delete(connection, table, table.c.contact_id, known)
    _insert(connection, contacts, [rows.contact for rows in written if rows.contact is not None])
    forget_unscored(connection, [rows.contact_id for rows in written if rows.contact is None or rows.former_ms])
    _insert(connection, scores, [row for rows in written for row in rows.scores])
    _insert(connection, attributes, [row for rows in written for row in rows.attributes])
    found_by = {rows.contact_id: None if rows.contact is None else rows.contact["attributes"] for rows in written}
    index_contacts(connection, found_by)
    for rows in written:
        if rows.former_ms:
            for table in (history, hot_leads, leads):
                is_former = and_(table.c.contact_id == rows.contact_id, table.c.at_ms <= rows.former_ms)
                connection.execute(delete(table).where(is_former))


def _tally(connection: Connection, ids: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Count the rows instead of those that the contacts have now."""
    cells = Counter(_cell(row) for row in rows)
    for some in portions(ids):
        for row in connection.execute(select(scores).where(scores.c.contact_id.in_(some))):
            cells[_cell(dict(row._mapping))] -= 1
    # In one order, whoever counts.
    changed = [dict(zip(_CELL, cell, strict=True)) | {"contacts": n} for cell, n in sorted(cells.items()) if n]
    if not changed:
        return
    statement = _DIALECTS[connection.dialect.name].insert(tallies)
    contacts_now = tallies.c.contacts + statement.excluded.contacts
    connection.execute(statement.on_conflict_do_update(index_elements=_CELL, set_={"contacts": contacts_now}), changed)
    connection.execute(delete(tallies).where(tallies.c.contacts == 0))


def _cell(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    presented_nano = row["presented_nano"]
    return row["name"], row["value"], "" if presented_nano is None else str(presented_nano), row["stage"] or ""


def _write_steps(connection: Connection, changes: Changes) -> None:
    _delete(connection, history, history.c.contact_id, list(changes.forgotten))
    if changes.history:
        statement = _DIALECTS[connection.dialect.name].insert(history)
        excluded = {name: statement.excluded[name] for name in ("at_ms", "said")}
        newest = statement.on_conflict_do_update(index_elements=("contact_id", "sequence"), set_=excluded)
        connection.execute(newest, list(changes.history.values()))
    known = set(_known(connection, hot_leads.c.event_id, list(changes.hot_leads)))
    _insert(connection, hot_leads, [row for event_id, row in changes.hot_leads.items() if event_id not in known])
    _forget_former(connection, changes)


def _forget_former(connection: Connection, changes: Changes) -> None:
    """Drop the hot leads that came after their contact was erased and had begun anew."""
    is_former = exists().where(
        contacts.c.contact_id == hot_leads.c.contact_id, contacts.c.born_ms >= hot_leads.c.at_ms, contacts.c.born_ms > 0
    )
    for some in portions(list(changes.hot_leads)):
        connection.execute(delete(hot_leads).where(hot_leads.c.event_id.in_(some), is_former))


def _write_offsets(connection: Connection, offsets: Mapping[Place, int]) -> None:
    for place in offsets:
        is_place = and_(projected.c.topic == place.topic, projected.c.partition == place.partition)
        connection.execute(delete(projected).where(is_place))
    rows = [{"topic": p.topic, "partition": p.partition, "next_offset": offset} for p, offset in offsets.items()]
    _insert(connection, projected, rows)


def _known(connection: Connection, column: Column[Any], values: Sequence[str]) -> list[str]:
    """Those of the values that are in the column."""
    return [
        value
        for some in portions(values)
        for value in connection.execute(select(column).where(column.in_(some))).scalars()
    ]


def _delete(connection: Connection, table: Table, column: Column[Any], values: Sequence[Any]) -> None:
    for some in portions(values):
        connection.execute(delete(table).where(column.in_(some)))


def _insert(connection: Connection, table: Table, rows: Collection[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), list(rows))
