"""One step of a partition, computed: records in, changes and messages out; no clock, no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from streamprocessor.contract.announcements import Announcer, tombstone
from streamprocessor.contract.dead_letters import Origin, dead_letter
from streamprocessor.contract.fields import contact_of
from streamprocessor.contract.outbox import Message
from streamprocessor.contract.records import decode_record, encode_record
from streamprocessor.contract.transfers import transfer_message
from streamprocessor.errors import MustRestart, RecordError
from streamprocessor.scoring.bonds import Bonds
from streamprocessor.scoring.facts import Event, Fact
from streamprocessor.scoring.linking import is_gone
from streamprocessor.scoring.presented import CUT_SCORES
from streamprocessor.scoring.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps import Step
from streamprocessor.scoring.transfers import LINK_FACTS, LinkFact
from streamprocessor.stream.batches import Batch, RawRecord
from streamprocessor.stream.hot import HotStages
from streamprocessor.stream.partition import Change

#: (contact, value, headers, arrival_ms) to a fact; raises RecordError.
Decode = Callable[[str, bytes | None, list[tuple[str, bytes | None]], int], "Fact | LinkFact"]
#: Steps that time makes of one contact in one slice; what is due beyond them is looked at again at once.
MOST_STEPS = 200
#: A record with the number of its topic.
Item = tuple[int, RawRecord]


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


@dataclass(slots=True)
class Arrived:
    """What is new of one contact: facts, and links each with the record that it came in."""

    facts: list[Fact] = field(default_factory=list)
    links: list[tuple[LinkFact, Item]] = field(default_factory=list)


@dataclass(slots=True)
class StepResult:
    """What a step does: changes of contacts, dead letters, and what to count."""

    changes: list[Change] = field(default_factory=list)
    dead_letters: list[Message] = field(default_factory=list)
    consumed: dict[tuple[int, str], int] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    dead: Counter[tuple[int, str]] = field(default_factory=Counter)
    transitions: Counter[tuple[str, str]] = field(default_factory=Counter)
    announced: dict[tuple[str, str], int] = field(default_factory=dict)
    steps_by_time_ms: list[int] = field(default_factory=list)
    capped: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    forgotten: int = 0


def score_batches(
    scoring: Scoring, records: Mapping[bytes, bytes], partition: int, batches: Sequence[Batch]
) -> StepResult:
    """The step of everything in `batches`, merged: each contact's new facts are applied together."""
    result = StepResult()
    by_contact: dict[bytes | None, list[Item]] = {}
    for number, raws in batches:
        for raw in raws:
            key = raw.key
            if key in by_contact:
                by_contact[key].append((number, raw))
            else:
                by_contact[key] = [(number, raw)]
    for key, items in by_contact.items():
        try:
            contact = contact_of(key)
        except RecordError as error:
            for item in items:
                _refuse(scoring, item, partition, error, result)
            continue
        assert key is not None
        record = _open(scoring, key, records.get(key))
        letters, changes = len(result.dead_letters), len(result.changes)
        arrived = _new_facts(scoring, contact, record, items, (partition, result))
        if arrived.links or (record.bonds is not None and arrived.facts):
            _settle_contact(scoring, key, record, arrived, (partition, result))
        elif arrived.facts:
            _score_contact(scoring, key, record, arrived.facts, result)
        if len(result.dead_letters) > letters and len(result.changes) > changes:
            _owe_letters(result, letters)
    return result


def _owe_letters(result: StepResult, first: int) -> None:
    """Let the contact's change owe its dead letters: its offsets move on, so no replay would make them again."""
    change = result.changes[-1]
    result.changes[-1] = change._replace(owed=[*result.dead_letters[first:], *change.owed])
    del result.dead_letters[first:]


def score_due(
    scoring: Scoring, records: Mapping[bytes, bytes], keys: Iterable[bytes], until_ms: int
) -> tuple[StepResult, list[tuple[bytes, int | None]]]:
    """The step of contacts whose time may have come, and those where it had not, with when to look again."""
    result = StepResult()
    later: list[tuple[bytes, int | None]] = []
    for key in keys:
        stored = records.get(key)
        if stored is None:
            continue
        record = _open(scoring, key, stored)
        steps = scoring.scorer.advance(record, until_ms, at_most=MOST_STEPS)
        if steps:
            result.steps_by_time_ms += [step.at_ms for step in steps]
            _change(scoring, key, record, steps, result)
        else:
            later.append((key, record.holds_until_ms))
    return result, later


def adopt_model(scoring: Scoring, records: Mapping[bytes, bytes], keys: Iterable[bytes], at_ms: int) -> StepResult:
    """The step that brings contacts of an older model revision to the scorer's."""
    result = StepResult()
    for key in keys:
        stored = records.get(key)
        if stored is None:
            continue
        record = decode_record(stored)
        if record.revision < scoring.scorer.model.revision:
            _change(scoring, key, record, scoring.scorer.adopt(record, at_ms), result)
    return result


def _open(scoring: Scoring, key: bytes, stored: bytes | None) -> Record:
    if stored is None:
        record = scoring.scorer.blank()
        life_ms = scoring.life_of(key)
        if life_ms:
            record.bonds = Bonds(life_ms=life_ms)
        return record
    record = decode_record(stored)
    if record.revision > scoring.scorer.model.revision:
        raise NewerModelNeeded(record.revision, scoring.scorer.model.revision)
    return record


def _new_facts(
    scoring: Scoring, contact: str, record: Record, items: list[Item], origin: tuple[int, StepResult]
) -> Arrived:
    """The facts of the items beyond the record's offsets, which move on; what can't be decoded is a dead letter."""
    partition, result = origin
    offsets, decoders, consumed = record.offsets, scoring.decoders, result.consumed
    arrived = Arrived()
    facts = arrived.facts
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
            arrived.links.append((fact, item))
            kind = (number, "link")
        else:
            facts.append(fact)
            kind = (number, "update")
        consumed[kind] = consumed.get(kind, 0) + 1
    return arrived


def _refuse(scoring: Scoring, item: Item, partition: int, error: RecordError, result: StepResult) -> None:
    number, raw = item
    origin = Origin(scoring.full_names[number], partition, raw.offset, raw.timestamp)
    result.dead_letters.append(dead_letter(raw.key, raw.value, raw.headers, origin, error))
    result.dead[number, error.reason] += 1


def _score_contact(scoring: Scoring, key: bytes, record: Record, facts: list[Fact], result: StepResult) -> None:
    steps: list[Step] = []
    if record.revision < scoring.scorer.model.revision:
        steps += scoring.scorer.adopt(record, record.at_ms)
    outcome = scoring.scorer.apply(record, facts)
    if outcome.duplicates:
        result.skipped["duplicate"] += outcome.duplicates
    result.capped += outcome.capped
    if outcome.cut:
        result.cut["match"] += outcome.cut
    result.forgotten += outcome.forgotten
    if outcome.duplicates < len(facts) or outcome.steps or steps:
        _change(scoring, key, record, steps + outcome.steps, result)


def _settle_contact(
    scoring: Scoring, key: bytes, record: Record, arrived: Arrived, origin: tuple[int, StepResult]
) -> None:
    """The same for a contact with bonds: what it owes others goes the way of its announcements."""
    partition, result = origin
    steps: list[Step] = []
    if record.revision < scoring.scorer.model.revision:
        steps += scoring.scorer.adopt(record, record.at_ms)
    contact = key.decode()
    items = {id(fact): item for fact, item in arrived.links}
    outcome = scoring.scorer.settle(contact, record, [fact for fact, _ in arrived.links], arrived.facts)
    result.skipped["duplicate"] += outcome.duplicates
    result.capped += outcome.capped
    result.forgotten += outcome.forgotten
    result.cut["match"] += outcome.cut
    for reason, count in outcome.dropped.items():
        result.skipped[reason] += count
    for fact, reason, detail in outcome.refused:
        _refuse(scoring, items[id(fact)], partition, RecordError(reason, detail), result)
    if is_gone(record) and outcome.erased_ms is None and not outcome.sends:
        return
    owed = [transfer_message(sending) for sending in outcome.sends]
    if outcome.erased_ms is not None:
        steps = []
        owed.append(tombstone(contact))
    _change(scoring, key, record, steps + outcome.steps, result)
    change = result.changes[-1]
    result.changes[-1] = change._replace(
        owed=[*owed, *change.owed], hot=scoring.hot_stages.of(record), erased_ms=outcome.erased_ms
    )


def _change(scoring: Scoring, key: bytes, record: Record, steps: list[Step], result: StepResult) -> None:
    owed: Sequence[Message] = ()
    hot = None
    if steps:
        owed = scoring.announcer.encode(key.decode(), steps, 0 if record.bonds is None else record.bonds.life_ms)
        hot = scoring.hot_stages.of(record)
        _count(steps, result)
    gone = is_gone(record)
    result.changes.append(Change(key, encode_record(record), record.holds_until_ms, owed, hot, gone=gone))


def _count(steps: list[Step], result: StepResult) -> None:
    announced = result.announced
    for step in steps:
        kind = ("score-updated", step.cause)
        announced[kind] = announced.get(kind, 0) + 1
        if step.hot_leads:
            kind = ("became-hot-lead", step.cause)
            announced[kind] = announced.get(kind, 0) + len(step.hot_leads)
        for score in step.scores:
            if score.stage != score.previous_stage and score.stage is not None:
                result.transitions[score.name, score.stage] += 1
            if score.unrounded_nano in CUT_SCORES:
                result.cut["score"] += 1
