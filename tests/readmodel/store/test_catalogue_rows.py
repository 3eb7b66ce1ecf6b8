"""The catalogue is written whole, by one process at a time; a contact that goes takes its counts along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from streamprocessor.catalogue.catalogue import Catalogue
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.readmodel.projection.changes import Changes
from streamprocessor.readmodel.projection.writes import write
from streamprocessor.readmodel.store.catalogue_rows import (
    MAX_UNSCORED_TYPES,
    StoredCatalogue,
    UnscoredEvents,
    add_unscored,
    read_catalogue,
    unscored_of,
    write_catalogue,
)
from streamprocessor.readmodel.store.database import epoch_of, open_database, reading, writing
from streamprocessor.readmodel.store.rows import ContactRows, no_rows, rows_of
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.scorer import Scorer
from tests.readmodel.conftest import MODEL

NOW_MS = 1_795_334_400_000
SCORER = Scorer(parse_model(MODEL, "m"))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database("", tmp_path / "read-model.sqlite")
    yield engine
    engine.dispose()


def contact_rows(contact_id: str) -> ContactRows:
    record = SCORER.blank()
    SCORER.apply_in_place(record, [Event("e", "form_submission", NOW_MS, NOW_MS, {"form": "contact"}, {})])
    return rows_of(SCORER, contact_id, encode_record(record))


def project(engine: Engine, *rows: ContactRows) -> None:
    with reading(engine) as connection:
        epoch = epoch_of(connection)
    write(engine, epoch, Changes(contacts={each.contact_id: each for each in rows}), NOW_MS)


def seen(connection: Connection, contact_id: str) -> dict[str, UnscoredEvents]:
    return unscored_of(connection, contact_id)


def test_of_two_processes_that_read_one_snapshot_the_first_writes(engine: Engine) -> None:
    with reading(engine) as connection:
        first = second = read_catalogue(connection)
    with writing(engine) as connection:
        assert write_catalogue(connection, first._replace(catalogue=Catalogue(next_offsets={("t", 0): 1})))
        assert not write_catalogue(connection, second._replace(catalogue=Catalogue(next_offsets={("t", 0): 2})))
        stored = read_catalogue(connection)
        assert write_catalogue(connection, stored._replace(written_at_ms=NOW_MS))
        assert not write_catalogue(connection, stored)
        assert read_catalogue(connection) == StoredCatalogue(Catalogue(next_offsets={("t", 0): 1}), 2, NOW_MS)


def test_events_of_types_without_rules_are_added_up_for_contacts_that_are_known(engine: Engine) -> None:
    project(engine, contact_rows("c-1"))
    with writing(engine) as connection:
        for last_ms in (NOW_MS, NOW_MS + 5):
            add_unscored(
                connection,
                {("c-1", "download"): UnscoredEvents(2, last_ms), ("nobody", "download"): UnscoredEvents(1, last_ms)},
            )
        assert seen(connection, "c-1") == {"download": UnscoredEvents(4, NOW_MS + 5)}
        assert seen(connection, "nobody") == {}


def test_of_types_that_somebody_makes_up_a_contact_keeps_some(engine: Engine) -> None:
    project(engine, contact_rows("c-1"))
    with writing(engine) as connection:
        for number in range(3):
            made_up = [f"t{number}-{each}" for each in range(MAX_UNSCORED_TYPES)]
            add_unscored(connection, {("c-1", type_): UnscoredEvents(1, NOW_MS) for type_ in [*made_up, "t0-0"]})
        kept = seen(connection, "c-1")
        assert len(kept) == MAX_UNSCORED_TYPES
        assert kept["t0-0"] == UnscoredEvents(3, NOW_MS)


def test_with_a_contact_goes_what_was_counted_of_it(engine: Engine) -> None:
    project(engine, contact_rows("c-1"), contact_rows("c-2"))
    with writing(engine) as connection:
        add_unscored(connection, {(id_, "download"): UnscoredEvents(1, NOW_MS) for id_ in ("c-1", "c-2")})

    project(engine, no_rows("c-1", NOW_MS))

    with reading(engine) as connection:
        assert seen(connection, "c-1") == {}
        assert seen(connection, "c-2") == {"download": UnscoredEvents(1, NOW_MS)}
