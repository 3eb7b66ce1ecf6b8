"""The error of an aiokafka client turned into one that says what is wrong, and who must act."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping

from aiokafka.conn import collect_hosts
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    KafkaTimeoutError,
    MetadataEmptyBrokerList,
    TopicAuthorizationFailedError,
)

from streamprocessor.contract.foreign_text import one_line
from streamprocessor.errors import BrokerAwayError, BrokerError
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.diagnosis.fault import BrokerAddress, Fault
from streamprocessor.kafka.diagnosis.stages import fault_at

NO_RIGHT = (ClusterAuthorizationFailedError, GroupAuthorizationFailedError, TopicAuthorizationFailedError)
"""What aiokafka raises where we may not do what we ask for."""
_TRANSIENT = (KafkaTimeoutError, MetadataEmptyBrokerList)
"""What aiokafka raises while Kafka is away, and does not call retriable."""


async def broker_error(
    settings: ClientSettings, error: Exception, doing: str = "", advertised: Iterable[tuple[str, int]] = ()
) -> BrokerError:
    """The error to raise for one of aiokafka's, once it was looked for with a connection of our own.

    doing: what could not be done, to begin the sentence with; empty where nothing but connecting was tried.
    advertised: where the cluster sends its clients on to, as far as it is known.
    It is a BrokerAwayError where all that is wrong may come right by itself.
    """
    where = f"Kafka can't be used at {settings.bootstrap} over {settings.security_protocol}{_login(settings)}"
    if doing:
        where = f"{doing}: {where}"
    if isinstance(error, NO_RIGHT):
        message = (
            f"{where}: this user has no right to do that; wanted it allowed; got {_words(error)}: "
            "`streamprocessor topics acl` prints what to grant"
        )
        return BrokerError(message)
    named = [
        BrokerAddress(host, port, settings) for host, port, _ in collect_hosts(settings.bootstrap, randomize=False)
    ]
    faults = await _faults_at(named)
    if len(faults) < len(named):  # one of them lets us in: what is wrong lies behind it
        faults = await _faults_at([each for each in _distinct(settings, advertised) if each not in named])
        if faults:
            where += ", which sends clients on to other addresses (advertised.listeners)"
    if not faults:
        if not is_transient(error):
            message = f"{where}: it refused what was asked for; got {_words(error)}"
            return BrokerError(message)
        message = f"{where}: it answers now; wanted an answer before; got {_words(error)}: try again"
        return BrokerAwayError(message)
    lasting = {address: fault for address, fault in faults.items() if not fault.is_transient}
    message = f"{where}: {_sentences(lasting or faults, settings)}"
    return BrokerError(message) if lasting else BrokerAwayError(message)


def is_transient(error: Exception) -> bool:
    """Whether an error of aiokafka's says that Kafka was away, and not that it refused something."""
    return not isinstance(error, KafkaError) or error.retriable or isinstance(error, _TRANSIENT)


def _distinct(settings: ClientSettings, places: Iterable[tuple[str, int]]) -> list[BrokerAddress]:
    return [BrokerAddress(host, port, settings) for host, port in dict.fromkeys(places)]


async def _faults_at(addresses: Collection[BrokerAddress]) -> dict[BrokerAddress, Fault]:
    """The faults by address; an address that lets us in has none."""
    faults = zip(addresses, await asyncio.gather(*map(fault_at, addresses)), strict=True)
    return {address: fault for address, fault in faults if fault is not None}


def _sentences(faults: Mapping[BrokerAddress, Fault], settings: ClientSettings) -> str:
    if [str(address) for address in faults] == [settings.bootstrap]:
        return next(iter(faults.values())).sentence
    return "; ".join(f"{address}: {fault.sentence}" for address, fault in faults.items())


def _login(settings: ClientSettings) -> str:
    if settings.logs_in_by_token:
        return " with a token"
    return f" as user '{settings.sasl_username}'" if settings.uses_sasl else ""


def _words(error: Exception) -> str:
    return one_line(repr(error))
