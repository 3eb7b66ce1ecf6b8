"""The shadow of an application: an application of its own, whose announcements have topics of its own.

What makes it one is its id alone, so that no process of it, however it is started, announces where others listen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from streamprocessor.contract.topics.topics import OUT, Topic

SHADOW_SUFFIX = ".shadow"


def shadow_of(app_id: str) -> str:
    """The id of the application's shadow.

    >>> shadow_of("streamprocessor")
    'streamprocessor.shadow'
    """
    return f"{app_id}{SHADOW_SUFFIX}"


def is_shadow(app_id: str) -> bool:
    """Whether the application of this id is the shadow of another one.

    >>> is_shadow("streamprocessor"), is_shadow("streamprocessor.shadow")
    (False, True)
    """
    return app_id.endswith(SHADOW_SUFFIX)


def topics_of(app_id: str, topics: Iterable[Topic]) -> tuple[Topic, ...]:
    """The topics as the application of this id has them: those that a shadow announces in belong to it alone."""
    if not is_shadow(app_id):
        return tuple(topics)
    return tuple(replace(topic, is_own=True) if topic.direction == OUT else topic for topic in topics)
