"""What Kafka must be for processes of ours: reached, with the topics, a model, the rights and the time of day."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from streamprocessor.cli.doctor.finding import WORKER, Finding, Level, failed, well
from streamprocessor.errors import OperatorError

if TYPE_CHECKING:
    from streamprocessor.kafka.admin.reconcile import Layout
    from streamprocessor.kafka.clients import ClientSettings
    from streamprocessor.settings import Settings

SEVERAL = 3
"""With fewer brokers a record is kept once."""


async def broker_findings(settings: Settings, processes: Collection[str]) -> list[Finding]:
    """What is found at Kafka; what could only be looked at with its help is left out where it can't be used.

    A worker's look at the clock writes a record without meaning to the models topic, as each start of one does.
    """
    from streamprocessor.kafka.admin.cluster import describe
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.connection import client_settings, connected

    try:
        clients, layout = client_settings(settings), layout_of(settings)
        async with connected(clients) as client:
            brokers = len((await describe(client, [])).brokers)
    except OperatorError as error:
        return [failed("Kafka", error)]
    findings = [_brokers(settings, brokers), *await _topics(clients, layout)]
    if all(finding.level is not Level.FAIL for finding in findings):
        findings.append(await _model(settings))
        if WORKER in processes:
            findings.append(await _worker(settings, clients, layout))
    return findings


def _brokers(settings: Settings, brokers: int) -> Finding:
    sentence = f"{settings.bootstrap} answers; brokers that are up: {brokers}"
    if brokers >= SEVERAL:
        return well("Kafka", sentence)
    return Finding("Kafka", Level.WARN, f"{sentence}; wanted {SEVERAL}, so that nothing is lost with one")


async def _topics(clients: ClientSettings, layout: Layout) -> list[Finding]:
    from streamprocessor.kafka.admin.reconcile import check

    try:
        differences = await check(clients, layout)
    except OperatorError as error:
        return [failed("topics", error)]
    remedy = ": put it right with `streamprocessor topics apply`"
    return [failed("topics", f"{each}{remedy if each.apply_mends_it else ''}") for each in differences] or [
        well("topics", f"{len(layout.topics)} are as described")
    ]


async def _model(settings: Settings) -> Finding:
    from streamprocessor.cli.kafka.revisions import active_model

    try:
        revision = await active_model(settings)
    except OperatorError as error:
        return failed("model", error)
    return well("model", f"revision {revision.revision} is in force")


async def _worker(settings: Settings, clients: ClientSettings, layout: Layout) -> Finding:
    """What a worker looks at before it joins its group: its rights, and the clocks."""
    from streamprocessor.stream.startup import check_broker

    try:
        facts = await check_broker(settings, clients, layout)
    except OperatorError as error:
        return failed("rights and clock of a worker", error)
    sentence = f"it may do what it must; the broker's clock is {facts.clock_skew_ms} ms off ours"
    return well("rights and clock of a worker", sentence)
