"""Asks Kafka and every process that can be found, at the same time and for a bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from streamprocessor.cli.status.group_status import GroupStatus
from streamprocessor.cli.status.process_status import ProcessAddress, ask_processes, silent_process
from streamprocessor.errors import BrokerAwayError
from streamprocessor.kafka.admin.consumer_group import ConsumerGroup, consumer_group, group_lag
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.connection import client_settings
from streamprocessor.process.http.address_note import killed_processes, local_url, noted_addresses
from streamprocessor.settings import Settings

KAFKA_SECONDS = 10.0
_LOOPBACK = ("127.", "::1", "localhost")


async def group_status(settings: Settings, named: Sequence[ProcessAddress]) -> GroupStatus:
    """How the group is, by Kafka, the processes named, those of the data folder, and workers where Kafka sees members.

    Nobody is waited for longer than KAFKA_SECONDS and a few more. Where no process is named or noted, a worker is
    looked for at the settings' own port.

    Raises TopicError where topics are missing, BrokerError where Kafka answers and a person must act.
    """
    addresses = _once_each([*named, *_noted(settings)])
    if not addresses:
        addresses = [
            ProcessAddress(local_url(settings.metrics_host, settings.metrics_port), "worker", is_certain=False)
        ]
    asking = asyncio.ensure_future(ask_processes(addresses))
    try:
        said = await _ask_kafka(settings)
        processes = await asking
    finally:
        asking.cancel()
    if said.group is not None:
        known = {each.url for each in addresses}
        guesses = [each for each in _of_members(said.group, settings.metrics_port) if each.url not in known]
        processes += _further(processes, await ask_processes(guesses), settings.group)
    return replace(said, processes=(*processes, *_killed(settings)))


async def _ask_kafka(settings: Settings) -> GroupStatus:
    """What Kafka knows of the group, or why it says nothing; no processes yet."""
    clients, layout = client_settings(settings), layout_of(settings)
    nothing = GroupStatus(settings.group, settings.max_clock_skew_seconds)
    try:
        async with asyncio.timeout(KAFKA_SECONDS):
            group = await consumer_group(clients, layout, settings.group)
            return replace(nothing, group=group, lag=await group_lag(clients, layout, settings.group))
    except TimeoutError:
        reason = f"Kafka at {settings.bootstrap} did not answer within {KAFKA_SECONDS:g} s"
    except BrokerAwayError as error:
        reason = str(error)
    return replace(nothing, kafka=reason)


def _noted(settings: Settings) -> list[ProcessAddress]:
    return [ProcessAddress(note.url, note.process) for note in noted_addresses(settings.data_path, settings.group)]


def _further(known: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]], group: str) -> list[dict[str, Any]]:
    """Those found that belong to the group and are not known already, by another address: a name is one worker's."""
    names = {each.get("name") for each in known} - {None}
    return [each for each in found if each.get("group") == group and each.get("name") not in names]


def _killed(settings: Settings) -> list[dict[str, Any]]:
    return [
        silent_process(note.url, note.process, f"was killed and is not back; start it again, or delete {file}")
        for note, file in killed_processes(settings.data_path, settings.group)
    ]


def _of_members(group: ConsumerGroup, port: int) -> list[ProcessAddress]:
    """Where workers on other machines answer if their metrics have the usual port and may be reached."""
    hosts = sorted({member.host for member in group.members if not member.host.startswith(_LOOPBACK)})
    return [ProcessAddress(local_url(host, port), "worker", is_certain=False) for host in hosts]


def _once_each(addresses: Iterable[ProcessAddress]) -> list[ProcessAddress]:
    found: dict[str, ProcessAddress] = {}
    for address in addresses:
        found.setdefault(address.url.rstrip("/").replace("//localhost:", "//127.0.0.1:"), address)
    return [ProcessAddress(url, address.process, address.is_certain) for url, address in found.items()]
