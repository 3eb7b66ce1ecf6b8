"""One step of a partition, computed: records in, changes and messages out; no clock, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.events.event_fields import contact_of
from streamprocessor.contract.events.transfers import transfer_message
from streamprocessor.contract.messages.announcements import Announcer, tombstone
from streamprocessor.contract.messages.dead_letters import Origin, dead_letter
from streamprocessor.contract.messages.message import Message
from streamprocessor.errors import MustRestart, RecordError
from streamprocessor.scoring.canonical import unchecked
from streamprocessor.scoring.identity.erasure import nothing_left
from streamprocessor.scoring.record.facts import Event, Fact
from streamprocessor.scoring.record.links import IdentityLinks
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import LINK_FACTS, LinkFact
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import Step
from streamprocessor.stream.partition.batch import Batch, RawRecord
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult
from streamprocessor.stream.partition.partition import Change

#: (contact, value, headers, arrival_ms) to a fact; raises RecordError.
Decode = Callable[[str, bytes | None, list[tuple[str, bytes | None]], int], "Fact | LinkFact"]
#: Steps that time makes of one contact in one slice; what is due beyond them is looked at again at once.
MOST_STEPS = 200
#: A record with the number of its topic.
Item = tuple[int, RawRecord]
#: What is new of one contact: facts, and links each with the record that it came in.
Arrived = tuple[list[Fact], list[tuple[LinkFact, Item]]]


class NewerModelNeeded(MustRestart):
    """A record was written under a newer revision of the model than this worker knows."""

    def __init__(self, revision: int, known: int) -> None:
        super().__init__(f"a record is of model revision {revision}; this worker knows {known}")
        self.revision = revision


@dataclass(frozen=True, slots=True)
class Scoring:
    """All that a step needs besides its records. decoders, full_names: by topic number; announcer: the partition's.

    life_of: when the contact of a key was erased, 0: never.
    """

    scorer: Scorer
    hot_stages: HotStages
    announcer: Announcer
    decoders: Mapping[int, Decode]
    full_names: Mapping[int, str]
    life_of: Callable[[bytes], int]


def score_batches(
    scoring: Scoring, records: Mapping[bytes, bytes], partition: int, batches: Sequence[Batch]
) -> MicrobatchResult:
    """The step of everything in `batches`, merged: each contact's new facts are applied together."""
    result = MicrobatchResult()
    score_contacts(scoring, records, partition, by_contact(batches), result)
    return result


def by_contact(batches: Sequence[Batch]) -> list[tuple[bytes | None, list[Item]]]:
    """The records of each key, in their order."""
    found: dict[bytes | None, list[Item]] = {}
    for number, raws in batches:
        for raw in raws:
            key = raw.key
            if key in found:
                found[key].append((number, raw))
            else:
                found[key] = [(number, raw)]
    return list(found.items())


def slices(arrived: Sequence[tuple[bytes | None, list[Item]]], most_records: int) -> Iterator[tuple[int, int]]:
    """From which contact to which, so that each part has about so many records at most, and one contact at least."""
    first = size = 0
    for number, (_, items) in enumerate(arrived):
        if size and size + len(items) > most_records:
            yield first, number
            first, size = number, 0
        size += len(items)
    if size:
        yield first, len(arrived)


def score_contacts(
    scoring: Scoring,
    records: Mapping[bytes, bytes],
    partition: int,
    arrived: Iterable[tuple[bytes | None, list[Item]]],
    result: MicrobatchResult,
) -> None:
    """Add to the step what becomes of these contacts, of each of which all that arrived is given."""
    origin = partition, result
    for key, items in arrived:
        try:
            contact = contact_of(key)
        except RecordError as error:
            for item in items:
                _refuse(scoring, item, partition, error, result)
            continue
        assert key is not None
        letters = len(result.dead_letters)
        record = _open(scoring, key, records.get(key))
        new = facts, links = _new_facts(scoring, contact, record, items, origin)
        change: Change | None = None
        if links or (facts and record.links is not None):
            change = _settle_contact(scoring, key, record, new, origin)
        elif facts:
            change = _score_contact(scoring, key, record, facts, result)
        if change is not None:
            is_owing = len(result.dead_letters) > letters
            result.changes.append(_owing_letters(change, result, letters) if is_owing else change)


def _owing_letters(change: Change, result: MicrobatchResult, first: int) -> Change:
    """The change, owing the contact's dead letters too: its offsets move on, so no replay would make them again."""
    owed = [*result.dead_letters[first:], *change.owed]
    del result.dead_letters[first:]
    return change._replace(owed=owed)


def score_due(
    scoring: Scoring, records: Mapping[bytes, bytes], keys: Iterable[bytes], until_ms: int
) -> tuple[MicrobatchResult, list[tuple[bytes, int | None]]]:
    """The step of contacts whose time may have come, and those where it had not, with when to look again."""
    result = MicrobatchResult()
    later: list[tuple[bytes, int | None]] = []
    for key in keys:
        stored = records.get(key)
        if stored is None:
            continue
        record = _open(scoring, key, stored)
        steps = scoring.scorer.advance_in_place(record, until_ms, at_most=MOST_STEPS)
        if steps:
            result.steps_by_time_ms += [step.at_ms for step in steps]
            result.changes.append(_change(scoring, key, record, steps, result))
        else:
            later.append((key, record.holds_until_ms))
    return result, later


def migrate_to_model(
    scoring: Scoring, records: Mapping[bytes, bytes], keys: Iterable[bytes], at_ms: int
) -> MicrobatchResult:
    """The step that brings contacts of an older model revision to the scorer's."""
    result = MicrobatchResult()
    for key in keys:
        stored = records.get(key)
        if stored is None:
            continue
        record = decode_record(stored)
        if record.revision < scoring.scorer.model.revision:
            result.changes.append(_change(scoring, key, record, scoring.scorer.migrate_in_place(record, at_ms), result))
    return result


def _open(scoring: Scoring, key: bytes, stored: bytes | None) -> Record:
    if stored is None:
        record = scoring.scorer.blank()
        life_ms = scoring.life_of(key)
        if life_ms:
            record.links = IdentityLinks(erased_at_ms=life_ms)
        return record
    record = decode_record(stored)
    if record.revision > scoring.scorer.model.revision:
        raise NewerModelNeeded(record.revision, scoring.scorer.model.revision)
    return record


def _new_facts(
    scoring: Scoring, contact: str, record: Record, items: list[Item], origin: tuple[int, MicrobatchResult]
) -> Arrived:
    """The facts of the items beyond the record's offsets, which move on; what can't be decoded is a dead letter."""
    partition, result = origin
    offsets, decoders, consumed = record.offsets, scoring.decoders, result.consumed
    facts: list[Fact] = []
    links: list[tuple[LinkFact, Item]] = []
    for item in items:
        number, raw = item
        offset = raw.offset
        if number in offsets and offset <= offsets[number]:
            result.skipped["replay"] += 1
            continue
        offsets[number] = offset
        try:
            fact = decoders[number](contact, raw.value, raw.headers, raw.timestamp)
        except RecordError as error:
            _refuse(scoring, item, partition, error, result)
            continue
        if type(fact) is Event:
            facts.append(fact)
            kind = (number, fact.type)
        elif isinstance(fact, LINK_FACTS):
            links.append((fact, item))
            kind = (number, "link")
        else:
            facts.append(fact)
            kind = (number, "update")
        consumed[kind] = consumed.get(kind, 0) + 1
    return facts, links


def _refuse(scoring: Scoring, item: Item, partition: int, error: RecordError, result: MicrobatchResult) -> None:
    number, raw = item
    origin = Origin(scoring.full_names[number], partition, raw.offset, raw.timestamp)
    result.dead_letters.append(dead_letter(raw.key, raw.value, raw.headers, origin, error))
    result.dead[number, error.reason] += 1


def _score_contact(
    scoring: Scoring, key: bytes, record: Record, facts: list[Fact], result: MicrobatchResult
) -> Change | None:
    """The contact's change; None: all of it was known."""
    steps: list[Step] = []
    if record.revision < scoring.scorer.model.revision:
        steps += scoring.scorer.migrate_in_place(record, record.at_ms)
    outcome = scoring.scorer.apply_in_place(record, facts)
    if outcome.duplicates:
        result.skipped["duplicate"] += outcome.duplicates
    if outcome.capped or outcome.cut or outcome.forgotten:
        result.count_lost(outcome)
    if outcome.duplicates < len(facts) or outcome.steps or steps:
        return _change(scoring, key, record, steps + outcome.steps, result)
    return None


def _settle_contact(
    scoring: Scoring, key: bytes, record: Record, arrived: Arrived, origin: tuple[int, MicrobatchResult]
) -> Change | None:
    """The same for a contact with bonds: what it owes others goes the way of its announcements."""
    partition, result = origin
    steps: list[Step] = []
    if record.revision < scoring.scorer.model.revision:
        steps += scoring.scorer.migrate_in_place(record, record.at_ms)
    contact = key.decode()
    facts, links = arrived
    items = {id(fact): item for fact, item in links}
    outcome = scoring.scorer.apply_with_links_in_place(contact, record, [fact for fact, _ in links], facts)
    result.skipped["duplicate"] += outcome.duplicates
    result.count_lost(outcome)
    for reason, count in outcome.dropped.items():
        result.skipped[reason] += count
    for fact, reason, detail in outcome.refused:
        _refuse(scoring, items[id(fact)], partition, RecordError(reason, detail), result)
    if nothing_left(record) and outcome.erased_ms is None and not outcome.sends:
        return None
    owed = [transfer_message(sending) for sending in outcome.sends]
    if outcome.erased_ms is not None:
        steps = []
        owed.append(tombstone(contact))
    change = _change(scoring, key, record, steps + outcome.steps, result)
    return change._replace(owed=[*owed, *change.owed], hot=scoring.hot_stages.of(record), erased_ms=outcome.erased_ms)


def _change(scoring: Scoring, key: bytes, record: Record, steps: list[Step], result: MicrobatchResult) -> Change:
    owed: Sequence[Message] = ()
    hot = None
    if steps:
        owed = scoring.announcer.encode(key.decode(), steps, 0 if record.links is None else record.links.erased_at_ms)
        hot = scoring.hot_stages.of(record)
        result.count(steps)
    gone = record.links is not None and nothing_left(record)
    return unchecked(Change, (key, encode_record(record), record.holds_until_ms, owed, hot, None, gone))
