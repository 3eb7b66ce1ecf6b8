"""Clients that place keys differently feed the same contacts while workers are killed: each contact stays one.

KafkaJS is among them where there is Node.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamprocessor.contract.changelog.entry import RESERVED
from streamprocessor.kafka.partitioner import PARTITIONER, partition_of
from tests.faults.conftest import MakeWorker
from tests.harness.clients import (
    SendingClient,
    http_through,
    import_in,
    kafkajs_in,
    send_by_aiokafka,
    send_by_confluent,
)
from tests.harness.collectors import CollectorProcess
from tests.harness.fixtures import missed_soon
from tests.harness.identity_verdict import assert_people_are_the_oracles, read_identity_run
from tests.harness.settling import until_settled
from tests.harness.system import Sent, System, header
from tests.harness.workers import kill_in_turn

pytestmark = [pytest.mark.kafka, missed_soon]

#: The nightly run kills two workers in turn; without it one worker is killed once.
KILLS = min(int(os.environ.get("FAULT_KILLS", "1")), 10)
EVENTS_A_CLIENT = 40 * max(1, KILLS)
SECONDS_A_KILL = 2.0
CONTACTS = [b"jane", *(b"c-%d" % number for number in range(7))]
EVENTS = (
    ("page-visits", "page_visit", {"path": "/pricing"}),
    ("email-clicks", "email_click", {"url": "https://example.com/a"}),
    ("email-opens", "email_open", {"message": "m"}),
    ("form-submissions", "form_submission", {"form": "contact"}),
)


@pytest.fixture
def collector(system: System, tmp_path: Path) -> Iterator[CollectorProcess]:
    process = CollectorProcess(system.settings, tmp_path)
    yield process
    process.discard()


def _records(client: str, seed: int) -> list[Sent]:
    """Events of all contacts, of jane most; each tenth under an id that other clients use, too."""
    chance = random.Random(seed)
    now_ms = int(time.time() * 1000)
    records = []
    for number in range(EVENTS_A_CLIENT):
        topic, event_type, properties = chance.choice(EVENTS)
        key = chance.choice([b"jane", *CONTACTS])
        shared = number % 10 == 0
        event_id = f"shared-{number}-{key.decode()}" if shared else f"{client}-{number}"
        if shared:
            topic, event_type, properties = EVENTS[0]
        at_ms = now_ms // 1000 * 1000 - 60_000 * (number + 1)
        occurred_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_ms / 1000))
        value = {"id": event_id, "type": event_type, "occurred_at": occurred_at, "properties": properties}
        records.append(Sent(topic, key, value))
    return records


async def _places(system: System, topic: str) -> dict[bytes, dict[int, bool]]:
    """Contact → partition → whether the last that the topic has of it there is more than a tombstone."""
    places: dict[bytes, dict[int, bool]] = defaultdict(dict)
    for record in await system.read(topic):
        if not record.key.startswith(RESERVED):
            places[record.key][record.partition] = record.value is not None
    return places


async def test_one_contact_fed_by_every_kind_of_client_is_one_and_erased_it_is_gone_from_all_partitions(
    system: System, worker: MakeWorker, collector: CollectorProcess, tmp_path: Path
) -> None:
    model = await system.create()
    partitions = system.settings.partitions
    assert partitions is not None
    workers = [worker(name) for name in ("blue", "green")[: 2 if KILLS > 1 else 1]]
    collector.start()
    kafkajs = await asyncio.to_thread(kafkajs_in, tmp_path / "js")
    for process in (*workers, collector):
        await process.ready()
    clients: dict[str, SendingClient] = {
        "aiokafka": send_by_aiokafka,
        "confluent": send_by_confluent,
        "http": http_through(collector),
        "import": import_in(tmp_path),
        **({} if kafkajs is None else {"kafkajs": kafkajs}),
    }

    pause_seconds = KILLS * SECONDS_A_KILL / EVENTS_A_CLIENT
    sending = asyncio.gather(
        *(send(system, _records(name, seed), pause_seconds) for seed, (name, send) in enumerate(clients.items()))
    )
    await kill_in_turn(workers, KILLS, sending)
    await until_settled(system)

    run = await read_identity_run(system)
    assert run.letters == []
    assert_people_are_the_oracles(run, model)
    leads = [(lead["contact_id"], lead["score_name"], lead["episode"]) for lead in run.hot_leads]
    assert set(leads) == {(key.decode(), "engagement", 1) for key in CONTACTS}
    assert len({header(record, "ce_id") for record in await system.read("became-hot-lead")}) == len(CONTACTS)
    for topic in ("contacts-changelog", "score-updated"):
        places = await _places(system, topic)
        assert places == {key: {partition_of(key, partitions): True} for key in CONTACTS}
    assert PARTITIONER in "".join(each.log.read_text() for each in workers)

    await send_by_confluent(system, [Sent("contact-updates", b"jane", {"update": "erase"})], 0)
    await until_settled(system)

    for topic in ("contacts-changelog", "score-updated"):
        assert not any((await _places(system, topic))[b"jane"].values())
