"""`shadow` scores a candidate with the rights of the list, and no others, on both applications."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamprocessor.cli.shadow.shadow_application import shadow_settings
from streamprocessor.contract.topics.rights import rights_of
from streamprocessor.contract.topics.roles import SHADOW, WORKER
from streamprocessor.contract.topics.topics import IN
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.admin.reconcile import topic_ids
from tests.harness.guarded_system import GuardedSystem
from tests.harness.shadows import ShadowProcess
from tests.harness.system import DEFAULT_MODEL, Sent, until

pytestmark = [pytest.mark.kafka, pytest.mark.ops]

EVENT = {"contact_id": "c-42", "type": "form_submission", "properties": {"form": "contact"}}


async def test_a_candidate_is_scored_and_ended_by_who_may_read_the_one_and_write_the_other(
    guarded: GuardedSystem, tmp_path: Path
) -> None:
    settings = shadow_settings(guarded.settings(SHADOW))
    layout = layout_of(settings)
    own = rights_of(SHADOW, layout.topics, layout.prefix, layout.app_id)
    await guarded.create()
    system = guarded.system()
    worker = guarded.process(WORKER).start()
    await worker.ready(60)
    await system.send([Sent("activities", b"c-42", EVENT)])
    await until(lambda: system.read("score-updated"), lambda records: len(records) > 0, 30, "the score")
    process = ShadowProcess(guarded.settings(SHADOW), tmp_path).start()
    try:
        assert process.process.wait(60) == 2
        assert "not allow User:sp-shadow what it needs" in process.log.read_text()
        guarded.acls.grant(guarded.principal(SHADOW), own)
        await process.start().ready(60)
        assert process.ask("PUT", json={"text": DEFAULT_MODEL.read_text()}).status_code == 202
        await until(
            lambda: (process.compared()["state"], process.compared()["contacts"]),
            lambda told: told == ("running", 1),
            60,
            "the candidate compared",
        )
        process.ask("DELETE")
        names = [name for name, topic in layout.names().items() if topic.direction != IN]
        await until(lambda: topic_ids(system.clients, names), lambda ids: not ids, 60, "its topics deleted")
        assert process.stop() == 0, process.tail()
    finally:
        process.discard()
