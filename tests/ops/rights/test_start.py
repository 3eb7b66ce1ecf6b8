"""Without any single one of its rights a process or a command ends with one sentence, which names the right."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streamprocessor.contract.topics.rights import CREATE, DESCRIBE, DESCRIBE_CONFIGS, GROUP, READ, WRITE, Right
from streamprocessor.contract.topics.roles import API, COLLECTOR, DELIVERY, READER, REBUILD, SENDER, SETUP, WORKER
from streamprocessor.errors import EXIT_DONE, EXIT_FAILED, EXIT_USAGE
from tests.cli.conftest import Call, call, log_as_before, project_folder
from tests.harness.guarded_system import GuardedSystem

__all__ = ["call", "log_as_before", "project_folder"]

pytestmark = [pytest.mark.kafka, pytest.mark.ops]

MOST_SECONDS = 40.0
MOST_LINES = 6

Words = tuple[str, ...]


@pytest.mark.parametrize("role", [WORKER, COLLECTOR, DELIVERY, API])
async def test_a_process_without_one_of_its_rights_names_it_and_ends(guarded: GuardedSystem, role: str) -> None:
    await guarded.create()
    to_publish = (API, WRITE, f"{guarded.prefix}app-models")  # which it asks for when somebody does
    for right in guarded.rights(role):
        if (role, right.operation, right.name) == to_publish:
            continue
        with guarded.without(role, right):
            process = guarded.process(role).start()
            assert process.process.wait(MOST_SECONDS) == EXIT_USAGE, (right, process.tail())
        said = process.log.read_text()
        assert f"{role}: Kafka does not allow User:sp-{role} what it needs: " in said, (right, said)
        assert str(right) in said
        assert f"`streamprocessor topics acl --process {role} --principal {role}=User:sp-{role}`" in said
        assert len(said.splitlines()) <= MOST_LINES, said
        assert "Traceback" not in said


def _commands(role: str, right: Right, events: Path) -> list[Words]:
    """Commands of the role of which one needs the right."""
    if role == REBUILD:
        return [("rebuild", "--from-inputs")]
    if role == SETUP:
        return [("model", "apply")] if right.operation in (READ, WRITE) else [("topics", "apply")]
    if role == SENDER:
        is_input = right.operation == WRITE and not right.name.endswith("evidence-transfers")
        return [("import", str(events))] if is_input else [("dead-letters", "resend", "--all")]
    if right.resource == GROUP:
        return [("status",)]
    if right.operation != READ:
        return [("topics", "check")]
    if right.name.endswith("dead-letters"):
        return [("dead-letters", "list")]
    if right.name.endswith("contacts-changelog"):
        return [("explain", "c-42")]
    return [("model", "history")] if right.name.endswith("models") else [("catalogue",)]


@pytest.mark.parametrize("role", [SETUP, READER, SENDER, REBUILD])
def test_a_command_without_one_of_its_rights_names_it(
    guarded: GuardedSystem, call: Call, tmp_path: Path, role: str
) -> None:
    if role != SETUP:
        asyncio.run(guarded.create())
    events = tmp_path / "events.jsonl"
    events.write_text('{"contact_id": "c-42", "type": "page_visit", "occurred_at": "2026-01-01T00:00:00Z"}\n')
    environment = guarded.environment(role)
    rights = sorted(guarded.rights(role), key=lambda right: right.operation != CREATE)  # while there is no topic yet
    for right in rights:
        with guarded.without(role, right):
            if role == SETUP and right.operation == CREATE:
                asyncio.run(guarded.delete(right.name))
            ends = {words: call(*words, env=environment) for words in _commands(role, right, events)}
        assert EXIT_USAGE in [end.exit_code for end in ends.values()], (right, ends)
        said = "".join(end.stderr for end in ends.values() if end.exit_code == EXIT_USAGE)
        # What is asked first may be what followed from the right: to see the topic, or its settings.
        named = {str(right._replace(operation=each)) for each in (right.operation, DESCRIBE, DESCRIBE_CONFIGS)}
        assert any(f"not allow User:sp-{role} what it needs: {words}" in said for words in named), (right, said)
        assert "Traceback" not in said
    for words in {words for right in rights for words in _commands(role, right, events)}:
        assert call(*words, env=environment).exit_code in (EXIT_DONE, EXIT_FAILED), words
