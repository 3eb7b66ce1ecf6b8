"""Segments that were put once, and what can't be read of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, select

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.readmodel.endpoints.known_segments import all_known, known_by, store
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.database import writing
from streamprocessor.readmodel.store.tables import contacts, segments
from streamprocessor.scoring.model.contact_filter import ContactFilter
from tests.readmodel.conftest import MODEL
from tests.readmodel.databases import opened_database

SCORED_BY = parse_model(MODEL, "m")


@pytest.mark.parametrize("filter_", ["", "{", '{"word_of_another_release": 1}', "[]", '{"suppressed": "\\u0000"}'])
def test_one_that_can_not_be_read_holds_nobody_until_it_is_put_anew_and_the_others_are_as_they_were(
    tmp_path: Path, filter_: str
) -> None:
    with opened_database("", tmp_path / "db.sqlite") as engine, writing(engine) as connection:
        store(connection, SCORED_BY, "good", ContactFilter(suppressed=True))
        connection.execute(insert(segments).values(name="bad", filter=filter_))

        known = {each.name: each.filter for each in all_known(connection, SCORED_BY)}
        assert list(known) == ["bad", "good", "warm-companies"]
        assert known["good"] == ContactFilter(suppressed=True)
        assert known_by(connection, SCORED_BY, "bad").filter == known["bad"] != ContactFilter()
        assert queries.contacts_in_order(connection, known["bad"], 10, None) == []
        assert connection.execute(select(contacts)).all() == []

        store(connection, SCORED_BY, "bad", ContactFilter())
        assert known_by(connection, SCORED_BY, "bad").filter == ContactFilter()
