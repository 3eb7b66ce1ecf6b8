"""The segments of the scoring model in force, followed in its topic."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from streamprocessor.contract.model_file.revisions import model_of, newest_of
from streamprocessor.delivery.contacts import SegmentFilter
from streamprocessor.kafka.admin.reconcile import topic_ids
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.compacted_topic import CompactedTopic
from streamprocessor.scoring.model.contact_filter import Segment

log = logging.getLogger(__name__)


class Segments:
    """known: the segments by name; none where no model was applied. They change in place."""

    def __init__(self, clients: ClientSettings, topic: str) -> None:
        self.known: Mapping[str, SegmentFilter] = {}
        self._clients = clients
        self._name = topic
        self._revision = 0
        self._topic: CompactedTopic | None = None

    async def start(self) -> None:
        """Read all that there is; nothing where the topic is missing."""
        if self._name not in await topic_ids(self._clients, [self._name]):
            log.info("no topic %s: there are no segments", self._name)
            return
        self._topic = CompactedTopic(self._name, new_reader(self._clients))
        self._take(await self._topic.start())

    async def run(self) -> None:
        """Follow the topic for ever."""
        if self._topic is None:
            await asyncio.Event().wait()  # there is nothing to follow
            return
        while True:
            self._take(await self._topic.poll())

    async def stop(self) -> None:
        """Stop reading."""
        if self._topic is not None:
            await self._topic.stop()

    def _take(self, records: list[Any]) -> None:
        revision = newest_of(records, least=self._revision)  # one with the same number holds other segments
        if revision is not None:
            self._revision = revision.revision
            self.known = known_segments(model_of(revision).segments)


def known_segments(segments: tuple[Segment, ...]) -> dict[str, SegmentFilter]:
    """The segments by name."""
    return {segment.name: SegmentFilter(_key_of(segment), segment.filter) for segment in segments}


def _key_of(segment: Segment) -> str:
    return f"{segment.name} {hashlib.sha256(repr(segment.filter).encode()).hexdigest()[:16]}"
