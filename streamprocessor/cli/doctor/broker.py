"""What Kafka must be for processes of ours: reached, with the topics, a model, the rights and the time of day."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from streamprocessor.cli.doctor.finding import COLLECTOR, WORKER, Finding, Level, failed, warned, well
from streamprocessor.cli.doctor.mends import of_kafka, set_to
from streamprocessor.cli.terminal.options import command_line
from streamprocessor.errors import NotAllowedError, OperatorError

if TYPE_CHECKING:
    from streamprocessor.kafka.admin.reconcile import Layout, TopicDifference
    from streamprocessor.kafka.clients import ClientSettings
    from streamprocessor.settings import Settings

SEVERAL = 3
"""With fewer brokers a record is kept once."""

_LONGEST_SECONDS = 30.0


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
        return [failed("Kafka", error, of_kafka(str(error), settings.bootstrap))]
    findings = [_brokers(settings, brokers), *await _topics(settings, clients, layout)]
    findings += [await _rights(settings, clients, process) for process in processes]
    if all(finding.level is not Level.FAIL for finding in findings):
        if set(processes) != {COLLECTOR}:  # which reads none
            findings.append(await _model(settings))
        if WORKER in processes:
            findings += [
                await _worker(settings, clients, layout),
                await places_of_contacts(settings, clients, _LONGEST_SECONDS),
            ]
    return findings


def _brokers(settings: Settings, brokers: int) -> Finding:
    sentence = f"{settings.bootstrap} answers; brokers that are up: {brokers}"
    if brokers >= SEVERAL:
        return well("Kafka", sentence)
    wanted = f"wanted {SEVERAL}, so that nothing is lost with one; for trying it out one is enough"
    return warned("Kafka", f"{sentence}; {wanted}", set_to("bootstrap", "kafka-1:9092,kafka-2:9092,kafka-3:9092"))


async def _topics(settings: Settings, clients: ClientSettings, layout: Layout) -> list[Finding]:
    from streamprocessor.kafka.admin.reconcile import check

    try:
        differences = await check(clients, layout)
    except NotAllowedError:  # the least rights of a process are not those to look at all topics
        sentence = "this login may not look at all of them: `streamprocessor topics check` with that of a reader does"
        return [warned("topics", sentence, command_line(settings, "topics", "check"))]
    except OperatorError as error:
        return [failed("topics", error, command_line(settings, "topics", "check"))]
    remedy = ": put it right with `streamprocessor topics apply`"
    return [
        failed("topics", f"{each}{remedy if each.apply_mends_it else ''}", _mend(each, settings))
        for each in differences
    ] or [well("topics", f"{len(layout.topics)} are as described")]


async def _rights(settings: Settings, clients: ClientSettings, process: str) -> Finding:
    """Whether this login may do what the process must."""
    from streamprocessor.kafka.admin.layout import process_rights

    subject = f"rights of {process}"
    try:
        await process_rights(settings, clients, process).refuse_where_missing()
    except OperatorError as error:
        return failed(subject, error, command_line(settings, "topics", "acl"))
    return well(subject, "it may do what it must")


async def _model(settings: Settings) -> Finding:
    from streamprocessor.cli.kafka.revisions import active_model

    try:
        revision = await active_model(settings)
    except OperatorError as error:
        return failed("model", error, command_line(settings, "model", "apply", settings.model))
    return well("model", f"revision {revision.revision} is in force{_beside(settings, revision.version)}")


def _beside(settings: Settings, version: str) -> str:
    """What is said of the model's file, where there is one and it is another model than that in force."""
    from streamprocessor.contract.model_file.read_model import read_model

    if not Path(settings.model).is_file():
        return ""
    try:
        is_another = read_model(Path(settings.model)).version != version
    except OperatorError:
        return f"; {settings.model} is none: `{command_line(settings, 'model', 'check', settings.model)}` says why"
    diff = command_line(settings, "model", "diff", settings.model)
    return f"; {settings.model} is another one: `{diff}` says in what" if is_another else ""


async def _worker(settings: Settings, clients: ClientSettings, layout: Layout) -> Finding:
    """What a worker looks at before it joins its group: the settings of its topics, and the clocks."""
    from streamprocessor.stream.startup import check_broker

    try:
        facts = await check_broker(settings, clients, layout)
    except OperatorError as error:
        mend = "sudo timedatectl set-ntp true" if str(error).startswith("clocks: ") else _again(settings)
        return failed("start of worker", error, mend)
    return well(
        "start of worker", f"its topics are as described; the broker's clock is {facts.clock_skew_ms} ms off ours"
    )


async def places_of_contacts(settings: Settings, clients: ClientSettings, longest_seconds: float) -> Finding:
    """Whether each contact is kept in its key's partition; the whole changelog is read, if that is done in time."""
    from streamprocessor.cli.kafka.misplaced_contacts import misplaced_contacts
    from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
    from streamprocessor.kafka.admin.layout import full_name_of

    subject, changelog = "partitions of keys", full_name_of(settings, CONTACTS_CHANGELOG)
    try:
        async with asyncio.timeout(longest_seconds):
            misplaced = len(await misplaced_contacts(clients, changelog))
    except TimeoutError:
        sentence = f"{changelog}: not all was read in {longest_seconds:g} s; this looks at all of it"
        return warned(subject, sentence, command_line(settings, "topics", "check"))
    except OperatorError as error:
        return warned(subject, str(error), command_line(settings, "topics", "check"))
    if misplaced:
        sentence = (
            f"{changelog} keeps {misplaced} contacts in partitions where they do not belong; wanted none: a producer "
            "built on librdkafka needs `partitioner=murmur2_random`, and workers bring together what it sent"
        )
        return failed(subject, sentence, command_line(settings, "topics", "repair"))
    return well(subject, "each contact is kept where its key belongs")


def _mend(difference: TopicDifference, settings: Settings) -> str:
    """The line that makes the difference good."""
    from streamprocessor.kafka.admin.reconcile import PARTITIONS, REPLICATION

    if difference.what == PARTITIONS:
        return set_to("partitions", difference.actual)
    if difference.what == REPLICATION:
        return set_to("replication", difference.actual)
    return command_line(settings, "topics", "apply")


def _again(settings: Settings) -> str:
    return command_line(settings, "doctor", WORKER)
