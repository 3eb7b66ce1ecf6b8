"""The contacts' changelog as a worker writes it."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.changelog.entry import encode_entry, encode_marker
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.scoring.record.record import Record
from tests.harness.system import System


async def write_contacts(system: System, **contacts: dict[str, Any] | None) -> None:
    """Write a record of each contact with these attributes; None: a tombstone."""
    changelog = system.full["contacts-changelog"]
    async with system.producer() as producer:
        for contact_id, attributes in contacts.items():
            written = {name: [value, 1, "e"] for name, value in (attributes or {}).items()}
            value = encode_entry(encode_record(Record(sequence=1, attributes=written)), 1, [])
            await producer.send_and_wait(changelog, None if attributes is None else value, key=contact_id.encode())
        await producer.send_and_wait(changelog, encode_marker(1), b"\0marker", 0)
