"""The application in which a candidate is scored: its topics, its group, the candidate that it has."""

from __future__ import annotations

from typing import NamedTuple

from streamprocessor.cli.kafka.topic_reader import records_of
from streamprocessor.cli.rebuild.application import Application, application_of
from streamprocessor.contract.model_file.revisions import ModelRevision, newest_of
from streamprocessor.contract.topic_names import MODELS
from streamprocessor.contract.topics.rights import rights_of
from streamprocessor.contract.topics.roles import SHADOW
from streamprocessor.contract.topics.shadow import is_shadow, shadow_of
from streamprocessor.contract.topics.topics import IN
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.reconcile import topic_ids
from streamprocessor.kafka.admin.removal import delete_group, delete_topics
from streamprocessor.kafka.admin.rights import ProcessRights
from streamprocessor.settings import Settings

_MISSED_SECONDS = 15.0
"""How long after its session a worker that ended by itself is missed at the latest."""


class ShadowApplication(NamedTuple):
    """An application, and the one in which a candidate for it is scored."""

    live: Application
    own: Application

    async def refuse_without_rights(self) -> None:
        """Raise NotAllowedError where a right on a topic that is there, or on a group, is missing."""
        for application in self:
            layout = application.layout
            wanted = rights_of(SHADOW, layout.topics, layout.prefix, layout.app_id)
            optional = frozenset(self.own_topics())
            await ProcessRights(application.clients, SHADOW, wanted, optional).refuse_where_missing()

    async def candidate(self) -> ModelRevision | None:
        """The candidate whose table is whole; None: there is none."""
        topic = self.own.layout.full_name(MODELS)
        if not await topic_ids(self.own.clients, [topic]):
            return None
        return newest_of([record async for record in records_of(self.own.clients, topic)])

    async def remove(self) -> None:
        """Delete all that is the shadow's alone: topics, group; raises OperatorError where workers of it run."""
        await self.own.refuse_workers()
        await delete_topics(self.own.clients, self.own_topics())
        await delete_group(self.own.clients, self.own.group)

    def own_topics(self) -> list[str]:
        """The full names of the topics that the shadow does not share: all but the inputs.

        Raises OperatorError where one of them is the live application's, which would lose it.
        """
        own = [name for name, topic in self.own.layout.names().items() if topic.direction != IN]
        shared = sorted(set(own) & self.live.layout.names().keys())
        if shared:
            message = f"topics {', '.join(shared)}: wanted them to be the shadow's alone; got those that others follow"
            raise OperatorError(message)
        return own


def shadow_settings(settings: Settings) -> Settings:
    """The settings of the application in which candidates are scored for the one of these settings.

    Raises OperatorError where this is a shadow itself.
    """
    if is_shadow(settings.app_id):
        message = f"--app-id: wanted the application that is in force; got {settings.app_id}, which is a shadow itself"
        raise OperatorError(message)
    return settings.model_copy(update={"app_id": shadow_of(settings.app_id), "name": ""})


def shadow_application(settings: Settings) -> ShadowApplication:
    """The application of the settings with its shadow; raises OperatorError as shadow_settings does."""
    missed_seconds = settings.session_timeout_seconds + _MISSED_SECONDS
    return ShadowApplication(application_of(settings), application_of(shadow_settings(settings), missed_seconds))
