"""The scoring model in force, followed in its topic."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from streamprocessor.contract.model_file.revisions import model_of, newest_of
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.compacted_topic import CompactedTopic
from streamprocessor.scoring.scorer import Scorer

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 10.0


class ActiveModel:
    """Knows the scorer of the newest revision. consumer: an aiokafka one without a group, not started."""

    def __init__(self, topic: str, consumer: Any) -> None:
        self._topic = CompactedTopic(topic, consumer)
        self._scorer: Scorer | None = None
        self._text = ""
        self._newest = asyncio.Condition()

    @property
    def scorer(self) -> Scorer:
        """Of the newest revision; known once started."""
        assert self._scorer is not None
        return self._scorer

    @property
    def text(self) -> str:
        """Its file as it was applied."""
        return self._text

    async def start(self) -> None:
        """Read what there is; raises OperatorError where no model was ever applied."""
        self._take(await self._topic.start())
        if self._scorer is None:
            message = f"{self._topic.topic}: holds no model; wanted one: run `streamprocessor model apply` first"
            raise OperatorError(message)

    async def follow(self) -> None:
        """Read on for ever."""
        while True:
            self._take(await self._topic.poll())
            async with self._newest:
                self._newest.notify_all()

    async def wait_for(self, revision: int) -> None:
        """Return once the revision, or a newer one, is known; raises OperatorError where it does not come."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        async with self._newest:
            while self.scorer.model.revision < revision:
                if time.monotonic() > deadline:
                    message = (
                        f"{self._topic.topic}: wanted the model's revision {revision}, under which contacts were "
                        f"scored; got {self.scorer.model.revision} as the newest: apply the newer model again"
                    )
                    raise OperatorError(message)
                await self._newest.wait()

    async def stop(self) -> None:
        """Stop reading."""
        await self._topic.stop()

    def _take(self, records: list[Any]) -> None:
        # One with the same number holds other segments.
        revision = newest_of(records, least=0 if self._scorer is None else self._scorer.model.revision)
        if revision is not None:
            self._scorer, self._text = Scorer(model_of(revision)), revision.text
            log.info("model %s revision %d", revision.name, revision.revision)
