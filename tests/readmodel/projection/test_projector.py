"""The tables equal what Kafka holds, whatever happens to who fills them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select

from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.errors import OperatorError
from streamprocessor.readmodel.composition import database_file
from streamprocessor.readmodel.store import tables
from streamprocessor.readmodel.store.database import write_state, writing
from tests.harness.postgres import PostgresServer
from tests.harness.settling import until_settled
from tests.harness.system import Sent, until
from tests.readmodel.conftest import MakeApi, ScoredSystem
from tests.readmodel.databases import opened_database
from tests.readmodel.expected_tables import assert_equal_to_kafka

pytestmark = pytest.mark.kafka

HELD_OF_CONTACTS = (
    tables.contacts,
    tables.scores,
    tables.attributes,
    tables.history,
    tables.hot_leads,
    tables.searched,
)


@contextmanager
def engine_of(scored: ScoredSystem, folder: Path, database_url: str) -> Iterator[Engine]:
    settings = scored.system.settings.model_copy(update={"data_dir": str(folder)})
    with opened_database(database_url, database_file(settings)) as engine:
        yield engine


async def test_while_the_database_restarts_the_api_says_so_and_then_goes_on(
    scored: ScoredSystem, new_api: MakeApi, postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.url(f"t{os.urandom(4).hex()}")
    api = await new_api(database_url=url).ready()
    postgres.stop()
    try:
        await scored.system.send([Sent("form-submissions", b"late", {"properties": {"form": "contact"}})])
        await until(api.ready_code, lambda code: code != 200, 20, "not ready without its database")
    finally:
        postgres.start()

    await api.ready()
    found = await until(
        lambda: api.ask("/api/contacts/late"),
        lambda answer: answer.status_code == 200,
        20,
        "the contact of before the restart",
    )
    assert found.json()["scores"]["engagement"]["score"] == 25


async def test_erased_merged_and_objecting_contacts_disappear_with_their_steps(
    scored: ScoredSystem, new_api: MakeApi, database_url: str, tmp_path: Path
) -> None:
    names = [f"{name}-{os.urandom(4).hex()}" for name in ("gone", "child", "parent", "objector")]
    gone, child, parent, objector = names
    await scored.system.send(
        [
            # Each its own words: joined, equal ones would be one act.
            Sent("form-submissions", name.encode(), {"id": f"f-{name}", "properties": {"form": "contact", "by": name}})
            for name in names
        ]
    )
    await until_settled(scored.system)
    api = await new_api(database_url=database_url).ready()
    for name in names:
        assert api.get(f"/api/contacts/{name}")["scores"]["engagement"]["score"] == 25
        assert api.get(f"/api/contacts/{name}/history")["steps"]

    await scored.system.send(
        [
            Sent("contact-updates", gone.encode(), {"update": "erase"}),
            Sent("contact-updates", parent.encode(), {"update": "merge", "from": child}),
            Sent("contact-updates", objector.encode(), {"update": "do_not_score", "do_not_score": True}),
        ]
    )
    with engine_of(scored, tmp_path, database_url) as engine:

        def left() -> set[tuple[str, str]]:
            found = set()
            with engine.connect() as connection, connection.begin():
                for table in HELD_OF_CONTACTS:
                    hidden = table.c.contact_id.in_([gone, child, objector])
                    found |= {
                        (table.name, row[0]) for row in connection.execute(select(table.c.contact_id).where(hidden))
                    }
            return found

        await until(left, lambda rows: not rows, 30, "nothing of them")
        await until(
            lambda: api.get(f"/api/contacts/{parent}")["scores"]["engagement"]["score"],
            lambda score: score == 50,
            30,
            "the evidence of the merged contact at its parent",
        )
        await assert_equal_to_kafka(*scored, engine)


async def test_an_older_schema_is_filled_anew_and_a_newer_one_is_refused(
    scored: ScoredSystem, new_api: MakeApi, database_url: str, tmp_path: Path
) -> None:
    with engine_of(scored, tmp_path, database_url) as engine:
        with writing(engine) as connection:
            connection.execute(tables.segments.insert().values(name="kept", filter="{}"))
            write_state(connection, "schema_version", "0")
            connection.exec_driver_sql(
                "ALTER TABLE scores DROP COLUMN stage" if database_url else "DROP TABLE hot_leads"
            )
        api = await new_api(database_url=database_url).ready()
        await assert_equal_to_kafka(*scored, engine)
        assert [segment["name"] for segment in api.get("/api/segments")["segments"]] == ["kept", "warm-companies"]
        assert api.stop() == 0

        with writing(engine) as connection:
            write_state(connection, "schema_version", "999")
        with pytest.raises(OperatorError, match="schema version 999"), engine_of(scored, tmp_path, database_url):
            pass
        refused = new_api("refused", database_url=database_url)
        assert refused.process.wait(30) == 2
        assert "999" in refused.tail()


async def test_who_was_away_for_longer_than_tombstones_last_reads_contacts_anew(
    scored: ScoredSystem, new_api: MakeApi, tmp_path: Path
) -> None:
    api = await new_api().ready()
    assert api.stop() == 0
    with engine_of(scored, tmp_path, "") as engine:
        with writing(engine) as connection:
            # One whose tombstone is compacted away by now.
            ghost = dict(connection.execute(select(tables.contacts).limit(1)).one()._mapping) | {"contact_id": "ghost"}
            connection.execute(tables.contacts.insert().values(ghost))
            write_state(connection, "projected_at_ms", "1")

        api = await new_api().ready()

        await assert_equal_to_kafka(*scored, engine)


async def test_topics_that_were_made_anew_fill_the_tables_anew(
    scored: ScoredSystem, new_api: MakeApi, tmp_path: Path
) -> None:
    with engine_of(scored, tmp_path, "") as engine:
        with writing(engine) as connection:
            write_state(connection, f"topic:{CONTACTS_CHANGELOG}", "another id")
            connection.execute(delete(tables.projected))
            connection.execute(
                tables.projected.insert().values(topic=CONTACTS_CHANGELOG, partition=0, next_offset=10**9)
            )

        await new_api().ready()

        await assert_equal_to_kafka(*scored, engine)
