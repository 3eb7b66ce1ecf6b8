"""A backup of all that runs, taken under load, comes back in an empty folder as of one instant.

That a system goes on from there is shown with all of its processes, in tests/ops/time.
"""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from streamprocessor.cli.backup.backup import back_up
from streamprocessor.cli.backup.restore import bring_back
from streamprocessor.kafka.embedded.runtime import Runtime
from tests.harness.machine import Machine, new_machine
from tests.harness.system import until
from tests.harness.traffic import send_evenly, traffic

pytestmark = pytest.mark.kafka


@pytest.fixture
def machines(kafka_runtime: Runtime, new_cluster: Path, tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """One with a new Kafka, and one with nothing at all."""
    both = new_machine(tmp_path / "first", kafka_runtime, new_cluster), Machine(tmp_path / "second", kafka_runtime)
    yield both
    for each in both:
        each.discard()


async def test_a_backup_taken_under_load_comes_back_as_of_one_instant(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    first, second = machines
    archive = tmp_path / "backup.tar.gz"
    system = first.start()
    await system.create()
    await first.score()
    (first.folder / "write-keys").write_text("local=a-secret-of-this-machine\n")
    with closing(sqlite3.connect(first.folder / "delivery.sqlite")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE positions (next_offset INTEGER)")
        database.execute("INSERT INTO positions VALUES (17)")
        database.commit()  # into the log: the file alone does not hold it

        records = list(traffic(1, 100, 2_000, int(time.time() * 1000)))
        sending = asyncio.ensure_future(send_evenly(system, records, 3.0))
        await until(lambda: (first.worker and first.worker.consumed()) or 0, lambda events: events > 300, 30, "at work")
        described = await back_up(first.settings, archive)
    assert not sending.done()
    await sending
    first.discard()

    restored = await bring_back(second.settings_without_kafka, archive)

    assert restored == described
    assert restored.state["contacts"] > 0
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for path in second.folder.rglob("*")} <= {0o600, 0o700}
    assert (second.folder / "write-keys").read_text() == "local=a-secret-of-this-machine\n"
    with closing(sqlite3.connect(second.folder / "delivery.sqlite")) as database:
        assert database.execute("SELECT * FROM positions").fetchall() == [(17,)]
