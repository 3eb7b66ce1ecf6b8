"""The example subscribers, unmodified, as processes: each hot lead of a real worker gives one line, come what may."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.harness.system import ROOT, Sent, System, header, until

pytestmark = pytest.mark.kafka

EXAMPLES = ROOT / "deploy" / "examples"
COMMANDS = {
    "aiokafka": [sys.executable, "hot_leads_aiokafka.py"],
    "confluent": [sys.executable, "hot_leads_confluent.py"],
    "faust": [sys.executable, "hot_leads_faust.py", "worker", "--without-web"],
    "kafkajs": ["node", "hot_leads_kafkajs.js"],
}
LINE = re.compile(r"^(\S+) became hot \(41\): contact-us \+25, pricing \+10, click \+5$", re.MULTILINE)


class Subscriber:
    """An example in a folder of its own, as somebody would have copied it."""

    def __init__(self, name: str, folder: Path, system: System) -> None:
        self.group = f"{system.settings.topic_prefix}hot-leads-{name}"
        self._command = COMMANDS[name]
        self._folder = folder
        self._environment = os.environ | {
            "STREAMPROCESSOR_BOOTSTRAP": system.settings.bootstrap,
            "STREAMPROCESSOR_TOPIC_PREFIX": system.settings.topic_prefix,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with (self._folder / "stdout").open("ab") as out, (self._folder / "stderr").open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environment, stdout=out, stderr=log
            )

    def stop(self) -> None:
        """SIGTERM, and wait until it is gone."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)

    def discard(self) -> None:
        """End it whatever state it is in."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def leads(self) -> list[str]:
        """The contacts that it printed a line of, in order."""
        assert self._process is not None
        output = (self._folder / "stdout").read_text()
        assert self._process.poll() is None, output + (self._folder / "stderr").read_text()
        return LINE.findall(output)


@pytest.fixture(params=COMMANDS)
def subscriber(request: pytest.FixtureRequest, tmp_path: Path, system: System) -> Iterator[Subscriber]:
    """Each example in turn, not started yet."""
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    if request.param == "kafkajs":
        subprocess.run(request.getfixturevalue("npm"), cwd=tmp_path, check=True, timeout=120)
    subscriber = Subscriber(request.param, tmp_path, system)
    yield subscriber
    subscriber.discard()


async def test_an_example_prints_one_line_a_hot_lead_also_after_a_restart(
    system: System, subscriber: Subscriber
) -> None:
    known = {record.key.decode() for record in await system.read("became-hot-lead")}
    early = await _become_hot(system, subscriber, "a", "b", "c")
    await _announce_again(system)
    subscriber.start()
    await _until_all_is_read(system, subscriber, known | early)

    subscriber.stop()
    await _announce_again(system)
    late = await _become_hot(system, subscriber, "d")
    await _announce_again(system)
    subscriber.start()
    await _until_all_is_read(system, subscriber, known | early | late)

    assert sorted(subscriber.leads()) == sorted(known | early | late)


async def _become_hot(system: System, subscriber: Subscriber, *names: str) -> set[str]:
    """Contacts of the subscriber's own whom a worker has announced, for what they did."""
    contacts = {f"{name}-{subscriber.group.rpartition('-')[2]}" for name in names}
    for contact in contacts:
        did = {
            "email-clicks": {"url": "https://example.com/a"},
            "page-visits": {"path": "/pricing"},
            "form-submissions": {"form": "contact"},
            "email-opens": {"message": "m"},
        }
        await system.send(Sent(topic, contact.encode(), {"properties": what}) for topic, what in did.items())

    async def announced() -> set[str]:
        return {record.key.decode() for record in await system.read("became-hot-lead")}

    await until(announced, lambda leads: contacts <= leads, 30, "hot leads announced")
    return contacts


async def _announce_again(system: System) -> None:
    """Every announcement once more, as after a crash: the same bytes under the same id."""
    announced = {header(record, "ce_id"): record for record in await system.read("became-hot-lead")}
    async with system.producer() as producer:
        for record in announced.values():
            place = {"key": record.key, "partition": record.partition}
            await producer.send_and_wait(record.topic, record.value, headers=list(record.headers), **place)


async def _until_all_is_read(system: System, subscriber: Subscriber, contacts: set[str]) -> None:
    """Return when it printed these contacts and committed everything, duplicates too."""
    await until(lambda: set(subscriber.leads()), lambda leads: leads == contacts, 60, "a line of each hot lead")
    name = system.full["became-hot-lead"]
    partitions = [TopicPartition(name, number) for number in range(system.settings.partitions)]
    consumer = AIOKafkaConsumer(**system.clients.arguments(), group_id=subscriber.group, enable_auto_commit=False)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(partitions)

        async def left() -> int:
            return sum([end - (await consumer.committed(place) or 0) for place, end in ends.items() if end])

        await until(left, lambda records: records == 0, 30, "all hot leads committed")
    finally:
        await consumer.stop()
