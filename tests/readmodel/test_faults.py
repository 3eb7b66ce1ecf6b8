"""Projectors killed, doubled, and robbed of their database while changes flow: in the end the tables equal Kafka."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.readmodel.composition import database_file
from streamprocessor.readmodel.store import tables
from streamprocessor.readmodel.store.database import reading, writing
from streamprocessor.scoring.model.model import Model
from streamprocessor.settings import Settings
from tests.harness.apis import ApiProcess
from tests.harness.postgres import PostgresServer
from tests.harness.system import System, until
from tests.readmodel.change_flow import Flow, changes
from tests.readmodel.databases import opened_database
from tests.readmodel.expected_tables import assert_equal_to_kafka

pytestmark = pytest.mark.kafka

#: The nightly run turns these up.
CHANGES = int(os.environ.get("FAULT_CHANGES", "3000"))
KILLS = int(os.environ.get("FAULT_KILLS", "3"))
SLOWEST_SECONDS = 60 + CHANGES / 100


StartProjector = Callable[[str, str], ApiProcess]
Story = tuple[Model, Sequence[Message]]


@pytest.fixture(scope="module")
def story(model_file: Path) -> Story:
    """The changes and the model that they are made by."""
    model = replace(read_model(model_file), revision=1)
    return model, changes(model, CHANGES, int(time.time() * 1000))


@pytest.fixture
async def flow(bootstrap: str, topic_prefix: str, model_file: Path, story: Story) -> Flow:
    """Topics of the test's own, nothing sent yet."""
    system = System(Settings(bootstrap=bootstrap, topic_prefix=topic_prefix, app_id="app", partitions=4))
    model, messages = story
    assert await system.create(model_file) == model
    return Flow(system, model, messages)


@pytest.fixture
def database(flow: Flow, database_url: str, tmp_path: Path) -> Iterator[Engine]:
    """The database that the flow is projected into."""
    with opened_database(database_url, file_of(flow, tmp_path)) as engine:
        yield engine


@pytest.fixture
def start(flow: Flow, tmp_path: Path) -> Iterator[StartProjector]:
    """Starts api processes on the flow; whatever is left of them ends with the test."""
    with ExitStack() as ending:

        def started(name: str, url: str) -> ApiProcess:
            process = ApiProcess(flow.system.settings, tmp_path, name, data_dir=str(tmp_path), database_url=url)
            ending.callback(process.discard)
            return process.start()

        yield started


def file_of(flow: Flow, folder: Path) -> Path:
    return database_file(flow.system.settings.model_copy(update={"data_dir": str(folder)}))


@asynccontextmanager
async def flowing(flow: Flow) -> AsyncIterator[None]:
    """Changes flow during the block; after it all of them were sent."""
    sending = asyncio.ensure_future(flow.send())
    try:
        yield
        await sending
    finally:
        sending.cancel()


async def until_share(flow: Flow, database: Engine, share: float) -> None:
    """Return when that part of the changes is in the tables."""
    await until(
        lambda: flow.share_in(database),
        lambda s: s >= share,
        SLOWEST_SECONDS,
        f"{share:.0%} projected",
        every_seconds=0.01,
    )


async def until_equal(flow: Flow, database: Engine) -> None:
    await until_share(flow, database, 1.0)
    await assert_equal_to_kafka(flow.system, flow.model, database)


async def test_killed_again_and_again_while_changes_flow_the_tables_equal_the_changelog(
    flow: Flow, database: Engine, database_url: str, start: StartProjector
) -> None:
    chance = random.Random(3)
    async with flowing(flow):
        for share in sorted(chance.uniform(0.0, 0.9) for _ in range(KILLS)):
            projector = start("api", database_url)
            await until_share(flow, database, share)
            projector.kill()
    start("api", database_url)

    await until_equal(flow, database)


async def test_several_who_fill_the_same_tables_at_once_do_not_harm_each_other(
    flow: Flow, database: Engine, database_url: str, start: StartProjector
) -> None:
    async with flowing(flow):
        first, killed, last = (start(name, database_url) for name in ("first", "killed", "last"))
        await until_share(flow, database, 0.3)
        killed.kill()

        await until_equal(flow, database)
    assert (first.process.poll(), last.process.poll()) == (None, None)


async def test_a_database_that_restarts_while_changes_flow_is_filled_on(
    flow: Flow, postgres: PostgresServer, start: StartProjector
) -> None:
    url = postgres.url(f"t{os.urandom(4).hex()}")
    with opened_database(url, file_of(flow, Path("unused"))) as database:
        async with flowing(flow):
            projector = start("api", url)
            for share in (0.1, 0.5):
                await until_share(flow, database, share)
                postgres.stop()
                postgres.start()

            await until_equal(flow, database)
    assert projector.process.poll() is None


async def test_a_file_that_was_deleted_is_filled_from_nothing(
    flow: Flow, start: StartProjector, tmp_path: Path
) -> None:
    file = file_of(flow, tmp_path)
    await flow.send()
    for _ in range(2):
        projector = start("api", "")
        await projector.ready(SLOWEST_SECONDS)
        with opened_database("", file) as database:
            await until_equal(flow, database)
        projector.kill()
        for of_database in tmp_path.glob(f"{file.name}*"):
            of_database.unlink()


async def test_a_batch_written_already_is_not_written_again(flow: Flow, start: StartProjector, tmp_path: Path) -> None:
    """Offsets are in the transaction of the rows: what is below them is left alone."""
    await flow.send()
    projector = await start("api", "").ready(SLOWEST_SECONDS)
    assert projector.stop() == 0
    with opened_database("", file_of(flow, tmp_path)) as engine:
        with writing(engine) as connection:
            connection.execute(update(tables.contacts).values(suppressed=True))

        projector = await start("api", "").ready(SLOWEST_SECONDS)

        with reading(engine) as connection:
            assert set(connection.execute(select(tables.contacts.c.suppressed)).scalars()) == {True}
    assert projector.metric("leadscore_read_model_records_total") == 0
    assert projector.metric("leadscore_data_folder_free_bytes") > 0
