"""The search index in the tables: written with the contacts' rows, and anew where people call contacts otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, and_, bindparam, delete, func, insert, select, update

from streamprocessor.contract.display import Display
from streamprocessor.process.databases import portions
from streamprocessor.readmodel.search.keys import Key, Naming, keys_of
from streamprocessor.readmodel.search.lines import keys_in, lines_of
from streamprocessor.readmodel.search.ranges import with_word
from streamprocessor.readmodel.search.spellings import is_spelled, spellings_of
from streamprocessor.readmodel.store.bulk import insert_rows
from streamprocessor.readmodel.store.database import writing
from streamprocessor.readmodel.store.tables import contacts, search_keys, search_naming, search_spellings, searched

_AT_A_TIME = 1_000


def index_contacts(connection: Connection, attributes: Mapping[str, str | None]) -> None:
    """Let these contacts be found by what they are now. attributes: JSON by contact; None: it is found no more."""
    said = connection.execute(select(search_naming.c.said)).scalar() or _said(Naming())
    naming = _naming(said)
    known = {
        row.contact_id: row
        for some in portions(attributes)
        for row in connection.execute(select(searched).where(searched.c.contact_id.in_(some)))
    }
    changes = _Changes((connection.execute(select(func.max(searched.c.number))).scalar() or 0) + 1)
    for contact_id, present in attributes.items():
        row = known.get(contact_id)
        if present is None:
            if row is not None:
                changes.remove(row)
        elif row is None or row.made_from != _digest(said, present):
            made = _Made(lines_of(keys_of(naming, contact_id, orjson.loads(present))), _digest(said, present))
            if row is None:
                changes.add(contact_id, made)
            else:
                changes.replace(row, made)
    changes.write(connection)


def adopt_naming(engine: Engine, revision: int, naming: Naming) -> None:
    """From now on contacts are searched by this, unless by that of a newer revision of the model.

    Those that are in the tables follow with `index_some`.
    """
    said = _said(naming)
    with writing(engine) as connection:
        known = connection.execute(select(search_naming)).one_or_none()
        if known is not None and known.revision >= revision:
            return
        reached = known.reached if known is not None and known.said == said else ""
        connection.execute(delete(search_naming))
        connection.execute(insert(search_naming).values(revision=revision, said=said, reached=reached))


def index_some(engine: Engine) -> bool:
    """Bring the next contacts up to the naming that was adopted; whether there may be more of them."""
    with writing(engine) as connection:
        reached = connection.execute(select(search_naming.c.reached)).scalar()
        if reached is None:
            return False
        query = select(contacts.c.contact_id, contacts.c.attributes).where(contacts.c.contact_id > reached)
        rows = connection.execute(query.order_by(contacts.c.contact_id).limit(_AT_A_TIME)).all()
        index_contacts(connection, {row.contact_id: row.attributes for row in rows})
        has_more = len(rows) == _AT_A_TIME
        connection.execute(update(search_naming).values(reached=rows[-1].contact_id if has_more else None))
        return has_more


def _said(naming: Naming) -> str:
    display = naming.display
    said = {"name": display.name, "subtitle": display.subtitle, "attributes": sorted(naming.attributes)}
    return orjson.dumps(said).decode()


def _naming(said: str) -> Naming:
    words = orjson.loads(said)
    name, subtitle = (tuple(tuple(entry) for entry in words[line]) for line in ("name", "subtitle"))
    return Naming(Display(name, subtitle), frozenset(words["attributes"]))


class _Made(NamedTuple):
    """What a contact's row holds. made_from: a digest of what the lines follow from; while it stays, they do."""

    lines: str
    made_from: bytes


def _digest(said: str, attributes: str) -> bytes:
    return blake2b(f"{said}\n{attributes}".encode(), digest_size=16).digest()


@dataclass
class _Changes:
    """Rows to be written. next_number: of the next contact that comes anew."""

    next_number: int
    came: list[tuple[int, str, str, bytes]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    more_keys: list[tuple[int, str, int]] = field(default_factory=list)
    fewer_keys: list[dict[str, Any]] = field(default_factory=list)

    def add(self, contact_id: str, made: _Made) -> None:
        self.came.append((self.next_number, contact_id, *made))
        self._turn(self.next_number, set(), keys_in(made.lines))
        self.next_number += 1

    def replace(self, row: Any, made: _Made) -> None:
        self.changed.append({"of": row.number} | made._asdict())
        self._turn(row.number, keys_in(row.lines), keys_in(made.lines))

    def remove(self, row: Any) -> None:
        self.gone.append(row.number)
        self._turn(row.number, keys_in(row.lines), set())

    def write(self, connection: Connection) -> None:
        if self.fewer_keys:
            is_key = and_(*(column == bindparam(f"of_{column.name}") for column in search_keys.primary_key))
            connection.execute(delete(search_keys).where(is_key), self.fewer_keys)
        for some in portions(self.gone):
            connection.execute(delete(searched).where(searched.c.number.in_(some)))
        if self.changed:
            is_contact = searched.c.number == bindparam("of")
            connection.execute(update(searched).where(is_contact), self.changed)
        insert_rows(connection, searched, self.came)
        insert_rows(connection, search_keys, sorted(self.more_keys))
        _forget_words(connection, {_first_word(row["of_text"]) for row in self.fewer_keys})
        _learn_words(connection, {_first_word(text) for _, text, _ in self.more_keys})

    def _turn(self, number: int, before: set[Key], after: set[Key]) -> None:
        self.more_keys += [(int(key.rank), key.text, number) for key in after - before]
        self.fewer_keys += [
            {"of_rank": key.rank, "of_text": key.text, "of_number": number} for key in sorted(before - after)
        ]


def _learn_words(connection: Connection, words: Iterable[str]) -> None:
    """Let the words be found by other spellings, too."""
    unknown = {word for word in words if is_spelled(word)}
    column = search_spellings.c
    for some in portions(sorted(unknown)):
        known = select(column.word).where(column.spelling.in_(some), column.word == column.spelling)
        unknown -= set(connection.execute(known).scalars())
    rows = sorted((spelling, word) for word in unknown for spelling in spellings_of(word))
    insert_rows(connection, search_spellings, rows)


def _forget_words(connection: Connection, words: Iterable[str]) -> None:
    """Forget the spellings of those words that nobody is found by any more."""
    forgotten = [word for word in sorted(words) if is_spelled(word) and not with_word(connection, word, True, 1)]
    rows = [{"of_spelling": spelling, "of_word": word} for word in forgotten for spelling in spellings_of(word)]
    if rows:
        is_row = and_(*(column == bindparam(f"of_{column.name}") for column in search_spellings.primary_key))
        connection.execute(delete(search_spellings).where(is_row), rows)


def _first_word(text: str) -> str:
    return text.partition(" ")[0]
