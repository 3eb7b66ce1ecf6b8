from pathlib import Path

import pytest

from streamprocessor.contract.topics.topics import Topic, read_topics

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def topics() -> dict[str, Topic]:
    return {topic.name: topic for topic in read_topics(ROOT / "topics")}
