"""A backup made: a snapshot of the data folder, told in figures, written into an archive."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from streamprocessor.cli.backup.archive import FORMAT, Description, new_archive
from streamprocessor.cli.backup.segments import SegmentSource
from streamprocessor.cli.backup.snapshot import KAFKA_DATA, snapshot
from streamprocessor.cli.kafka.system_state import SystemState, system_state
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.process.clock import now_ms
from streamprocessor.process.data_folder import refuse_unfinished_restore
from streamprocessor.settings import Settings


async def back_up(settings: Settings, archive: Path) -> Description:
    """Write the data folder of the settings into the archive; what it is of.

    Raises OperatorError where there is no such folder, it is another system's, or the archive can't be made.
    """
    folder = settings.data_path
    if not folder.is_dir():
        message = f"{folder}: is no folder; wanted the data folder of `up`, by --data-dir"
        raise OperatorError(message)
    refuse_unfinished_restore(folder)
    if archive.resolve().is_relative_to(folder.resolve()):
        message = f"{archive}: is in {folder}, so the next backup would hold it; wanted a place outside"
        raise OperatorError(message)
    layout = layout_of(settings)
    changelog = layout.full_name(CONTACTS_CHANGELOG)
    _refuse_another_system(folder, changelog)
    with new_archive(archive) as writer, snapshot(folder, changelog) as files:
        if not files:
            message = f"{folder}: has no files; wanted the data folder of `up`, by --data-dir"
            raise OperatorError(message)
        at_ms = now_ms()
        state: SystemState = {}
        if any(file.name.is_relative_to(KAFKA_DATA) for file in files):
            state = await system_state(SegmentSource(files), layout, at_ms)
        writer.add(files)
        program, names = version("streamprocessor"), (settings.topic_prefix, settings.app_id)
        description = Description(FORMAT, program, at_ms, *names, writer.files, state)
        writer.describe(description)
    return description


def _refuse_another_system(folder: Path, changelog: str) -> None:
    """Without the table's name neither the order in which files are held nor the figures would be of this table."""
    partitions = folder / KAFKA_DATA
    topics = {path.name.rpartition("-")[0] for path in partitions.iterdir()} if partitions.is_dir() else set()
    tables = sorted(name for name in topics if name.endswith(f"-{CONTACTS_CHANGELOG}"))
    if tables and changelog not in tables:
        message = f"{folder}: has no {changelog}, but {', '.join(tables)}; wanted its --topic-prefix and --app-id"
        raise OperatorError(message)
