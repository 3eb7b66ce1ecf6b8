"""A whole replay: its parts given to processes, and what they found out put together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from streamprocessor.contract.events.events import decode_line
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.errors import OperatorError, RecordError
from streamprocessor.imports.rows import BadRow
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.replay.arrivals import packed
from streamprocessor.replay.comparison import ContactRow
from streamprocessor.replay.linked_replay import Link, groups_of
from streamprocessor.replay.run import tasks
from streamprocessor.replay.run.crew import Crew, OnProgress, cores, crew
from streamprocessor.replay.run.order import FILE_NUMBER, InputSpan, ReplayOrder
from streamprocessor.replay.run.tasks import PartOutcome
from streamprocessor.replay.run.topic_input import partitions_of, spans_of
from streamprocessor.replay.tally import ReplayTally

PARTS_EACH = 4
"""Groups are shared out in so many parts for each process, so that none waits long for another at the end."""


@dataclass(slots=True)
class MissingHead:
    """What retention took of a topic, so that it was not replayed.

    records: how many are gone. holds_since_ms: of all its partitions something is there from then on; None: nothing is.
    """

    topic: str
    records: int
    holds_since_ms: int | None


@dataclass(slots=True)
class ReplayOutcome:
    """What a replay found out.

    rows: of the contacts that were asked for, in order of their ids.
    missing_heads: of topics, by name.
    bad_lines: of a file, those that can't be used.
    """

    tally: ReplayTally
    rows: list[ContactRow] = field(default_factory=list)
    missing_heads: list[MissingHead] = field(default_factory=list)
    bad_lines: list[BadRow] = field(default_factory=list)


def replay_topics(order: ReplayOrder, on_progress: OnProgress) -> ReplayOutcome:
    """Replay what the input topics hold as of now; nothing is written to Kafka.

    Raises OperatorError where topics can't be read, or a contact that was asked for never came.
    """
    settings = order.settings
    names = layout_of(settings).input_names()
    spans = asyncio.run(spans_of(client_settings(settings), names, order.since_ms))
    by_partition = partitions_of(spans)
    with crew(order, on_progress) as at_work:
        groups = _groups_in_topics(order, at_work, spans)
        at_work.expect(sum(span.end - span.first for span in spans))
        outcomes = _partitions(order, at_work, by_partition, groups)
        linked = _deferred(outcomes.values(), groups)
        grouped = list(at_work.each(tasks.compare_groups, ((part, False) for part in _shared_out(linked))))
    outcome = _put_together([*outcomes.values(), *grouped], order)
    outcome.missing_heads = _missing_heads(spans, outcomes)
    return outcome


def replay_lines(order: ReplayOrder, lines: Iterable[bytes], on_progress: OnProgress) -> ReplayOutcome:
    """Replay a file of events and contact updates; raises OperatorError as replay_topics does."""
    by_key: dict[bytes | None, bytearray] = {}
    bad_lines: list[BadRow] = []
    records = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            contact, fact = decode_line(line)
        except RecordError as error:
            bad_lines.append(BadRow(number, error.reason, error.detail))
            continue
        if order.since_ms is None or fact.arrival_ms >= order.since_ms:
            by_key.setdefault(contact.encode(), bytearray()).extend(packed(fact.arrival_ms, FILE_NUMBER, line, ()))
            records += 1
    links, by_address = tasks.links_of(order, order.file_source(), by_key)
    if by_address is not None:
        order.refuse_without_salt(shown_value(by_address))
    groups = groups_of([*links, *((key.decode(), key.decode()) for key in by_key if key is not None)])
    wanted = _with_linked(order.contacts, groups)
    chosen = [
        {key: bytes(by_key[key]) for contact in group if (key := contact.encode()) in by_key}
        for group in groups
        if not wanted or wanted.intersection(group)
    ]
    by_key.clear()
    with crew(order, on_progress, records) as at_work:
        at_work.expect(records)
        parts = ((part, True) for part in _shared_out(chosen))
        outcome = _put_together(list(at_work.each(tasks.compare_groups, parts)), order)
    outcome.bad_lines = bad_lines
    return outcome


def _groups_in_topics(order: ReplayOrder, at_work: Crew, spans: Sequence[InputSpan]) -> list[list[str]]:
    """Who is linked with whom by what the topics of updates say."""
    updates = set(order.update_topics())
    links: set[Link] = set()
    for found, by_address in at_work.each(
        tasks.links_in, (([span],) for span in spans if span.topic in updates and span.first < span.end)
    ):
        links |= found
        if by_address is not None:
            order.refuse_without_salt(shown_value(by_address))
    return groups_of(links)


def _partitions(
    order: ReplayOrder, at_work: Crew, by_partition: Mapping[int, list[InputSpan]], groups: Sequence[Sequence[str]]
) -> dict[int | None, PartOutcome]:
    """What each partition made of its contacts.

    A contact whose records lie in several partitions, for some client placed them so, is replayed with its groups:
    partitions that did not know of it are replayed again without it.
    """
    deferred = {contact.encode() for group in groups for contact in group}
    wanted = {contact.encode() for contact in _with_linked(order.contacts, groups)}
    outcomes: dict[int | None, PartOutcome] = {}
    left = sorted(by_partition, key=lambda number: -sum(span.end - span.first for span in by_partition[number]))
    while left:
        parts = ((by_partition[n], len(by_partition), frozenset(deferred), frozenset(wanted)) for n in left)
        outcomes |= {outcome.partition: outcome for outcome in at_work.each(tasks.compare_partition, parts)}
        elsewhere = {key for outcome in outcomes.values() for key in outcome.misplaced} - deferred
        deferred |= elsewhere
        owners = {partition_of(key, len(by_partition)) for key in elsewhere}
        left = sorted(owners & outcomes.keys())
        at_work.expect(sum(span.end - span.first for number in left for span in by_partition[number]))
    return outcomes


def _deferred(outcomes: Iterable[PartOutcome], groups: Sequence[Sequence[str]]) -> list[dict[bytes, bytes]]:
    """The records of each group of contacts, from all partitions; those that are in none are groups of their own."""
    records: dict[bytes, bytes] = {}
    for outcome in outcomes:
        for key, of_contact in outcome.deferred.items():
            assert key is not None
            records[key] = records.get(key, b"") + of_contact
        outcome.deferred = {}
    linked = [{key: records.pop(key) for contact in group if (key := contact.encode()) in records} for group in groups]
    return [group for group in [*linked, *({key: alone} for key, alone in records.items())] if group]


def _shared_out(groups: Sequence[dict[bytes, bytes]]) -> Iterator[Sequence[dict[bytes, bytes]]]:
    parts = min(len(groups), PARTS_EACH * cores())
    for part in range(parts):
        yield groups[part::parts]


def _with_linked(contacts: frozenset[str], groups: Iterable[Sequence[str]]) -> set[str]:
    """These contacts, and all who are linked to them."""
    return set(contacts).union(*(group for group in groups if contacts.intersection(group))) if contacts else set()


def _put_together(outcomes: Sequence[PartOutcome], order: ReplayOrder) -> ReplayOutcome:
    whole = ReplayOutcome(ReplayTally())
    for outcome in outcomes:
        whole.tally.add(outcome.tally)
        whole.rows += outcome.rows
    whole.rows.sort(key=lambda row: row.contact_id)
    unknown = order.contacts - {row.contact_id for row in whole.rows}
    if unknown:
        shown = ", ".join(map(shown_value, sorted(unknown)[:5])) + (", ..." if len(unknown) > 5 else "")
        message = (
            f"--contacts: wanted contacts of whom something is retained and shown; got {len(unknown)} others: {shown}"
        )
        raise OperatorError(message)
    return whole


def _missing_heads(spans: Sequence[InputSpan], outcomes: Mapping[int | None, PartOutcome]) -> list[MissingHead]:
    by_topic: dict[str, list[InputSpan]] = {}
    for span in spans:
        if span.gone:
            by_topic.setdefault(span.topic, []).append(span)
    return [
        MissingHead(
            topic,
            sum(span.gone for span in of_topic),
            max((first for span in of_topic if (first := outcomes[span.partition].first_ms.get(topic))), default=None),
        )
        for topic, of_topic in sorted(by_topic.items())
    ]
