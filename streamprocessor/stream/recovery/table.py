"""The contact table: which partitions this worker holds, recovered and checked before a task may open."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from streamprocessor.bundled_files import backup_document
from streamprocessor.contract.changelog.entry import TableIdentity, new_incarnation
from streamprocessor.contract.changelog.pseudonyms import address_check, pseudonym_under, salt_check
from streamprocessor.errors import OperatorError
from streamprocessor.process.erasure_salt import UNSALTED
from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.data_plane import DataPlane
from streamprocessor.stream.partition.partition import Partition
from streamprocessor.stream.recovery.changelog_reader import ChangelogReader

#: Messages, or contacts, that are sent again under one stamp: so many are through before the fence, however many wait.
SLICE = 500

log = logging.getLogger(__name__)


class Table:
    """Recovers partitions for the data plane."""

    def __init__(
        self,
        plane: DataPlane,
        reader: ChangelogReader,
        topic_ids: dict[str, str],
        pseudonym: Callable[[bytes], bytes],
        metrics: Metrics,
    ) -> None:
        """Recover partitions of the plane by the reader.

        topic_ids: the input topics' ids on the broker, by short name. pseudonym: of an erased contact's key.
        """
        self._plane = plane
        self._reader = reader
        self._topic_ids = topic_ids
        self._pseudonym = pseudonym
        self._metrics = metrics

    async def recover(self, numbers: set[int]) -> None:
        """Hold exactly these partitions, as the changelog has them, with nothing owed; then open their tasks.

        Raises:
            OperatorError: what was recovered can't belong to the input topics as they are.
            MustRestartError: the broker did not take what had to be sent again.
        """
        started = time.monotonic()
        plane = self._plane
        await plane.finish_microbatches()
        plane.drop_tasks()
        plane.hold(numbers, lambda number: Partition(number, self._pseudonym, plane.context.partition_of))
        if numbers:
            await self._reader.catch_up(plane.partitions, plane.context.hot_stages)
            await self._check(numbers)
            while unread := await self._begin_epochs():
                await self._reader.catch_up(unread, plane.context.hot_stages)
                await self._check(numbers)
            newest = max(partition.newest_revision for partition in plane.partitions.values())
            if newest > plane.context.scorer.model.revision:
                await plane.context.newer_model(newest)
            await asyncio.gather(*(self._settle(partition) for partition in plane.partitions.values()))
        plane.open(numbers)
        seconds = time.monotonic() - started
        self._metrics.rebalances.inc()
        self._metrics.rebalance_duration.observe(time.monotonic() - (plane.closed_at_seconds or started))
        self._metrics.recovery_duration.set(seconds)
        contacts = sum(len(partition.records) for partition in plane.partitions.values())
        log.info("recovered %d partitions with %d contacts in %.2f s", len(numbers), contacts, seconds)

    async def _begin_epochs(self) -> dict[int, Partition]:
        """Begin to write; the partitions to read on, and to begin again: a worker before wrote there meanwhile.

        What it wrote earlier is read and counts, what the broker takes from it later does not, whatever its stamp.
        """
        lease, outbox = self._plane.context.lease, self._plane.context.outbox

        async def begin(partition: Partition) -> bool:
            return await outbox.write_epoch(partition, await lease.stamp(partition.stamp_ms))

        partitions = self._plane.partitions
        begun = await asyncio.gather(*(begin(partition) for partition in partitions.values()))
        return {each.number: each for each, has_begun in zip(partitions.values(), begun, strict=True) if not has_begun}

    async def _settle(self, partition: Partition) -> None:
        """Send what a crashed micro-batch still owes, byte for byte, and give a new partition its identity.

        A slice at a time, each with a stamp of its own: a machine too slow for all of it would never be done.
        """
        lease, outbox = self._plane.context.lease, self._plane.context.outbox
        identity, checks = partition.identity, (salt_check(self._pseudonym), self._address_check())
        if identity is None or (identity.salt_check, identity.address_check) != checks:
            incarnation = new_incarnation() if identity is None else identity.incarnation
            identity = TableIdentity(incarnation, self._topic_ids, *checks)
            await outbox.write_identity(partition, identity, await lease.stamp(partition.stamp_ms))
        owed = partition.owed_after_recovery()
        if owed:
            log.info("partition %d: sending %d announcements again", partition.number, len(owed))
        for first in range(0, len(owed), SLICE):
            stamp_ms = await lease.stamp(partition.stamp_ms)
            await outbox.announce(partition.number, owed[first : first + SLICE], stamp_ms)
        partition.note_owed_sent()
        await self._write_back(partition)
        await outbox.write_marker(partition, await lease.stamp(partition.stamp_ms))

    async def _write_back(self, partition: Partition) -> None:
        """Have the changelog say last of each contact what counts, where a worker before wrote too late."""
        if not partition.overwritten:
            return
        lease, outbox = self._plane.context.lease, self._plane.context.outbox
        log.warning("partition %d: %d contacts written too late", partition.number, len(partition.overwritten))
        changes = partition.changes_to_write_back()
        for first in range(0, len(changes), SLICE):
            stamp_ms = await lease.stamp(partition.stamp_ms)
            await outbox.write_changes(partition, changes[first : first + SLICE], stamp_ms)
        partition.note_written_back()

    async def _check(self, numbers: set[int]) -> None:
        self._refuse_half_a_table()
        self._refuse_succeeded()
        self._refuse_another_salt()
        self._refuse_another_address_salt()
        for where, (end, committed) in (await self._plane.context.consumer.input_states(numbers)).items():
            partition = self._plane.partitions[where.partition]
            name = self._plane.context.topic_names[where.topic_number]
            applied = partition.applied.get(where.topic_number, -1)
            if applied >= end:
                message = (
                    f"{name}[{where.partition}] ends at {end}, but the table has applied offset {applied}: the topic "
                    "was deleted or made anew since; put the old topic back, or stop all workers and run "
                    f"`streamprocessor rebuild --keep` ({backup_document()})"
                )
                raise OperatorError(message)
            if committed and not partition.records and partition.identity is None:
                message = (
                    f"{name}[{where.partition}] was committed up to {committed}, but the changelog of partition "
                    f"{where.partition} is empty: it was deleted; stop all workers and run `streamprocessor "
                    f"rebuild --from-backup FILE`, or without one `--from-inputs` ({backup_document()}), or use "
                    "another --app-id"
                )
                raise OperatorError(message)
            known_id = partition.identity.topic_ids.get(name) if partition.identity else None
            if known_id is not None and self._topic_ids.get(name, known_id) != known_id:
                message = (
                    f"{name} is another topic (id {self._topic_ids[name]}) than the one the table was made from "
                    f"(id {known_id}): its offsets mean other events; put the old topic back, or stop all workers and "
                    f"run `streamprocessor rebuild --keep` ({backup_document()})"
                )
                raise OperatorError(message)

    def _refuse_half_a_table(self) -> None:
        for partition in self._plane.partitions.values():
            if partition.identity is None and (partition.records or partition.erased):
                message = (
                    f"partition {partition.number} of the changelog has contacts and does not say whose table it is: a "
                    "`streamprocessor rebuild` into it did not end; delete what it wrote (the changelog; of a table "
                    f"that moved, all topics of the new prefix) and run it once more ({backup_document()})"
                )
                raise OperatorError(message)

    def _refuse_succeeded(self) -> None:
        for partition in self._plane.partitions.values():
            if partition.identity is not None and partition.identity.successor:
                message = (
                    f"partition {partition.number}: its contacts go on in the table of group "
                    f"{partition.identity.successor}, which `streamprocessor rebuild --into` made: start workers with "
                    "that --app-id; to go on here, as it was then, stop those and run `streamprocessor rebuild --keep` "
                    f"({backup_document()})"
                )
                raise OperatorError(message)

    def _address_check(self) -> str:
        return address_check(self._plane.context.contact_ids)

    def _refuse_another_address_salt(self) -> None:
        check = self._address_check()
        for partition in self._plane.partitions.values():
            known = partition.identity.address_check if partition.identity else check
            if known not in ("", check):
                message = (
                    f"partition {partition.number} has contacts under addresses hashed with another "
                    "STREAMPROCESSOR_ADDRESS_SALT: with this one the same people would be others; wanted the former "
                    "one, which collectors have, too; where it is lost for good, `streamprocessor rebuild --keep` "
                    f"({backup_document()})"
                )
                raise OperatorError(message)

    def _refuse_another_salt(self) -> None:
        check = salt_check(self._pseudonym)
        for partition in self._plane.partitions.values():
            known = partition.identity.salt_check if partition.identity else check
            if partition.erased and known != check:
                message = (
                    f"partition {partition.number} knows {len(partition.erased)} erased contacts by another "
                    "STREAMPROCESSOR_ERASURE_SALT: with this one they would not be known, and could come back; "
                    f"wanted the salt that they were erased under{_hint(known)}; where it is lost for good, "
                    f"`streamprocessor rebuild --keep --forget-erased` ({backup_document()})"
                )
                raise OperatorError(message)


def _hint(known_check: str) -> str:
    had_none = known_check == salt_check(pseudonym_under(""))
    return f", which was none: STREAMPROCESSOR_ERASURE_SALT={UNSALTED} says so" if had_none else ""
