"""What is asked where a process runs, by its login: `doctor`, whether it has its rights, and a worker's `status`."""

from __future__ import annotations

import asyncio
import json

import pytest

from streamprocessor.contract.topics.roles import API, COLLECTOR, DELIVERY, WORKER
from streamprocessor.errors import EXIT_FAILED
from tests.cli.conftest import Call, call, log_as_before, project_folder
from tests.harness.guarded_system import GuardedSystem

__all__ = ["call", "log_as_before", "project_folder"]

pytestmark = [pytest.mark.kafka, pytest.mark.ops]

ROLES = (WORKER, COLLECTOR, DELIVERY, API)


def findings(call: Call, guarded: GuardedSystem, role: str) -> dict[str, tuple[str, str]]:
    """Level and sentence by subject, asked by the role's own login."""
    salts = {f"STREAMPROCESSOR_{name}_SALT": "a-salt-that-nobody-knows" for name in ("ERASURE", "ADDRESS")}
    result = call("doctor", role, "--json", env=guarded.environment(role) | salts)
    rows = [json.loads(line) for line in result.output.splitlines()]
    return {row["subject"]: (row["level"], row["sentence"]) for row in rows}


def test_a_login_with_the_least_rights_is_found_to_have_them(call: Call, guarded: GuardedSystem) -> None:
    asyncio.run(guarded.create())
    for role in ROLES:
        found = findings(call, guarded, role)

        assert found[f"rights of {role}"] == ("ok", "it may do what it must")
        assert found["topics"][0] == "warn"
        assert [subject for subject, (level, _) in found.items() if level == "fail"] == []
        assert ("model" in found, "start of worker" in found) == (role != COLLECTOR, role == WORKER)


def test_the_right_that_is_missing_is_named(call: Call, guarded: GuardedSystem) -> None:
    asyncio.run(guarded.create())
    for role in ROLES:
        right = guarded.rights(role)[-1]
        with guarded.without(role, right):
            level, sentence = findings(call, guarded, role)[f"rights of {role}"]

        assert level == "fail"
        assert f"not allow User:sp-{role} what it needs: " in sentence
        assert str(right) in sentence


def test_status_can_be_asked_where_a_worker_runs(call: Call, guarded: GuardedSystem) -> None:
    asyncio.run(guarded.create())

    result = call("status", env=guarded.environment(WORKER))

    assert result.exit_code == EXIT_FAILED
    assert "1 of 1 partitions have no worker" in result.output
