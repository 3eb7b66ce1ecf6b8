"""Where an entry belongs among the input topics."""

from __future__ import annotations

from streamprocessor.collector.http.wire_format import TopicEntry
from tests.harness.input_topics import INPUT_TOPICS


def topic_of(entry: TopicEntry) -> str:
    return INPUT_TOPICS.topic_of(entry.value).name
