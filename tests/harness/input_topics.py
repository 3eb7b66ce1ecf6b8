"""The input topics as they are described."""

from __future__ import annotations

from streamprocessor.contract.topics.input_topics import InputTopics
from streamprocessor.contract.topics.topics import read_topics
from tests.harness.system import ROOT

INPUT_TOPICS = InputTopics(read_topics(ROOT / "topics"))
