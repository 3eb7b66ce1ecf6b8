"""What Kafka refused to a running client for want of a right, named as a right that can be granted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from streamprocessor.contract.topics.rights import GROUP, READ, TOPIC, WRITE, Right
from streamprocessor.errors import MustRestartError, NotAllowedError
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.diagnosis.diagnosis import NO_RIGHT
from streamprocessor.kafka.diagnosis.principal import not_allowed


def refusal_in(error: BaseException | None, settings: ClientSettings, role: str) -> NotAllowedError | None:
    """The error that names what was refused, where that is what the error comes of; None: it comes of something else.

    role: what the process is called in contract.topics.rights. Of a MustRestartError it is a write that was refused.
    """
    operation = WRITE if isinstance(error, MustRestartError) else READ
    while error is not None and not isinstance(error, NO_RIGHT):
        error = error.__cause__
    return None if error is None else not_allowed(settings, _missing(error, operation), role)


@contextmanager
def refusals_named(settings: ClientSettings, role: str) -> Iterator[None]:
    """Raise NotAllowedError, which names the right, where aiokafka raises that one is missing in the block."""
    try:
        yield
    except NO_RIGHT as error:
        raise refusal_in(error, settings, role) or error from error


def _missing(error: BaseException, operation: str) -> Iterable[Right | str]:
    if isinstance(error, TopicAuthorizationFailedError):
        named = error.args[0] if error.args else ()
        topics = [named] if isinstance(named, str) else sorted(named)
        return [Right(TOPIC, topic, operation) for topic in topics] or [f"{operation} on a topic"]
    if isinstance(error, GroupAuthorizationFailedError):
        return [Right(GROUP, str(error.args[0]), READ)] if error.args else [f"{READ} on the group"]
    return ["something on the cluster"]
