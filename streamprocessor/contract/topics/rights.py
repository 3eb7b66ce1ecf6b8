"""What each process must be allowed to do on Kafka: the one table that rights are checked, listed and granted by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from streamprocessor.contract.topic_names import (
    ACTIVITIES,
    BECAME_HOT_LEAD,
    CONTACTS_CHANGELOG,
    DEAD_LETTERS,
    EVIDENCE_TRANSFERS,
    MODELS,
    SCORE_UPDATED,
    SUBSCRIPTIONS,
)
from streamprocessor.contract.topics.roles import (
    API,
    COLLECTOR,
    DELIVERY,
    READER,
    REBUILD,
    SENDER,
    SETUP,
    SHADOW,
    WORKER,
)
from streamprocessor.contract.topics.shadow import is_shadow
from streamprocessor.contract.topics.topics import DIRECTIONS, IN, INTERNAL, OUT, Topic

READ, WRITE, CREATE, DELETE, DESCRIBE = "READ", "WRITE", "CREATE", "DELETE", "DESCRIBE"
DESCRIBE_CONFIGS, ALTER_CONFIGS = "DESCRIBE_CONFIGS", "ALTER_CONFIGS"
TOPIC, GROUP = "topic", "group"

#: Kafka grants the operation of the key to whoever has one of those after it.
IMPLIED_BY = {DESCRIBE: frozenset({READ, WRITE, DELETE}), DESCRIBE_CONFIGS: frozenset({ALTER_CONFIGS})}


class Right(NamedTuple):
    """One operation on one resource, which an ACL allows to a principal.

    resource: TOPIC or GROUP.
    name: on the broker.
    operation: in Kafka's own word.
    """

    resource: str
    name: str
    operation: str

    def __str__(self) -> str:
        """Such as `READ on topic email-opens`."""
        return f"{self.operation} on {self.resource} {self.name}"


class _Duty(NamedTuple):
    """What a process does.

    purpose: in words.
    on_topics: operation → topics, each by its short name, or all of a direction.
    on_group: operations on the consumer group of the workers.
    """

    purpose: str
    on_topics: dict[str, tuple[str, ...]]
    on_group: tuple[str, ...] = ()


_OF_WORKER = (IN, OUT, EVIDENCE_TRANSFERS, CONTACTS_CHANGELOG, MODELS)
_DUTIES = {
    WORKER: _Duty(
        "scores: reads what came and the table, writes the table and announcements; checks its topics' settings, for "
        "its fence depends on them, and reads the broker's clock off a write to the models topic",
        {
            READ: (IN, EVIDENCE_TRANSFERS, CONTACTS_CHANGELOG, MODELS),
            WRITE: (OUT, EVIDENCE_TRANSFERS, CONTACTS_CHANGELOG, MODELS),
            DESCRIBE_CONFIGS: _OF_WORKER,
        },
        (READ,),
    ),
    COLLECTOR: _Duty(
        "takes events over HTTP: writes inputs, and reads back what Kafka has of them after a crash",
        {READ: (IN,), WRITE: (IN,)},
    ),
    DELIVERY: _Duty(
        "posts webhooks: reads announcements, subscriptions, segments and contacts; with an inbox of hot leads reads "
        "activities, too, and writes who owns which lead",
        {
            READ: (SCORE_UPDATED, BECAME_HOT_LEAD, CONTACTS_CHANGELOG, MODELS, SUBSCRIPTIONS, ACTIVITIES),
            WRITE: (ACTIVITIES,),
        },
    ),
    API: _Duty(
        "shows contacts: reads the table, announcements and inputs; writes subscriptions, erasures, imports, and the "
        "models that people publish",
        {
            READ: (IN, SCORE_UPDATED, BECAME_HOT_LEAD, CONTACTS_CHANGELOG, MODELS, SUBSCRIPTIONS),
            WRITE: (IN, SUBSCRIPTIONS, MODELS),
        },
    ),
    SETUP: _Duty(
        "`topics apply`, `model apply`, `model promote`, `model rollback`",
        {
            CREATE: DIRECTIONS,
            DESCRIBE: DIRECTIONS,
            ALTER_CONFIGS: DIRECTIONS,
            READ: (MODELS, SUBSCRIPTIONS),
            WRITE: (MODELS,),
        },
    ),
    READER: _Duty(
        "commands that only look: `status`, `topics check`, `topics repair`, `explain`, `export`, `catalogue`, "
        "`replay`, `dead-letters list` and `show`, `model show`, `history`, `diff` and `check --live`",
        {
            READ: (IN, CONTACTS_CHANGELOG, MODELS, SUBSCRIPTIONS, DEAD_LETTERS),
            DESCRIBE: DIRECTIONS,
            DESCRIBE_CONFIGS: DIRECTIONS,
        },
        (DESCRIBE,),
    ),
    SENDER: _Duty(
        "commands that send: `import`, `simulate`, `dead-letters resend`",
        {WRITE: (IN, EVIDENCE_TRANSFERS), READ: (DEAD_LETTERS,)},
    ),
    REBUILD: _Duty(
        "`rebuild`: makes topics, moves all that they hold, and says where workers go on; with --from-inputs it makes "
        "the table's topics anew. Of the table that it moves it only reads; with --into it has these rights on the "
        "first application, too. `model rebuild`, and `model apply` with --rebuild: read inputs and the table, write "
        "evidence-transfers and models",
        {
            READ: DIRECTIONS,
            WRITE: DIRECTIONS,
            CREATE: DIRECTIONS,
            ALTER_CONFIGS: DIRECTIONS,
            DELETE: (CONTACTS_CHANGELOG, EVIDENCE_TRANSFERS),
        },
        (READ,),
    ),
    SHADOW: _Duty(
        "`shadow`: scores a candidate in an application of its own, whose rights `topics acl --app-id APP_ID.shadow` "
        "lists; of the one that is in force it only reads, what its workers read and what they announce",
        {READ: (IN, BECAME_HOT_LEAD, EVIDENCE_TRANSFERS, CONTACTS_CHANGELOG, MODELS)},
        (DESCRIBE,),
    ),
}
_IN_THE_SHADOW = {
    SHADOW: _Duty(
        "makes what a candidate needs, scores it, and deletes all of it",
        {
            READ: (IN, OUT, INTERNAL),
            WRITE: (OUT, INTERNAL),
            CREATE: (OUT, INTERNAL),
            DELETE: (OUT, INTERNAL),
            DESCRIBE_CONFIGS: (IN,),
            ALTER_CONFIGS: (OUT, INTERNAL),
        },
        (READ, DELETE),
    ),
}
"""Duties that are others in a shadow's application."""


def purpose_of(role: str) -> str:
    """What the role does on Kafka, in words."""
    return _DUTIES[role].purpose


def rights_of(role: str, topics: Iterable[Topic], prefix: str, app_id: str) -> list[Right]:
    """The least rights by which the role can do all that it does, by resource and name; none follows from another.

    topics: of the contract. prefix, app_id: what their full names, and the group's, are made with.
    """
    duty = _IN_THE_SHADOW.get(role, _DUTIES[role]) if is_shadow(app_id) else _DUTIES[role]
    wanted = {
        Right(TOPIC, topic.full_name(prefix, app_id), operation)
        for topic in topics
        for operation, places in duty.on_topics.items()
        if topic.name in places or topic.direction in places
    }
    wanted |= {Right(GROUP, f"{prefix}{app_id}", operation) for operation in duty.on_group}
    return sorted(right for right in wanted if not _follows(right, wanted))


def _follows(right: Right, from_others: set[Right]) -> bool:
    return any(right._replace(operation=other) in from_others for other in IMPLIED_BY.get(right.operation, ()))
