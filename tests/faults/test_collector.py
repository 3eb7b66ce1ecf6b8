"""What the collector answered with 200 is in the topics, once, whatever was killed, stopped or full meanwhile."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import httpx
import pytest

from streamprocessor.collector.tracking.tokens import token_keys
from streamprocessor.collector.tracking.tracked_mail import TrackedMail
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.process.ports import any_free
from streamprocessor.process.stored_secrets import pairs_of
from streamprocessor.settings import Settings
from tests.harness.collectors import KEY, CollectorProcess
from tests.harness.senders import Load, assert_claims_hold
from tests.harness.system import System, until

pytestmark = pytest.mark.kafka

OUTAGE_SECONDS = float(os.environ.get("FAULT_OUTAGE_SECONDS", "3"))
KILLS = int(os.environ.get("FAULT_COLLECTOR_KILLS", "2"))
TOKEN_KEYS = "test=a-secret-of-the-tests-with-bytes-enough"
SPOOLING, SPOOL_BYTES = "leadscore_collector_spooling", "leadscore_collector_spool_bytes"


@pytest.fixture
def settings(mortal_kafka: EmbeddedKafka, topic_prefix: str) -> Settings:
    return Settings(
        bootstrap=mortal_kafka.bootstrap, topic_prefix=topic_prefix, partitions=4, request_timeout_seconds=5.0
    )


async def has_passed_on_everything(collector: CollectorProcess) -> None:
    await until(lambda: collector.metric(SPOOLING), lambda value: value == 0, 60, f"spool empty\n{collector.tail()}")
    assert collector.metric(SPOOL_BYTES) == 0


async def test_a_broker_that_is_away_for_a_while_is_not_noticed_by_clients(
    mortal_kafka: EmbeddedKafka, settings: Settings, tmp_path: Path
) -> None:
    broker, system = mortal_kafka, System(settings)
    await system.create()
    collector = await CollectorProcess(system.settings, tmp_path).start().ready()
    try:
        load = Load(collector).start()
        for end, outage_seconds in ((broker.stop, OUTAGE_SECONDS), (broker.kill, 1.0)):
            before = len(load.claimed)
            await until(lambda: len(load.claimed), lambda count: count > before + 200, 20, "load before the outage")  # noqa: B023
            await asyncio.to_thread(end)
            await until(lambda: collector.metric(SPOOL_BYTES), lambda size: size > 0, 20, "something on disk")
            before = len(load.claimed)
            await asyncio.sleep(outage_seconds)  # the outage itself
            assert collector.ready_code() == 200
            assert len(load.claimed) > before + 50
            await asyncio.to_thread(broker.start)
            await has_passed_on_everything(collector)
        before = len(load.claimed)
        await until(lambda: len(load.claimed), lambda count: count > before + 100, 20, "load after the outages")
        await load.stop()
        assert set(load.answers) == {200}
        await assert_claims_hold(system, load)
        assert collector.stop() == 0
    finally:
        collector.discard()


async def test_a_collector_killed_at_random_loses_and_doubles_nothing(
    mortal_kafka: EmbeddedKafka, settings: Settings, tmp_path: Path
) -> None:
    broker, system = mortal_kafka, System(settings)
    await system.create()
    collector = await CollectorProcess(system.settings, tmp_path).start().ready()
    chance = random.Random(7)
    try:
        load = Load(collector).start()
        for turn in range(KILLS):
            claimed = len(load.claimed)
            await until(lambda: len(load.claimed), lambda count: count > claimed + 50, 30, "load")  # noqa: B023
            if turn % 2:  # killed while it spools, and once more while it passes on
                await asyncio.to_thread(broker.kill)
                await until(lambda: collector.metric(SPOOL_BYTES), lambda size: size > 0, 20, "something on disk")
                claimed = len(load.claimed)
                await until(lambda: len(load.claimed), lambda count: count > claimed + 200, 30, "a backlog")  # noqa: B023
                collector.kill()
                collector.start()
                await asyncio.to_thread(broker.start)
            await asyncio.sleep(chance.random() * 1.5)
            collector.kill()
            await collector.start().ready()
        await has_passed_on_everything(collector)
        await load.stop()
        await assert_claims_hold(system, load)
        assert collector.stop() == 0
        assert list((tmp_path / "collector" / "spool").glob("*.spool")) == []
    finally:
        collector.discard()


async def test_a_broker_that_hangs_is_waited_for_on_disk(
    mortal_kafka: EmbeddedKafka, settings: Settings, tmp_path: Path
) -> None:
    broker, system = mortal_kafka, System(settings)
    await system.create()
    collector = await CollectorProcess(system.settings, tmp_path).start().ready()
    try:
        load = Load(collector).start()
        await until(lambda: len(load.claimed), lambda count: count > 100, 20, "load")
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            await until(lambda: collector.metric(SPOOL_BYTES), lambda size: size > 0, 20, "something on disk")
            before = len(load.claimed)
            await until(lambda: len(load.claimed), lambda count: count > before + 100, 20, "load on disk")
            collector.kill()
            await collector.start().ready()
            before = len(load.claimed)
            await until(lambda: len(load.claimed), lambda count: count > before + 100, 40, "load on disk again")
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        await has_passed_on_everything(collector)
        await load.stop()
        await assert_claims_hold(system, load)
    finally:
        collector.discard()


async def test_a_full_spool_answers_503_until_kafka_takes_it(
    mortal_kafka: EmbeddedKafka, settings: Settings, tmp_path: Path
) -> None:
    broker, system = mortal_kafka, System(settings)
    await system.create()
    broker.stop()
    collector = CollectorProcess(system.settings, tmp_path, spool_max_bytes=1 << 16, token_keys=TOKEN_KEYS).start()
    try:
        await collector.ready()
        load = Load(collector).start()
        await until(lambda: load.answers[503], lambda count: count > 5, 60, "refusals")
        async with httpx.AsyncClient(timeout=20, headers={"authorization": f"Bearer {KEY}"}) as http:
            event = {"contact_id": "c-full", "id": "0-0", "type": "x", "properties": {"text": "x" * 20_000}}
            refused = await http.post(f"{collector.address}/v1/events", json=event)
            assert (refused.status_code, refused.json()["code"]) == (503, "full")
            assert int(refused.headers["retry-after"]) > 0
            mail = TrackedMail(token_keys(pairs_of(TOKEN_KEYS, "test")), collector.address, "c-pixel", "m-" + "x" * 500)
            pixels = [await http.get(mail.pixel_url()) for _ in range(20)]
            assert {(gif.status_code, gif.headers["content-type"], len(gif.content)) for gif in pixels} == {
                (200, "image/gif", 43)
            }
            clicks = [await http.get(mail.link("https://elsewhere.example/")) for _ in range(3)]
            assert {click.headers["location"] for click in clicks} == {"https://elsewhere.example/"}
            assert collector.metric("leadscore_collector_entries_not_kept_total") > 5
            assert (await http.get(f"{collector.address}/readyz")).status_code == 503

            await asyncio.to_thread(broker.start)
            await has_passed_on_everything(collector)
            assert (await http.get(f"{collector.address}/readyz")).status_code == 200
        await load.stop()
        assert set(load.answers) == {200, 503}
        await assert_claims_hold(system, load)
    finally:
        collector.discard()


async def test_a_collector_told_to_stop_loses_nothing(settings: Settings, tmp_path: Path) -> None:
    system = System(settings)
    await system.create()
    collector = await CollectorProcess(system.settings, tmp_path).start().ready()
    try:
        load = Load(collector, clients=8).start()
        await until(lambda: len(load.claimed), lambda count: count > 100, 20, "load")
        assert await asyncio.to_thread(collector.stop) == 0
        await load.stop()
        assert load.answers[200]
        assert not any(isinstance(answer, int) and answer != 200 for answer in load.answers)
        await assert_claims_hold(system, load)
    finally:
        collector.discard()


async def test_without_kafka_it_starts_and_keeps_on_disk(tmp_path: Path) -> None:
    settings = Settings(bootstrap=f"127.0.0.1:{any_free()}")
    collector = CollectorProcess(settings, tmp_path).start()
    try:
        await collector.ready()
        load = Load(collector, clients=1).start()
        await until(lambda: len(load.claimed), lambda count: count > 50, 20, "load")
        await load.stop()
        assert set(load.answers) == {200}
        assert collector.metric(SPOOL_BYTES) > 0
        assert collector.metric("leadscore_collector_spool_age_seconds") > 0
        assert collector.stop() == 0
    finally:
        collector.discard()
