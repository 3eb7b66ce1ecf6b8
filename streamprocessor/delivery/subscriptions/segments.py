"""The segments of the scoring model in force, and what it calls contacts by, followed in its topic."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping

from streamprocessor.contract.model_file.revisions import ModelRevision, model_of
from streamprocessor.delivery.contacts import SegmentFilter
from streamprocessor.kafka.admin.reconcile import topic_ids
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.model_follower import ModelFollower
from streamprocessor.scoring.model.contact_filter import Segment
from streamprocessor.scoring.model.display import Display

log = logging.getLogger(__name__)


class Segments:
    """Knows the segments of the newest model.

    known: those by name, another mapping after each change; none where no model was applied.
    display: what it calls contacts by; the usual where no model was applied.
    """

    def __init__(self, clients: ClientSettings, topic: str) -> None:
        self.known: Mapping[str, SegmentFilter] = {}
        self.display = Display()
        self._clients = clients
        self._topic = topic
        self._follower: ModelFollower | None = None

    async def start(self) -> None:
        """Read all that there is; nothing where the topic is missing."""
        if self._topic not in await topic_ids(self._clients, [self._topic]):
            log.info("no topic %s: there are no segments", self._topic)
            return
        self._follower = ModelFollower(self._topic, new_reader(self._clients), with_segments=True)
        await self._follower.start()
        if self._follower.newest is not None:
            self._use(self._follower.newest)

    async def run(self) -> None:
        """Follow the topic for ever."""
        if self._follower is None:
            await asyncio.Event().wait()  # there is nothing to follow
            return
        await self._follower.follow(self._use)

    async def stop(self) -> None:
        """Stop reading."""
        if self._follower is not None:
            await self._follower.stop()

    def _use(self, revision: ModelRevision) -> None:
        model = model_of(revision)
        self.known, self.display = known_segments(model.segments), model.display


def known_segments(segments: tuple[Segment, ...]) -> dict[str, SegmentFilter]:
    """The segments by name."""
    return {segment.name: SegmentFilter(_key_of(segment), segment.filter) for segment in segments}


def _key_of(segment: Segment) -> str:
    return f"{segment.name} {hashlib.sha256(repr(segment.filter).encode()).hexdigest()[:16]}"
