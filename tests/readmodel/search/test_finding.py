"""Whoever is searched for is found, the likeliest first, on either database, and nobody who is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from streamprocessor.contract.display import Display
from streamprocessor.readmodel.projection.changes import Changes
from streamprocessor.readmodel.projection.writes import start_contacts_over, write
from streamprocessor.readmodel.search import finding, index
from streamprocessor.readmodel.search.finding import find
from streamprocessor.readmodel.search.index import adopt_naming, index_some
from streamprocessor.readmodel.search.keys import Naming
from streamprocessor.readmodel.store.database import epoch_of, reading, writing
from streamprocessor.readmodel.store.rows import no_rows
from streamprocessor.readmodel.store.tables import search_keys, search_spellings, searched
from tests.readmodel.api_apps import NOW_MS
from tests.readmodel.conftest import empty_database
from tests.readmodel.databases import opened_database
from tests.readmodel.search.people import PEOPLE, store_people


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def people(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of each kind with all the people."""
    with opened_database(empty_database(request), tmp_path_factory.mktemp("people") / "read-model.sqlite") as engine:
        store_people(engine)
        yield engine


@pytest.fixture(params=["sqlite", "postgresql"])
def nobody(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of each kind without anybody."""
    with opened_database(empty_database(request), tmp_path / "read-model.sqlite") as engine:
        yield engine


def found(engine: Engine, text: str, limit: int = 10) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        return [(match.contact_id, match.matched) for match in find(connection, text, limit)]


def ids(engine: Engine, text: str, limit: int = 10) -> list[str]:
    return [contact_id for contact_id, _ in found(engine, text, limit)]


SEARCHES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "a whole id": ("c-42", [("c-42", "exact"), ("c-420", "word")]),
    "an id in another case": ("c-7", [("C-7", "exact")]),
    "an id without letters": ("..", [("..", "exact")]),
    "an id with a slash": (" shop/3 ", [("shop/3", "exact")]),
    "the beginning of an id": ("shop", [("shop/3", "word")]),
    "a whole address": ("Jane.Smith@ACME.example", [("c-42", "exact")]),
    "the beginning of an address": ("jane.sm", [("c-42", "name"), ("c-420", "word")]),
    "where an address is": ("@gmail", [("shop/3", "word")]),
    "the beginning of a name": ("jan", [("c-42", "name"), ("c-11", "name"), ("c-420", "name")]),
    "one letter": ("a", [("c-10", "name"), ("c-9", "word"), ("c-42", "word")]),
    "a name, and others that go on": ("jane smith", [("c-42", "name"), ("c-420", "word")]),
    "a last name": ("smith", [("c-42", "word"), ("shop/3", "word"), ("c-420", "word")]),
    "words in another order": ("smith jane", [("c-42", "word"), ("c-420", "word")]),
    "a name and a company": ("jane acme", [("c-42", "word")]),
    "beginnings of words": ("con smi", [("c-420", "word")]),
    "without accents": ("zoe obrien orsted", [("C-7", "name")]),
    "with accents that are not there": ("Jäné", [("c-42", "name"), ("c-11", "name"), ("c-420", "name")]),
    "a company": ("MULLER sohne", [("C-7", "word")]),
    "a word without blanks before it": ("太郎", [("c-9", "word")]),
    "letters in each other's place": ("smtih", [("c-42", "similar"), ("shop/3", "similar")]),
    "a letter too few": ("alexnder", [("c-10", "similar")]),
    "two mistakes": ("alexxandre", [("c-10", "similar")]),
    "mistakes in two words": ("jnae smtih", [("c-42", "similar")]),
    "a mistake and a beginning": ("smiht jan", [("c-42", "similar")]),
    "nobody": ("nobody such", []),
    "somebody else's company": ("dubois contoso", []),
    "wildcards": ("%_\\", []),
    "no word at all": ("?!", []),
    "a zero byte": ("jane\0smith", [("c-42", "name"), ("c-420", "word")]),
}


@pytest.mark.parametrize("search", SEARCHES)
def test_what_is_typed_finds_who_is_meant(people: Engine, search: str) -> None:
    text, told = SEARCHES[search]
    assert found(people, text) == told


@pytest.mark.parametrize("search", [name for name, (_, told) in SEARCHES.items() if told])
def test_the_likeliest_stay_where_fewer_are_wanted(people: Engine, search: str) -> None:
    text, told = SEARCHES[search]
    assert found(people, text, 1) == told[:1]


def test_words_that_many_have_find_those_who_have_all_of_them(people: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_FEW", 0)

    assert ids(people, "acme jane") == ["c-42"]
    assert ids(people, "jnae smtih") == ["c-42"]


@pytest.mark.parametrize("text", ["jane", "smith", "acme", "smtih", "c-42", "jane.smith@acme.example"])
def test_who_is_erased_or_merged_away_is_found_no_more_and_no_word_of_them_stays(nobody: Engine, text: str) -> None:
    store_people(nobody, {"c-10": PEOPLE["c-10"]})
    before = rows_of_index(nobody)
    store_people(nobody, {"c-42": PEOPLE["c-42"]})
    assert ids(nobody, text) == ["c-42"]

    hide(nobody, ["c-42"])

    assert ids(nobody, text) == []
    assert rows_of_index(nobody) == before
    assert ids(nobody, "alexandre") == ["c-10"]


def test_a_word_that_another_still_has_is_found_after_an_erasure(nobody: Engine) -> None:
    store_people(nobody, {"a": {"name": "Jane Smith"}, "b": {"name": "Ada Smith"}})

    hide(nobody, ["a"])

    assert ids(nobody, "smtih") == ["b"]


def test_who_takes_another_name_is_found_by_it_alone(nobody: Engine) -> None:
    store_people(nobody, {"c": {"name": "Jane Smith", "company": "ACME"}})
    store_people(nobody, {"c": {"name": "Jane Berger", "company": "ACME"}})

    assert ids(nobody, "smith") == ids(nobody, "smtih") == []
    assert ids(nobody, "bergr") == ids(nobody, "acme") == ["c"]


def test_what_changes_nothing_of_a_name_writes_nothing(nobody: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    store_people(nobody)
    before = rows_of_index(nobody)
    monkeypatch.setattr(index, "keys_of", lambda *_: pytest.fail("its keys are made anew"))

    store_people(nobody)

    assert rows_of_index(nobody) == before


def test_contacts_that_are_read_anew_are_found_as_before(nobody: Engine) -> None:
    store_people(nobody)
    before = rows_of_index(nobody)
    with writing(nobody) as connection:
        start_contacts_over(connection)
    assert ids(nobody, "jane") == []

    store_people(nobody)

    assert rows_of_index(nobody) == before


def test_where_contacts_are_called_otherwise_all_are_found_so_some_at_a_time(
    nobody: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_AT_A_TIME", 3)
    store_people(nobody, {f"c-{n}": {"nickname": f"Bo{n}", "name": "Jane Smith"} for n in range(8)})
    assert ids(nobody, "bo3") == []
    naming = Naming.of(Display((("nickname",),)), frozenset())

    adopt_naming(nobody, 2, naming)
    adopt_naming(nobody, 1, Naming())  # of another process, which does not know the newer model yet
    store_people(nobody, {"c-7": {"nickname": "Bo70"}})  # before its turn comes
    portions = 1
    while index_some(nobody):
        portions += 1

    assert portions == 3
    assert found(nobody, "bo3") == [("c-3", "name")]
    assert found(nobody, "bo70") == [("c-7", "name")]
    assert found(nobody, "jane s", 1) == [("c-0", "word")]
    assert not index_some(nobody)

    adopt_naming(nobody, 3, naming)  # a model that says nothing else of names
    assert not index_some(nobody)


def hide(engine: Engine, contact_ids: Sequence[str]) -> None:
    with reading(engine) as connection:
        epoch = epoch_of(connection)
    write(engine, epoch, Changes(contacts={each: no_rows(each) for each in contact_ids}), NOW_MS)


def rows_of_index(engine: Engine) -> dict[str, list[Any]]:
    with reading(engine) as connection:
        tables = (searched, search_keys, search_spellings)
        return {table.name: sorted(tuple(row) for row in connection.execute(select(table))) for table in tables}
