"""A broker that goes away and comes back: nothing lost, nothing doubled."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.settings import Settings
from tests.harness.system import Sent, System, until
from tests.harness.traffic import traffic
from tests.harness.verdict import run_as_the_oracle_says
from tests.harness.workers import WorkerProcess

pytestmark = pytest.mark.kafka


def some_traffic(seed: int) -> list[Sent]:
    return list(traffic(seed=seed, contacts=100, events=2_000, now_ms=int(time.time() * 1000)))


async def test_a_broker_that_was_killed_finds_everything_as_the_oracle_says_when_it_is_back(
    mortal_kafka: EmbeddedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    settings = Settings(
        bootstrap=mortal_kafka.bootstrap,
        topic_prefix=topic_prefix,
        partitions=4,
        session_timeout_seconds=6.0,
        commit_interval_seconds=0.2,
        request_timeout_seconds=5.0,
    )
    system = System(settings)
    model = await system.create()
    worker = await WorkerProcess(settings, "blue", tmp_path).start().ready()
    try:
        await system.send(some_traffic(20))

        mortal_kafka.kill()
        mortal_kafka.start()
        await system.send(some_traffic(21))
        await system.until_applied(90)

        await run_as_the_oracle_says(system, model)
    finally:
        worker.discard()


async def test_a_worker_that_is_started_while_its_broker_is_away_goes_on_when_it_is_back(
    mortal_kafka: EmbeddedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    settings = Settings(
        bootstrap=mortal_kafka.bootstrap, topic_prefix=topic_prefix, partitions=4, session_timeout_seconds=6.0
    )
    system = System(settings)
    model = await system.create()
    await system.send(some_traffic(20))
    mortal_kafka.stop()
    worker = WorkerProcess(settings, "blue", tmp_path).start()
    try:
        await until(
            worker.not_ready, lambda why: why == [f"waiting for Kafka at {mortal_kafka.bootstrap}"], 40, "it waits"
        )
        mortal_kafka.start()
        await system.until_applied(90)

        await run_as_the_oracle_says(system, model)
    finally:
        worker.discard()


async def test_a_worker_without_its_broker_is_live_but_not_ready_its_log_stays_short_and_then_all_is_as_the_oracle_says(
    mortal_kafka: EmbeddedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    settings = Settings(
        bootstrap=mortal_kafka.bootstrap, topic_prefix=topic_prefix, partitions=4, session_timeout_seconds=6.0
    )
    system = System(settings)
    model = await system.create()
    worker = await WorkerProcess(settings, "blue", tmp_path).start().ready()
    try:
        await system.send(some_traffic(20))
        mortal_kafka.stop()
        await until(worker.ready_code, lambda code: code == 503, 20, "not ready")
        assert worker.read("/livez") == b"live\n"
        away_since = time.monotonic()
        await until(time.monotonic, lambda now: now - away_since > 8.0, 12, "past the session's end")
        assert worker.process.poll() is None

        mortal_kafka.start()
        await worker.ready()
        await system.send(some_traffic(21))
        await system.until_applied(90)
        await run_as_the_oracle_says(system, model)
        assert len(worker.log.read_text().splitlines()) < 150
    finally:
        worker.discard()
