"""The topics that the worker reads, and on which of them a record belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streamprocessor.contract.topic_names import ACTIVITIES, CONTACT_UPDATES
from streamprocessor.contract.topics.topics import IN, Topic, topic_named


class InputTopics:
    """The input topics among those of topics/*.yaml. Raises TopicError where one that every format needs is missing."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        incoming = tuple(topic for topic in topics if topic.direction == IN)
        self._of_type = {topic.event_type: topic for topic in incoming if topic.event_type}
        self._of_other_types = topic_named(incoming, ACTIVITIES)
        self._of_updates = topic_named(incoming, CONTACT_UPDATES)

    def topic_of(self, value: Mapping[str, Any]) -> Topic:
        """The topic of a record: an `update` goes to contact-updates, a `type` to its own topic or to activities."""
        if "update" in value:
            return self._of_updates
        event_type = value.get("type")
        return self.topic_of_type(event_type) if type(event_type) is str else self._of_other_types

    def topic_of_type(self, event_type: str) -> Topic:
        """The topic of an event type: the one whose file names it, else activities."""
        return self._of_type.get(event_type, self._of_other_types)
