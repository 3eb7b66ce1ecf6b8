"""The last announcement, and the names of attributes, on both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, update

from streamprocessor.readmodel.store.database import writing
from streamprocessor.readmodel.store.filters import attribute_names
from streamprocessor.readmodel.store.latest_announcements import latest_hot_lead, latest_step
from streamprocessor.readmodel.store.tables import attributes, contacts, history, hot_leads
from tests.readmodel.api_apps import store_contacts
from tests.readmodel.databases import opened_database


@pytest.fixture
def engine(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    """Two contacts with two hot leads and two steps each, and what is left of one who was erased."""
    with opened_database(database_url, tmp_path / "read-model.sqlite") as engine:
        store_contacts(engine, ["jane", "joe"])
        with writing(engine) as connection:
            for number, name in enumerate(("jane", "joe", "joe", "jane", "erased"), 1):
                row = {"contact_id": name, "at_ms": 1_000 + number, "said": "{}"}
                connection.execute(insert(hot_leads).values(number=number, event_id=f"e{number}", **row))
                connection.execute(insert(history).values(sequence=number, **row))
        yield engine


def test_the_last_one_is_that_of_who_is_still_there(engine: Engine) -> None:
    with engine.connect() as connection:
        for contact_id, number in ((None, 4), ("joe", 3), ("jane", 4)):
            lead, step = latest_hot_lead(connection, contact_id), latest_step(connection, contact_id)
            assert lead is not None
            assert step is not None
            assert (lead.id, lead.event, lead.contact_id) == (f"e{number}", "became-hot-lead", contact_id or "jane")
            assert (step.id, step.event) == (f"preview:{contact_id or 'jane'}:{number}", "score-updated")
        assert latest_hot_lead(connection, "erased") is latest_step(connection, "erased") is None


def test_what_was_announced_before_a_contact_began_anew_is_none_of_it(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(update(contacts).values(born_ms=1_003))
        assert latest_hot_lead(connection, "joe") is latest_step(connection, "joe") is None


def test_names_of_attributes_are_told_once_and_in_order(engine: Engine) -> None:
    with writing(engine) as connection:
        for contact_id, name in (("jane", "b"), ("joe", "b"), ("joe", "a"), ("joe", "Ö")):
            row = {"contact_id": contact_id, "name": name, "text": "x", "is_text": True}
            connection.execute(insert(attributes).values(**row))
        assert sorted(attribute_names(connection)) == sorted(["a", "b", "Ö"])
