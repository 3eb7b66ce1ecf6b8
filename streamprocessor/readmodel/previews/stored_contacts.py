"""Contacts as the tables hold them, page by page, or so many by chance: always the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import nsmallest
from typing import NamedTuple

from sqlalchemy import Connection, Engine, select
from xxhash import xxh3_64_intdigest

from streamprocessor.process.databases import portions
from streamprocessor.readmodel.store.database import reading
from streamprocessor.readmodel.store.tables import contacts

PAGE = 2_000
_IDS_AT_ONCE = 10_000
_CONTACT = (contacts.c.contact_id, contacts.c.record, contacts.c.attributes)


class RecordRow(NamedTuple):
    """A contact's id, its stored record and the JSON of its attributes."""

    contact_id: str
    record: bytes
    attributes: str


class Drawn(NamedTuple):
    """contacts: how many there are; ids: of those that were drawn, in the order of their hashes."""

    contacts: int
    ids: list[str]


def drawn_contacts(engine: Engine, most: int) -> Drawn:
    """So many contacts at most, those whose ids have the lowest hashes: a fair choice, and each time the same."""
    counted = 0

    def hashed(connection: Connection) -> Iterator[tuple[int, str]]:
        nonlocal counted
        query = select(contacts.c.contact_id).execution_options(yield_per=_IDS_AT_ONCE)
        for contact_id in connection.execute(query).scalars():
            counted += 1
            yield xxh3_64_intdigest(contact_id.encode("utf-8", "surrogatepass")), contact_id

    with reading(engine) as connection:
        drawn = [contact_id for _, contact_id in nsmallest(most, hashed(connection))]
    return Drawn(counted, drawn)


def contacts_of(engine: Engine, ids: Sequence[str]) -> dict[str, RecordRow]:
    """The contacts of these ids by them; who is not there is left out."""
    wanted = [contact_id for contact_id in dict.fromkeys(ids) if "\0" not in contact_id]  # no database holds it
    with reading(engine) as connection:
        return {
            row.contact_id: RecordRow(*row)
            for some in portions(wanted)
            for row in connection.execute(select(*_CONTACT).where(contacts.c.contact_id.in_(some)))
        }


def all_contacts(engine: Engine) -> Iterator[list[RecordRow]]:
    """All contacts in pages, each read in a transaction of its own: no long one keeps the database from tidying."""
    last: str | None = None
    while True:
        query = select(*_CONTACT).order_by(contacts.c.contact_id).limit(PAGE)
        if last is not None:
            query = query.where(contacts.c.contact_id > last)
        with reading(engine) as connection:
            page = [RecordRow(*row) for row in connection.execute(query)]
        if not page:
            return
        yield page
        last = page[-1].contact_id
