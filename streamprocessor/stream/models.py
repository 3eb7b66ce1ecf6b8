"""The model as all workers know it: revisions read from the compacted `models` topic, at start and as they come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from streamprocessor.contract.model_file.revisions import model_of, newest_of
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.compacted_topic import CompactedTopic
from streamprocessor.scoring.model.model import Model

log = logging.getLogger(__name__)

REVISION_WAIT_SECONDS = 10.0


class ModelWatch:
    """Keeps the newest revision of the application's model. on_newer is called with each newer one after the first."""

    def __init__(self, topic: str, new_consumer: Callable[[], Any], on_newer: Callable[[Model], None]) -> None:
        self._topic = CompactedTopic(topic, new_consumer())
        self._on_newer = on_newer
        self._model: Model | None = None
        self._changed = asyncio.Condition()

    async def start(self) -> Model:
        """The newest revision there is; raises OperatorError where there is none."""
        self._take(await self._topic.start())
        if self._model is None:
            message = f"{self._topic.topic}: holds no model; wanted one: run `streamprocessor model apply` first"
            raise OperatorError(message)
        return self._model

    async def follow(self) -> None:
        """Read on for ever."""
        while True:
            before = self._model
            self._take(await self._topic.poll())
            if self._model is not before and self._model is not None:
                log.info("model %s revision %d", self._model.name, self._model.revision)
                self._on_newer(self._model)
                async with self._changed:
                    self._changed.notify_all()

    async def wait_for(self, revision: int) -> None:
        """Return when this revision or a newer one is known.

        Raises:
            OperatorError: it did not come: another model topic, or one that was deleted.
        """
        try:
            async with self._changed:
                await asyncio.wait_for(
                    self._changed.wait_for(lambda: self._model is not None and self._model.revision >= revision),
                    REVISION_WAIT_SECONDS,
                )
        except TimeoutError as error:
            known = self._model.revision if self._model else 0
            message = (
                f"{self._topic.topic}: newest model revision is {known}, but the table holds records of revision "
                f"{revision}; wanted that one: apply the newer model again, or rebuild the table"
            )
            raise OperatorError(message) from error

    async def stop(self) -> None:
        """Stop reading."""
        await self._topic.stop()

    def _take(self, records: list[Any]) -> None:
        newest = newest_of(records, least=0 if self._model is None else self._model.revision + 1)
        if newest is not None:
            self._model = model_of(newest)
