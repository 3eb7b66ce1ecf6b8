"""The input topics as they are described, and where an entry belongs among them."""

from __future__ import annotations

from streamprocessor.collector.http.input_topics import InputTopics
from streamprocessor.collector.http.wire_format import TopicEntry
from streamprocessor.contract.topics.topics import read_topics
from tests.harness.system import ROOT

INPUT_TOPICS = InputTopics(read_topics(ROOT / "topics"))


def topic_of(entry: TopicEntry) -> str:
    return INPUT_TOPICS.topic_of(entry.value).name
