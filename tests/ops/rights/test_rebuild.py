"""`rebuild` moves a table, with the rights of the list and no others on either side."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streamprocessor.contract.topics.rights import DESCRIBE, GROUP, READ, TOPIC, Right
from streamprocessor.contract.topics.roles import READER, REBUILD, WORKER
from streamprocessor.errors import EXIT_DONE, EXIT_USAGE
from tests.cli.conftest import Call, call, log_as_before, project_folder
from tests.harness.guarded_system import GuardedSystem
from tests.harness.secured_kafka import SecuredKafka
from tests.harness.system import Sent, until

__all__ = ["call", "log_as_before", "project_folder"]

pytestmark = [pytest.mark.kafka, pytest.mark.ops]

EVENT = {"contact_id": "c-42", "type": "form_submission", "properties": {"form": "contact"}}


async def scored(guarded: GuardedSystem) -> None:
    """One contact in the table, and no worker any more."""
    await guarded.create()
    system = guarded.system()
    worker = guarded.process(WORKER).start()
    await worker.ready(60)
    await system.send([Sent("activities", b"c-42", EVENT)])
    await until(lambda: system.read("score-updated"), lambda records: len(records) > 0, 30, "the score")
    worker.stop()


def rights_on_what_is_moved(origin: GuardedSystem) -> list[Right]:
    """As deploy/rights.md has it."""
    topics = [Right(TOPIC, name, READ) for name in origin.system().layout.names()]
    return [*topics, Right(GROUP, f"{origin.prefix}app", DESCRIBE)]


def test_a_table_is_moved_by_who_may_read_it_there_and_do_here_what_is_listed(
    call: Call, secured: SecuredKafka, guarded: GuardedSystem, tmp_path: Path
) -> None:
    origin = GuardedSystem(secured, f"old-{guarded.prefix}", tmp_path / "old")
    (tmp_path / "old").mkdir()
    origin.grant_all()
    for right in origin.rights(REBUILD):
        origin.acls.take_away(origin.principal(REBUILD), right)
    asyncio.run(scored(origin))
    origin.discard()
    words = ("rebuild", "--from-prefix", origin.prefix, "--wait", "30")

    refused = call(*words, env=guarded.environment(REBUILD))
    origin.acls.grant(origin.principal(REBUILD), rights_on_what_is_moved(origin))
    moved = call(*words, env=guarded.environment(REBUILD))

    assert (refused.exit_code, moved.exit_code) == (EXIT_USAGE, EXIT_DONE), (refused, refused.exc_info, moved.output)
    assert "not allow User:sp-rebuild what it needs" in refused.output
    assert call("explain", "c-42", env=guarded.environment(READER)).exit_code == EXIT_DONE
    assert call("explain", "c-43", env=guarded.environment(READER)).exit_code != EXIT_DONE
