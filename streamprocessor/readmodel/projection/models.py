"""The scorer of the model in force, and the text of its file."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.model_file.revisions import ModelRevision, model_of
from streamprocessor.kafka.model_follower import ModelFollower
from streamprocessor.scoring.scorer import Scorer


class ActiveModel:
    """Has the newest revision's scorer and text, both known once started.

    scorer: of the newest revision. text: its model file as it was applied.
    """

    scorer: Scorer
    text: str

    def __init__(self, topic: str, consumer: Any) -> None:
        """Read the topic by an aiokafka consumer without a group, not started."""
        self._follower = ModelFollower(topic, consumer, with_segments=True)

    async def start(self) -> None:
        """Read what there is; raises OperatorError where no model was ever applied."""
        await self._follower.start()
        self._use(self._follower.required())

    async def follow(self) -> None:
        """Go on with newer revisions for ever."""
        await self._follower.follow(self._use)

    async def wait_for(self, revision: int) -> None:
        """Return once the revision, or a newer one, is in use; raises OperatorError where it does not come."""
        await self._follower.wait_for(revision)

    async def stop(self) -> None:
        """Stop reading."""
        await self._follower.stop()

    def _use(self, revision: ModelRevision) -> None:
        self.scorer, self.text = Scorer(model_of(revision)), revision.text
