"""What a shadow's table begins with: the live one as it is, and what waits to be taken over by its contacts."""

from __future__ import annotations

import pytest

from streamprocessor.cli.shadow.copied_table import CopiedTable
from streamprocessor.cli.shadow.shadow_application import shadow_application
from streamprocessor.contract.changelog.entry import (
    ERASED_PREFIX,
    IDENTITY_KEY,
    MARKER_KEY,
    TableIdentity,
    decode_entry,
    decode_identity,
    encode_entry,
    encode_erasure,
    encode_identity,
    encode_marker,
)
from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.topics.shadow import shadow_of
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.consumer_group import committed_offsets
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.scoring.record.record import Record, number_elsewhere
from tests.harness.system import DEFAULT_MODEL, System

pytestmark = pytest.mark.kafka

CONTACT, OTHER = b"c-1", b"c-2"
TRANSFERS, VISITS = 7, 3
TEXT = DEFAULT_MODEL.read_text()


async def _write(system: System, topic: str, rows: list[tuple[bytes, bytes]], number: int) -> None:
    async with system.producer() as producer:
        for key, value in rows:
            await producer.send_and_wait(system.full[topic], key=key, value=value, partition=number)


async def _keys(system: System, topic: str) -> list[tuple[bytes, bytes]]:
    return [(record.key, record.value) for record in await system.read(topic)]


async def test_a_table_is_copied_with_what_waits_for_its_contacts_and_without_what_it_announced(
    system: System,
) -> None:
    await system.create()
    application = shadow_application(system.settings)
    shadow = System(system.settings.model_copy(update={"app_id": shadow_of("app")}))
    with pytest.raises(OperatorError, match="no worker ever had it; wanted a table to begin with"):
        await CopiedTable(application, print).copy(TEXT)
    await application.remove()
    number = partition_of(CONTACT, 4)
    identity = TableIdentity("first", await application.live.input_ids(), "salt", "address")
    for each in range(4):
        await _write(system, "contacts-changelog", [(IDENTITY_KEY, encode_identity(identity))], each)
    record = Record(revision=1, sequence=5, at_ms=9)
    record.offsets = {VISITS: 4, TRANSFERS: 1, number_elsewhere(TRANSFERS, 2): 3}
    owed = [Message("score-updated", CONTACT, b"{}", []), Message("evidence-transfers", OTHER, b"owed", [])]
    changes = [
        (MARKER_KEY, encode_marker(6)),
        (CONTACT, encode_entry(encode_record(record), 7, owed)),
        (ERASED_PREFIX + b"pseudonym", encode_erasure(8)),
    ]
    await _write(system, "contacts-changelog", changes, number)
    waiting = [(CONTACT, f"{place}".encode()) for place in range(4)]
    await _write(system, "evidence-transfers", waiting, number)
    await application.live.commit(
        {(system.full["page-visits"], number): 0, (system.full["evidence-transfers"], number): 1}
    )

    candidate = await CopiedTable(application, print).copy(TEXT)

    stored = dict(await _keys(shadow, "contacts-changelog"))
    entry = decode_entry(stored[CONTACT])
    copied = decode_record(entry.record)
    assert (copied.sequence, copied.revision, copied.offsets) == (5, 1, {VISITS: 4})
    assert [message.value for message in entry.owed] == [b"owed"]
    assert stored[ERASED_PREFIX + b"pseudonym"] == encode_erasure(8)
    of_shadow = decode_identity(stored[IDENTITY_KEY])
    assert (of_shadow.salt_check, of_shadow.address_check) == ("salt", "address")
    assert of_shadow.incarnation != "first"
    assert of_shadow.topic_ids == await application.own.input_ids() != identity.topic_ids
    assert await _keys(shadow, "evidence-transfers") == waiting[2:]  # up to 1 its record has taken over
    committed = await committed_offsets(system.clients, application.own.group)
    assert committed == {(system.full["page-visits"], number): 0}
    assert (await application.candidate()) == candidate
    assert (candidate.revision, candidate.text, candidate.announce_hot_leads) == (2, TEXT, False)
    assert await _keys(shadow, "score-updated") == await _keys(system, "score-updated") == []

    await application.remove()

    assert await application.candidate() is None
    assert len(await system.read("contacts-changelog")) == 7  # of the live one nothing was taken away
