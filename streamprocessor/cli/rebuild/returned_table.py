"""A table brought back from a backup to the input topics that it was made from, where its changelog was lost.

Its records say how far each input topic was applied then; workers go on from there, so nothing that came since is lost.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec

from streamprocessor.cli.backup.archive import extract
from streamprocessor.cli.backup.segments import SegmentSource
from streamprocessor.cli.backup.snapshot import FileAt
from streamprocessor.cli.kafka.stored_partition import StoredPartition
from streamprocessor.cli.rebuild.acknowledged_writer import acknowledged_writer
from streamprocessor.cli.rebuild.application import Application
from streamprocessor.cli.rebuild.input_replay import beginnings_of
from streamprocessor.contract.changelog.entry import EPOCH_KEY, IDENTITY_KEY, encode_identity, new_incarnation
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.contract.topics.topics import inputs
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.reconcile import apply, end_offsets


async def bring_back_table(application: Application, archive: Path, say: Callable[[str], None]) -> None:
    """Write the table of the archive into the application's changelog, which is empty.

    The archive is extracted beside itself for that long.

    Raises OperatorError where workers run, the changelog is not empty, or the table is of other input topics.
    """
    await application.refuse_workers()
    await apply(application.clients, application.layout)
    await _refuse_records(application)
    with tempfile.TemporaryDirectory(prefix=f"{archive.name}-", dir=archive.parent) as name:
        folder = Path(name)
        extract(archive, folder)
        files = [_file_at(folder, path) for path in folder.rglob("*.log")]
        contacts = await _write(application, SegmentSource(files))
    say(f"{contacts} contacts brought back as they were; workers go on with what came since")


async def _write(application: Application, source: SegmentSource) -> int:
    """How many contacts were written."""
    layout, changelog = application.layout, application.layout.full_name(CONTACTS_CHANGELOG)
    names = {topic.number: layout.full_name(topic.name) for topic in inputs(layout.topics)}
    positions = await beginnings_of(application.clients, list(names.values()))
    ids = await application.input_ids()
    partitions = []
    for topic, number in await source.ends([changelog]):
        stored = await StoredPartition.read(source, topic, number)
        known = {} if stored.identity is None else stored.identity.topic_ids
        if not known or any(known.get(name, id_) != id_ for name, id_ in ids.items()):
            message = (
                f"{changelog}[{number}] of the backup is not of the input topics as they are; wanted the backup of "
                "this system: from another one a table comes by --from-bootstrap and --since"
            )
            raise OperatorError(message)
        partitions.append(stored)
    contacts = 0
    async with acknowledged_writer(application.clients, [changelog]) as writer:
        for stored in partitions:
            for key, value in stored.values.items():
                if key not in (EPOCH_KEY, IDENTITY_KEY):
                    await writer.send((changelog, stored.number), key, value)
            for contact in stored.contacts():
                contacts += 1
                for topic_number, offset in contact.record.offsets.items():
                    where = (names.get(topic_number, ""), stored.number)
                    if where in positions:
                        positions[where] = max(positions[where], offset + 1)
        await writer.flush()
        await application.commit(positions)
        for stored in partitions:  # last: without it no worker takes the table for a whole one
            assert stored.identity is not None
            identity = msgspec.structs.replace(stored.identity, incarnation=new_incarnation(), successor=msgspec.UNSET)
            await writer.send((changelog, stored.number), IDENTITY_KEY, encode_identity(identity))
    return contacts


async def _refuse_records(application: Application) -> None:
    changelog = application.layout.full_name(CONTACTS_CHANGELOG)
    if any((await end_offsets(application.clients, [changelog])).values()):
        message = f"{changelog}: holds records; wanted an empty one: delete the topic first, where it is damaged"
        raise OperatorError(message)


def _file_at(folder: Path, path: Path) -> FileAt:
    return FileAt(PurePosixPath(path.relative_to(folder)), path, path.stat().st_size)
