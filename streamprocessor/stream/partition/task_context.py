"""What the tasks of a worker have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.transfers import Decode
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.errors import StreamprocessorError
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.stream.lease import Lease
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch import MicrobatchContext
from streamprocessor.stream.partition.microbatch_metrics import MicrobatchMetrics
from streamprocessor.stream.partition.outbox import Outbox
from streamprocessor.stream.partition.partition import Partition
from streamprocessor.stream.partition.ports import InputConsumer


class PartitionTimes(Protocol):
    """What a task asks of the data plane that it belongs to."""

    def partition_time_ms(self, number: int) -> int | None:
        """Up to when nothing that has arrived is still to be scored; None: not known."""

    def longest_microbatch_seconds(self) -> float:
        """What a micro-batch of one partition may take."""


@dataclass(slots=True)
class TaskContext:
    """What all partition tasks of a worker share.

    scorer, hot_stages: of the model's revision in force; they change with it.
    source: of announcements, as CloudEvents call it.
    decoders: of an input record's value, by topic number.
    topic_names: the contract's short names by topic number.
    full_names: the broker's names by topic number.
    lease: until when this worker may write.
    outbox: sends changelog and announcements.
    metrics: counts micro-batches.
    consumer: of the input topics.
    newer_model: waits for a revision of the model; returns once it is in force.
    give_up: ends the process.
    partition_of: where the contact of a key belongs.
    contact_ids: makes the contacts of mail addresses.
    one_at_a_time: held while a micro-batch that does not end at once is computed: two beside each other would both take
        twice as long.
    """

    scorer: Scorer
    hot_stages: HotStages
    source: str
    decoders: dict[int, Decode]
    topic_names: dict[int, str]
    full_names: dict[int, str]
    lease: Lease
    outbox: Outbox
    metrics: MicrobatchMetrics
    consumer: InputConsumer
    newer_model: Callable[[int], Awaitable[None]]
    give_up: Callable[[BaseException], NoReturn]
    partition_of: Callable[[bytes], int]
    contact_ids: ContactIds
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def microbatch_context(self, partition: Partition) -> MicrobatchContext:
        """All that a micro-batch of the partition needs besides its records, by the model's revision in force."""
        model = self.scorer.model
        if partition.identity is None:
            message = f"partition {partition.number} has no identity"
            raise StreamprocessorError(message)
        incarnation = partition.identity.incarnation
        identity = AnnouncerIdentity(self.source, incarnation, model.name, model.version, model.display)
        return MicrobatchContext(
            scorer=self.scorer,
            hot_stages=self.hot_stages,
            announcer=Announcer(identity),
            decoders=self.decoders,
            full_names=self.full_names,
            partition=partition.number,
            partition_of=self.partition_of,
            misplaced=partition.misplaced,
            erased_at_ms_of=partition.erased_at_ms_of,
            contact_ids=self.contact_ids,
        )
