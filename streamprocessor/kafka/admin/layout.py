"""The layout of the topics, by the settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from streamprocessor.contract.topic_names import ACTIVITIES, MODELS
from streamprocessor.contract.topics.rights import TOPIC, WRITE, Right, rights_of
from streamprocessor.contract.topics.roles import API, DELIVERY
from streamprocessor.contract.topics.shadow import topics_of
from streamprocessor.contract.topics.topics import read_topics
from streamprocessor.kafka.admin.reconcile import (
    STAMP_SHARE,
    Layout,
    fence_below,
)
from streamprocessor.kafka.admin.rights import ProcessRights
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.settings import Settings


def layout_of(settings: Settings) -> Layout:
    """The topics of this application, as the topics' files and the settings say."""
    topics = topics_of(settings.app_id, read_topics(Path(settings.topics_dir)))
    if settings.partitions:
        topics = tuple(
            topic if topic.partitions == 1 else replace(topic, partitions=settings.partitions) for topic in topics
        )
    session_timeout_ms = int(settings.session_timeout_seconds * 1000)
    fence_ms = fence_below(session_timeout_ms, int(STAMP_SHARE * 100))
    return Layout(topics, settings.topic_prefix, settings.app_id, fence_ms, settings.replication)


def process_rights(settings: Settings, clients: ClientSettings, role: str) -> ProcessRights:
    """What the process must be allowed to do, by the topics' files and the settings.

    role: what it is called in contract.topics.rights.
    """
    layout = layout_of(settings)
    rights = rights_of(role, layout.topics, settings.topic_prefix, settings.app_id)
    if role == DELIVERY and not settings.inbox:  # activities are read and written for the inbox alone
        rights = [right for right in rights if right.name != layout.full_name(ACTIVITIES)]
    if role == API:  # it does all else without the right to publish, which an older release did not ask for
        rights = [right for right in rights if right != Right(TOPIC, layout.full_name(MODELS), WRITE)]
    return ProcessRights(clients, role, rights)


def full_name_of(settings: Settings, topic: str) -> str:
    """The name on the broker of one of the application's topics."""
    return layout_of(settings).full_name(topic)
