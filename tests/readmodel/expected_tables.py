"""What the tables should hold, from the topics alone, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import Engine, Table, func, select

from streamprocessor.contract.changelog.entry import RESERVED, record_of
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.readmodel.search.keys import Naming, keys_of
from streamprocessor.readmodel.store import tables
from streamprocessor.readmodel.store.database import reading
from streamprocessor.readmodel.store.rows import ContactRows, rows_of
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.scorer import Scorer
from tests.harness.system import System, until

SHOWN_AT_MOST = 4
Tables = dict[str, dict[Any, Any]]


async def assert_equal_to_kafka(system: System, model: Model, engine: Engine) -> None:
    """It may take a moment, and meanwhile time may have made another step."""

    async def differences() -> list[str]:
        return list(islice(_differences(await expected_rows(system, model), stored_rows(engine)), SHOWN_AT_MOST))

    assert await until(differences, lambda seen: not seen, 30, "tables that equal Kafka") == []
    stored, counted = await until(
        lambda: tallies_of(engine), lambda seen: seen[0] == seen[1], 5, "tallies that are right"
    )
    assert stored == counted


def _differences(expected: Tables, stored: Tables) -> Iterator[str]:
    for table, rows in expected.items():
        for key in rows.keys() | stored[table].keys():
            if rows.get(key) != stored[table].get(key):
                yield f"{table} {key}: wanted {rows.get(key)}; found {stored[table].get(key)}"


async def expected_rows(system: System, model: Model) -> Tables:
    """Each table's rows by their keys: the last record of each contact, each announced step once."""
    newest: dict[str, bytes | None] = {}
    for record in await system.read(CONTACTS_CHANGELOG):
        if not record.key.startswith(RESERVED):
            newest[record.key.decode()] = record.value
    scorer = Scorer(model)
    naming = Naming.of(model.display, frozenset(model.addresses))
    rows = {key: rows_of(scorer, key, record_of(value)) for key, value in newest.items() if value is not None}
    shown = {key: of for key, of in rows.items() if of.contact is not None}
    return {
        "contacts": {key: of.contact for key, of in shown.items()},
        "scores": {_key(tables.scores, row): row for of in shown.values() for row in of.scores},
        "attributes": {_key(tables.attributes, row): row for of in shown.values() for row in of.attributes},
        "search_keys": {
            (contact_id, key.rank, key.text): True
            for contact_id, of in shown.items()
            if of.contact is not None
            for key in keys_of(naming, contact_id, orjson.loads(of.contact["attributes"]))
        },
        "history": await _steps(system, shown),
        "hot_leads": await _hot_leads(system, shown),
    }


async def _steps(system: System, shown: dict[str, ContactRows]) -> dict[Any, Any]:
    """Of the contacts that still show something, by contact and sequence."""
    steps: dict[str, dict[Any, str]] = {}
    for record in await system.read("score-updated"):
        contact, announcement = record.key.decode(), orjson.loads(record.value) if record.value else {"scores": {}}
        if announcement["scores"]:
            steps.setdefault(contact, {})[contact, announcement["sequence"]] = record.value.decode()
        else:
            steps.pop(contact, None)
    return {key: value for contact, of in steps.items() if contact in shown for key, value in of.items()}


async def _hot_leads(system: System, shown: dict[str, ContactRows]) -> dict[Any, Any]:
    """Of the contacts that still show something, since they began, by the event's id."""
    announced = {dict(record.headers)["ce_id"].decode(): record for record in await system.read("became-hot-lead")}
    return {
        id_: record.value.decode()
        for id_, record in announced.items()
        if (of := shown.get(record.key.decode())) and (_at_ms(record.value) or 0) > of.former_ms
    }


def stored_rows(engine: Engine) -> Tables:
    """The same of the tables."""
    with reading(engine) as connection:
        rows = {
            table.name: [dict(row._mapping) for row in connection.execute(select(table))]
            for table in (tables.contacts, tables.scores, tables.attributes, tables.history, tables.hot_leads)
        }
        keys = select(tables.searched.c.contact_id, tables.search_keys.c.rank, tables.search_keys.c.text)
        is_theirs = tables.searched.c.number == tables.search_keys.c.number
        search_keys = {
            tuple(row): True
            for row in connection.execute(keys.join_from(tables.search_keys, tables.searched, is_theirs))
        }
    contacts = {row["contact_id"]: row for row in rows["contacts"]}
    return {
        "contacts": contacts,
        "scores": {_key(tables.scores, row): row for row in rows["scores"]},
        "attributes": {_key(tables.attributes, row): row for row in rows["attributes"]},
        "search_keys": search_keys,
        "history": {_key(tables.history, row): row["said"] for row in rows["history"] if row["contact_id"] in contacts},
        "hot_leads": {
            row["event_id"]: row["said"]
            for row in rows["hot_leads"]
            if (of := contacts.get(row["contact_id"])) and row["at_ms"] > of["born_ms"]
        },
    }


def tallies_of(engine: Engine) -> tuple[dict[Any, int], dict[Any, int]]:
    """The stored tallies, and what counting says."""
    shown = (tables.scores.c.name, tables.scores.c.value, tables.scores.c.presented_nano, tables.scores.c.stage)
    with reading(engine) as connection:
        stored = {tuple(row[:4]): row[4] for row in connection.execute(select(tables.tallies))}
        counted = connection.execute(select(*shown, func.count()).group_by(*shown))
        return stored, {(*row[:2], "" if row[2] is None else str(row[2]), row[3] or ""): row[4] for row in counted}


def _key(table: Table, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _at_ms(value: bytes) -> int | None:
    return parse_rfc3339(orjson.loads(value)["at"])
