"""What subscriptions say about people, with a real worker: names, attributes, segments, suppression."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.conftest import MakeDelivery
from tests.delivery.receivers import Receiver
from tests.harness.deliveries import DeliveryProcess
from tests.harness.system import DEFAULT_MODEL, Sent, System, until
from tests.harness.workers import WorkerProcess

pytestmark = pytest.mark.kafka

MODEL_SEGMENTS = """
  berliners:
    scores: [{score: engagement, at_least: 10}]
    attributes: [{attribute: city, equals: Berlin}]
display: {name: [known_as, name, first_name + last_name]}
"""


def subscriptions(receiver: Receiver) -> str:
    said = {
        "sales": "events: [became-hot-lead], template: lead",
        "parisians": "events: [score-updated], template: flat, when: {attributes: [{attribute: city, equals: Paris}]}",
        "came": "events: [score-updated], when: {segment: {entered: berliners}}",
        "went": "events: [score-updated], when: {segment: {left: berliners}}",
        "all": "events: [score-updated]",
        "leads": "events: [became-hot-lead]",
        "even-suppressed": "events: [score-updated], suppressed: send",
    }
    lines = [f'  {name}: {{url: "{receiver.url}/{name}", signed: false, {more}}}' for name, more in said.items()]
    return "\n".join(["words: {pricing: pricing page, contact-us: contact form}", "subscriptions:", *lines, ""])


class Story:
    """What happens to contacts, and what came of it, by subscription."""

    def __init__(self, system: System, receiver: Receiver, process: DeliveryProcess) -> None:
        self.system, self.receiver, self.process = system, receiver, process

    async def update(self, contact_id: str, **said: Any) -> None:
        await self.system.send([Sent("contact-updates", contact_id.encode(), said)])
        await self.system.until_applied()

    async def visit(self, contact_id: str, visit_id: str) -> None:
        visit = {"id": visit_id, "properties": {"path": "/pricing"}}
        await self.system.send([Sent("page-visits", contact_id.encode(), visit)])
        await self.system.until_applied()

    def got(self, subscription: str) -> list[dict[str, Any]]:
        return [found.content for found in self.receiver.taken if found.id.endswith(f"/{subscription}")]

    async def until_got(self, subscription: str, count: int) -> list[dict[str, Any]]:
        what = f"{count} of {subscription}\n{self.process.tail()}"
        found: list[dict[str, Any]] = await until(lambda: self.got(subscription), lambda f: len(f) >= count, 20, what)
        assert len(found) == count
        return found


async def test_a_subscription_may_ask_what_the_contact_is_like(
    system: System,
    worker: Callable[..., WorkerProcess],
    delivery: MakeDelivery,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    model = tmp_path / "scoring.yaml"
    said = DEFAULT_MODEL.read_text().replace("rearm_after: 7d", "rearm_after: 7d, include_attributes: [known_as, city]")
    model.write_text(said.rstrip("\n") + MODEL_SEGMENTS)
    await system.create(model)
    process = delivery(subscriptions(receiver))
    await worker().ready()
    await process.ready()
    story = Story(system, receiver, process)

    jane = {"name": "J. M. Smith", "known_as": "Jane Smith", "city": "Berlin", "age": 41}
    await story.update("jane", update="attributes", attributes=jane)
    await story.update("joe", update="attributes", attributes={"first_name": "Joe", "last_name": "Do", "city": "Paris"})
    await story.visit("jane", "v1")
    await story.visit("joe", "v2")
    await story.until_got("all", 2)
    [told] = await story.until_got("parisians", 1)
    assert told["sentence"] == "Joe Do has engagement 10 (cold): pricing page"
    [came] = await story.until_got("came", 1)
    assert came["subject"] == "jane"

    await story.visit("jane", "v3")
    await story.until_got("all", 3)
    await story.update("joe", update="attributes", attributes={"city": "Berlin"})
    await story.visit("joe", "v4")
    assert [event["subject"] for event in await story.until_got("came", 2)] == ["jane", "joe"]
    await story.update("joe", update="suppressed", suppressed=True)
    await story.visit("joe", "v5")
    await story.until_got("even-suppressed", 5)
    await story.update("jane", update="attributes", attributes={"city": "Rome"})
    contact = {"id": "f", "properties": {"form": "contact"}}
    await system.send([Sent("form-submissions", b"jane", contact)])
    [lead] = await story.until_got("sales", 1)
    assert lead["name"] == "Jane Smith"
    [event] = await story.until_got("leads", 1)
    assert event["data"]["attributes"] == {"known_as": "Jane Smith", "city": "Rome"}
    assert event["data"]["display_name"] == "Jane Smith"
    assert lead["sentence"].startswith("Jane Smith became a hot lead (45): contact form, pricing page twice")
    assert [event["subject"] for event in await story.until_got("went", 1)] == ["jane"]
    assert [event["subject"] for event in await story.until_got("all", 5)] == ["jane", "joe", "jane", "joe", "jane"]
    await story.until_got("even-suppressed", 6)

    # What came of it outlives a restart: nobody enters again, and nobody has to be asked about again.
    process.kill()
    await process.start().ready()
    assert "read anew" not in process.log.read_text().split("subscriptions in force")[-1]
    await story.update("jane", update="attributes", attributes={"city": "Berlin"})
    await story.visit("jane", "v6")
    assert [event["subject"] for event in await story.until_got("came", 3)] == ["jane", "joe", "jane"]
    assert len(story.got("parisians")) == 1

    await story.update("jane", update="erase")
    await system.send([Sent("form-submissions", b"joe", contact | {"id": "g"})])
    await story.until_got("even-suppressed", 8)
    await until(lambda: kept(process), lambda text: "jane" not in text, 15, "jane forgotten")
    assert all(word in kept(process) for word in ("joe", "Berlin", "Joe"))
    assert all(secret not in process.log.read_text() for secret in ("Jane", "Berlin", "joe"))
    assert process.stop() == 0


def kept(process: DeliveryProcess) -> str:
    """All that delivery's database holds."""
    [database] = (process.file.parent / "delivery").glob("*.sqlite")
    with sqlite3.connect(database) as opened:
        return "\n".join(opened.iterdump())
