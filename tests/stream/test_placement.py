"""Where an older program kept a contact in two partitions, the two are found and brought together."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streamprocessor.contract.changelog.entry import IDENTITY_KEY, TableIdentity, encode_entry, encode_identity
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.topics.topics import topic_named
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.scorer import Scorer
from tests.harness.commands import run_command
from tests.harness.settling import until_settled
from tests.harness.system import Sent, System, until
from tests.stream.conftest import MakeWorker

pytestmark = pytest.mark.kafka

JANE = b"jane"
FORM = {"id": "elsewhere", "properties": {"form": "contact"}}


async def _keep_elsewhere(system: System, scorer: Scorer) -> int:
    """Let a form of jane's lie, and be scored and announced, where an older program would have left it; where that is.

    Its offset was never committed, as if the program had been killed right then.
    """
    partitions = system.settings.partitions
    assert partitions is not None
    elsewhere = (partition_of(JANE, partitions) + 1) % partitions
    topic = topic_named(system.layout.topics, "form-submissions")
    assert topic.number is not None
    async with system.producer() as producer:

        async def put(message: Message) -> Any:
            name, key, value, headers = message
            place = {"partition": elsewhere, "headers": headers}
            return await producer.send_and_wait(system.full[name], value, key=key, **place)

        at_ms = (await put(Message("form-submissions", JANE, orjson.dumps(FORM), []))).timestamp
        record = scorer.blank()
        facts = [Event("elsewhere", "form_submission", at_ms, at_ms, {"form": "contact"}, {})]
        steps = scorer.apply_in_place(record, facts).steps
        record.offsets = {topic.number: 0}
        identity = AnnouncerIdentity("an older program", "inc", scorer.model.name, scorer.model.version)
        owed = Announcer(identity).encode("jane", steps)
        entry = encode_entry(encode_record(record), 1, owed)
        await put(Message("contacts-changelog", IDENTITY_KEY, encode_identity(TableIdentity("inc", {})), []))
        await put(Message("contacts-changelog", JANE, entry, []))
        for message in owed:
            await put(message)
    return elsewhere


async def test_a_contact_that_lies_in_two_partitions_is_found_brought_together_exported_whole_and_erased(
    system: System, worker: MakeWorker
) -> None:
    scorer = Scorer(await system.create())
    elsewhere = await _keep_elsewhere(system, scorer)
    check = await run_command(system, "topics", "check")
    assert check.exit_code == 1
    assert f"{system.full['contacts-changelog']} keeps 1 contacts" in check.output + check.complaint

    process = await worker().ready()
    await system.send([Sent("page-visits", JANE, {"id": "here", "properties": {"path": "/pricing"}})])
    repair = await run_command(system, "topics", "repair")
    assert repair.exit_code == 0, repair
    await until_settled(system)

    updates = [record for record in await system.read("score-updated") if record.key == JANE]
    at_home = [orjson.loads(record.value) for record in updates if record.partition != elsewhere]
    assert at_home[-1]["scores"]["engagement"]["score"] == 35
    assert [record.value is None for record in updates if record.partition == elsewhere][-1]
    export = await run_command(system, "export", "jane")
    assert {event["id"] for event in orjson.loads(export.output)["evidence"]} == {"elsewhere", "here"}

    await system.send([Sent("contact-updates", JANE, {"update": "erase"})])

    async def last_of_jane() -> set[bool]:
        of_jane = [record for record in await system.read("contacts-changelog") if record.key == JANE]
        last = {record.partition: record.value for record in of_jane}
        return {value is None for value in last.values()}

    await until(last_of_jane, lambda gone: gone == {True}, 20, "nothing of jane in any partition")
    assert process.metric("leadscore_events_misplaced_total") == 1
