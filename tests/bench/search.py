"""The search box over many contacts with made names, on SQLite and PostgreSQL: every kind of question, by the API."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
from sqlalchemy import Engine, func, insert, select, text

from streamprocessor.readmodel.search.index import index_contacts
from streamprocessor.readmodel.store.database import open_database, writing
from streamprocessor.readmodel.store.tables import contacts, search_spellings
from tests.bench.questions import figures_of
from tests.bench.readmodel import disk_mib
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.harness.apis import ALL, bearer
from tests.harness.postgres import has_postgres, running_postgres
from tests.readmodel.api_apps import ApiApp

AT_ONCE = 5_000
DISTINCT = 100_000
"""So many people have names of their own; the others are their namesakes, with ids and addresses of their own."""
ROUNDS = 200
FIRST_NAMES, LAST_NAMES, COMPANIES = 4_000, 120_000, 80_000
SYLLABLES = tuple(map("".join, product("bdfgklmnprstvw", "aeiou")))
FORMS = ("GmbH", "Inc", "Ltd", "SA", "Group", "Labs")


class Person(NamedTuple):
    """Somebody with a made name."""

    id: str
    first: str
    last: str
    company: str
    email: str

    @property
    def attributes(self) -> dict[str, str]:
        """As the contact has them."""
        return {
            "first_name": self.first,
            "last_name": self.last,
            "company": self.company,
            "email": self.email,
            "job_title": ("CEO", "Engineer", "Head of Sales", "Buyer")[len(self.first + self.last) % 4],
        }


def person(number: int) -> Person:
    """The person of that number: common names are had by many, as people's are."""
    lot, first_of_name = divmod(number, DISTINCT)
    chance = random.Random(first_of_name)
    first = made_word("first", int(FIRST_NAMES * chance.random() ** 3))
    last = made_word("last", int(LAST_NAMES * chance.random() ** 3))
    firm = made_word("firm", int(COMPANIES * chance.random() ** 2))
    return Person(
        f"{chance.getrandbits(128):032x}{_mark(lot)}",
        first.title(),
        last.title(),
        f"{firm.title()} {chance.choice(FORMS)}",
        f"{first}.{last}{chance.randrange(100)}@{firm}.example{_mark(lot)}",
    )


def made_word(kind: str, number: int) -> str:
    """The word of that number, of two to four syllables; kind: words of another kind are others."""
    chance = random.Random(f"{kind}{number}")
    return "".join(chance.choice(SYLLABLES) for _ in range(2 + (number > 100) + (number > 5_000)))


def search(rig: Rig) -> list[Figure]:
    """The same figures of each database."""
    figures = _measured(rig, "sqlite", "")
    if not has_postgres():
        sys.stderr.write("bench: PostgreSQL is not installed; the search is measured on SQLite alone\n")
        return figures
    with tempfile.TemporaryDirectory(prefix="streamprocessor-bench-postgres-") as folder:
        Path(folder).chmod(0o755)
        with running_postgres(Path(folder), is_durable=True) as server:
            return [*figures, *_measured(rig, "postgresql", server.url("bench"))]


def _measured(rig: Rig, name: str, url: str) -> list[Figure]:
    count = rig.scale.known_contacts
    folder = rig.folder / f"search-{name}"
    folder.mkdir()
    engine = open_database(url, folder / "read-model.sqlite")
    began = time.perf_counter()
    fill(engine, min(DISTINCT, count))
    figures = [Figure("people who can be found", min(DISTINCT, count) / (time.perf_counter() - began), "contacts/s")]
    add_namesakes(engine, DISTINCT, range(1, count // DISTINCT))
    if url:  # as autovacuum would within a minute
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    rounds = max(3, round(ROUNDS * min(1.0, count / 1_000_000)))
    figures += asyncio.run(_answered(ApiApp(engine, folder).client(headers=bearer(ALL)), count, rounds))
    with engine.connect() as connection:
        words = connection.execute(select(func.count(func.distinct(search_spellings.c.word)))).scalar_one()
    figures += [Figure("words that may be misspelled", words, "words"), Figure("on disk", disk_mib(engine), "MiB")]
    engine.dispose()
    return [figure._replace(name=f"{name}: {figure.name}") for figure in figures]


def fill(engine: Engine, count: int) -> None:
    """Write people by the projector's own way."""
    for first in range(0, count, AT_ONCE):
        people = [person(number) for number in range(first, min(first + AT_ONCE, count))]
        attributes = {each.id: orjson.dumps(each.attributes).decode() for each in people}
        with writing(engine) as connection:
            connection.execute(insert(contacts), [_row(*each) for each in attributes.items()])
            index_contacts(connection, attributes)


def add_namesakes(engine: Engine, count: int, lots: range) -> None:
    """Give each of the first `count` people a namesake of each lot."""
    for lot in lots:
        with writing(engine) as connection:
            for statement in _NAMESAKES:
                connection.execute(text(statement), {"lot": _mark(lot), "numbers": lot * count, "count": count})


def _mark(lot: int) -> str:
    """What the ids and addresses of that lot of namesakes end with."""
    return f"x{lot}" if lot else ""


_NAMESAKES = (
    """
    INSERT INTO contacts (contact_id, record, updated_at_ms, born_ms, suppressed, attributes)
    SELECT s.contact_id || CAST(:lot AS TEXT), record, updated_at_ms, born_ms, suppressed,
           replace(attributes, '.example"', '.example' || CAST(:lot AS TEXT) || '"')
    FROM searched s JOIN contacts c ON c.contact_id = s.contact_id WHERE number <= :count
    """,
    """
    INSERT INTO searched SELECT number + :numbers, contact_id || CAST(:lot AS TEXT),
           replace(lines, '|2', CAST(:lot AS TEXT) || '|2'), made_from FROM searched WHERE number <= :count
    """,
    """
    INSERT INTO search_keys
    SELECT rank, text || CASE WHEN rank = 2 THEN CAST(:lot AS TEXT) ELSE '' END, number + :numbers
    FROM search_keys WHERE number <= :count
    """,
)


def _row(contact_id: str, attributes: str) -> dict[str, Any]:
    nothing_else = {"record": b"", "updated_at_ms": 0, "born_ms": 0, "suppressed": False}
    return {"contact_id": contact_id, "attributes": attributes} | nothing_else


def questions(count: int) -> dict[str, Callable[[Person], str]]:
    """What somebody types who looks for a person, by its kind."""
    return {
        "one letter": lambda who: who.last[:1],
        "two letters": lambda who: who.first[:2],
        "beginning of a name": lambda who: f"{who.first} {who.last[:2]}",
        "whole name": lambda who: f"{who.first} {who.last}",
        "last name": lambda who: who.last,
        "company": lambda who: who.company,
        "words in another order": lambda who: f"{who.last} {who.first}",
        "first name and company": lambda who: f"{who.first} {who.company.split()[0]}",
        "beginnings that many have": lambda who: f"{who.company.split()[1]} {who.last[:1]} {who.first[:1]}",
        "mistake in a word": lambda who: _with_mistake(who.last),
        "mistakes in two words": lambda who: f"{_with_mistake(who.first)} {_with_mistake(who.last)}",
        "id": lambda who: who.id,
        "address": lambda who: who.email,
        "nobody": lambda who: f"{who.id[:7]}x",
        "nobody of that name there": lambda who: f"{who.first} {person(int(who.id[:6], 16) % count).company}",
    }


def _with_mistake(word: str) -> str:
    at = len(word) // 2
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


async def _answered(http: httpx.AsyncClient, count: int, rounds: int) -> list[Figure]:
    """Median and 95th percentile of each kind, asked in turns, each time of another person."""
    asked = questions(count)
    took: dict[str, list[float]] = {kind: [] for kind in asked}
    for who in _people(count, rounds):
        for kind, question in asked.items():
            began = time.perf_counter()
            answer = await http.post("/api/search", json={"q": question(who)})
            took[kind].append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                message = f"search, {kind}: wanted 200; got {answer.status_code}"
                raise RuntimeError(message)
            _check(kind, who, answer.json()["contacts"])
    return [figure for kind, found in took.items() for figure in figures_of(kind, found)]


def _check(kind: str, who: Person, found: list[dict[str, Any]]) -> None:
    if kind in ("id", "address") and (not found or found[0]["matched"] != "exact"):
        message = f"search, {kind}: wanted {who.id} first; got {found[:1]}"
        raise RuntimeError(message)


def _people(count: int, rounds: int) -> Iterator[Person]:
    chance = random.Random(3)
    return (person(chance.randrange(count)) for _ in range(rounds))
