"""The scoring model in force, followed in its compacted topic."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from streamprocessor.contract.model_file.revisions import ModelRevision, NewestUsable, newest_of
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.compacted_topic import CompactedTopic

log = logging.getLogger(__name__)

#: How long to wait for a revision that something was scored under already: it is in the topic, or never comes.
REVISION_WAIT_SECONDS = 10.0


class ModelFollower:
    """Knows the newest revision of the model in the `models` topic.

    newest: None until a revision was read.
    """

    def __init__(self, topic: str, consumer: Any, *, with_segments: bool) -> None:
        """Read the topic by an aiokafka consumer without a group, not started.

        with_segments: whether a revision counts as newer that has the number of the one before it: its segments, or
        what it calls contacts by, are others, its scores the same. Who scores needs no word of it; who shows or uses
        them does, and goes on with the model before where a record holds none that can be read: nothing is scored
        wrongly by that.
        """
        self.newest: ModelRevision | None = None
        self._topic = CompactedTopic(topic, consumer)
        self._with_segments = with_segments
        self._usable = NewestUsable(self._pass_over)
        self._polled = asyncio.Condition()

    async def start(self) -> None:
        """Read what there is."""
        self._take(await self._topic.start())

    def required(self) -> ModelRevision:
        """The newest revision; raises OperatorError where none was ever applied."""
        if self.newest is None:
            message = f"{self._topic.topic}: holds no model; wanted one: run `streamprocessor model apply` first"
            raise OperatorError(message)
        return self.newest

    async def follow(self, on_newer: Callable[[ModelRevision], None]) -> None:
        """Read on for ever; on_newer is called with each newer revision before those who wait for it go on."""
        while True:
            if self._take(await self._topic.poll()):
                newest = self.required()
                log.info("model %s revision %d", newest.name, newest.revision)
                on_newer(newest)
            async with self._polled:
                self._polled.notify_all()

    async def wait_for(self, revision: int) -> None:
        """Return once the revision or a newer one is known and in use, which `follow` brings about.

        Raises OperatorError where it does not come: another models topic, or one that was deleted.
        """
        try:
            async with asyncio.timeout(REVISION_WAIT_SECONDS), self._polled:
                await self._polled.wait_for(lambda: self.required().revision >= revision)
        except TimeoutError as error:
            message = (
                f"{self._topic.topic}: newest model revision is {self.required().revision}, but contacts were scored "
                f"under revision {revision}; wanted that one. Where the topic was lost, `streamprocessor model apply "
                f"--revision {revision}` puts the file in force under its number"
            )
            raise OperatorError(message) from error

    async def stop(self) -> None:
        """Stop reading."""
        await self._topic.stop()

    def _take(self, records: list[Any]) -> bool:
        """Whether one of the records is news to who follows; what they say is known then."""
        before = self.newest
        if self._with_segments:
            self._usable.take(records)
            self.newest = self._usable.newest
        else:
            self.newest = newest_of(records, before)
        if self.newest is None or self.newest is before:
            return False
        return self._with_segments or before is None or self.newest.revision > before.revision

    def _pass_over(self, error: OperatorError) -> None:
        log.error("%s: a record is passed over, the model before stays in force: %s", self._topic.topic, error)
