"""Time alone: each step down announced at its instant, also when nobody was there to see it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from streamprocessor.contract.model_file.read_model import read_model
from tests.harness.system import Sent, System, by_contact, until
from tests.harness.verdict import assert_announcements_are_whole, read_run
from tests.scoring.oracle.steps import next_step
from tests.stream.conftest import MakeWorker

pytestmark = pytest.mark.kafka

FAST = """
name: fast
scores:
  engagement:
    decay: {half_life: 2s}
    rules:
      - {id: form, on: form_submission, points: 12}
    stages: {cold: 0, warm: 3, hot: 8}
hot_lead: {score: engagement, stage: hot}
"""


@pytest.fixture
def fast_model(tmp_path: Path) -> Path:
    path = tmp_path / "fast.yaml"
    path.write_text(FAST)
    return path


def _at_ms(value: Mapping[str, Any]) -> int:
    return round(datetime.fromisoformat(value["at"].replace("Z", "+00:00")).timestamp() * 1000)


async def _steps(system: System) -> list[Mapping[str, Any]]:
    """What a subscriber that drops the ids it has seen has read of jane."""
    steps = by_contact(await system.values("score-updated")).get("jane", [])
    return list({step["sequence"]: step for step in steps}.values())


async def _until_cold(system: System) -> None:
    await until(
        lambda: _steps(system),
        lambda steps: bool(steps) and steps[-1]["scores"]["engagement"]["score"] == 0,
        40,
        "cold",
    )


async def _assert_each_step_down_is_told_at_its_instant(system: System, model_path: Path) -> None:
    run = await read_run(system)
    assert_announcements_are_whole(run)
    model, facts = read_model(model_path), run.facts["jane"]
    steps = await _steps(system)
    assert [step["scores"]["engagement"]["score"] for step in steps] == list(range(12, -1, -1))
    assert [step["cause"] for step in steps] == ["event"] + ["time"] * 12
    instant_ms = _at_ms(steps[0])
    for step in steps[1:]:
        instant_ms = next_step(model, facts, instant_ms) or 0
        assert abs(_at_ms(step) - instant_ms) <= 1
    stages = [step["scores"]["engagement"]["stage"] for step in steps]
    assert stages == ["hot"] * 5 + ["warm"] * 5 + ["cold"] * 3


async def test_a_hot_contact_left_alone_cools_step_by_step(
    system: System, worker: MakeWorker, fast_model: Path
) -> None:
    await system.create(fast_model)
    running = await worker().ready()

    await system.send([Sent("form-submissions", b"jane", {"id": "f"})])
    await _until_cold(system)

    await _assert_each_step_down_is_told_at_its_instant(system, fast_model)
    assert running.metric("leadscore_timer_lateness_seconds_count") == 12


async def test_steps_that_came_true_while_the_worker_was_down_are_told_with_their_instants(
    system: System, worker: MakeWorker, fast_model: Path
) -> None:
    await system.create(fast_model)
    running = await worker().ready()
    await system.send([Sent("form-submissions", b"jane", {"id": "f"})])
    await until(lambda: _steps(system), bool, 20, "the first step")

    running.kill()
    down_since = time.monotonic()
    await until(time.monotonic, lambda now: now - down_since > 3.0, 10, "time to pass over the stage change")
    await running.start().ready()
    await _until_cold(system)

    await _assert_each_step_down_is_told_at_its_instant(system, fast_model)
