"""One micro-batch of a partition, computed: records in, changes and messages out; no clock, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events import transfers
from streamprocessor.contract.events.address_identities import identities_in
from streamprocessor.contract.events.event_fields import contact_of
from streamprocessor.contract.lenient_json import mends_told_to
from streamprocessor.contract.messages.announcements import Announcer, tombstone
from streamprocessor.contract.messages.dead_letters import Origin, dead_letter
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.messages.traces import newest, traced
from streamprocessor.errors import NewerModelNeededError, RecordError
from streamprocessor.scoring.canonical import unchecked
from streamprocessor.scoring.identity.erasure import nothing_left
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact
from streamprocessor.scoring.record.links import IdentityLinks
from streamprocessor.scoring.record.record import Record, number_elsewhere
from streamprocessor.scoring.record.transfers import LINK_FACTS, LinkFact, Received, SecondRecord
from streamprocessor.scoring.scorer import Outcome, Scorer
from streamprocessor.scoring.steps.steps import Step
from streamprocessor.stream.partition.batch import Batch, Item, by_contact
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult
from streamprocessor.stream.partition.partition import Change
from streamprocessor.stream.partition.placement import handed_over, misplaced_messages

#: A fact about a contact's links, with the record that it came in.
ReceivedLink = tuple["LinkFact | SecondRecord", Item]


@dataclass(frozen=True, slots=True)
class MicrobatchContext:
    """All that a micro-batch needs besides its records.

    scorer, hot_stages: of the model's revision in force.
    announcer: encodes the partition's announcements.
    decoders: of an input record's value, by topic number.
    full_names: of the input topics, by their number.
    partition: the partition's number.
    partition_of: where the contact of a key belongs.
    misplaced: keys of contacts that are stored here and belong elsewhere; hardly ever any.
    erased_at_ms_of: when the contact of a key was erased; 0: never.
    contact_ids: makes the contacts of mail addresses.
    """

    scorer: Scorer
    hot_stages: HotStages
    announcer: Announcer
    decoders: Mapping[int, transfers.Decode]
    full_names: Mapping[int, str]
    partition: int
    partition_of: Callable[[bytes], int]
    misplaced: Collection[bytes]
    erased_at_ms_of: Callable[[bytes], int]
    contact_ids: ContactIds


def score_batches(
    context: MicrobatchContext, records: Mapping[bytes, bytes], batches: Sequence[Batch]
) -> MicrobatchResult:
    """What everything in `batches` makes, merged: each contact's new facts are applied together."""
    microbatch = Microbatch(context, records)
    microbatch.add(by_contact(batches))
    return microbatch.result


class Microbatch:
    """A micro-batch of input records in the making.

    result: what it does, as far as contacts were added.
    """

    def __init__(self, context: MicrobatchContext, records: Mapping[bytes, bytes]) -> None:
        """Begin with the partition's records, encoded, by contact key."""
        self.result = MicrobatchResult()
        self._context = context
        self._records = records
        self._retained: list[Fact] = []

    def add(self, arrived: Iterable[tuple[bytes | None, list[Item]]]) -> None:
        """Add what becomes of these contacts, of each of which all that arrived is given."""
        with mends_told_to(self.result.count_mended):
            self._add(arrived)

    def _add(self, arrived: Iterable[tuple[bytes | None, list[Item]]]) -> None:
        result, records = self.result, self._records
        partition_of, here, misplaced = self._context.partition_of, self._context.partition, self._context.misplaced
        for key, items in arrived:
            stored = None if key is None else records.get(key)
            if key is None or stored is None:
                try:
                    contact = contact_of(key)
                except RecordError as error:
                    for item in items:
                        self._refuse(item, error)
                    continue
            else:  # whoever is kept under an id that was allowed once goes on to be scored, and can be erased
                contact = key.decode()
            assert key is not None
            if (stored is None or key in misplaced) and partition_of(key) != here:
                self._hand_over(key, stored, items)
                continue
            letters, traces = len(result.dead_letters), len(result.traces)
            record = open_record(self._context, key, stored)
            facts, links = self._receive(contact, record, items)
            change: Change | None = None
            if links or ((facts or self._retained) and record.links is not None):
                change = self._apply_with_links(key, record, facts, links)
            elif facts or self._retained:
                change = self._apply(key, record, facts)
            if change is not None:
                if len(result.traces) > traces:
                    change = change._replace(owed=traced(change.owed, newest(result.traces[traces:])))
                is_owing = len(result.dead_letters) > letters
                result.changes.append(self._owing_letters(change, letters) if is_owing else change)

    def _receive(self, contact: str, record: Record, items: list[Item]) -> tuple[list[Fact], list[ReceivedLink]]:
        """Decode the items beyond the record's offsets, which move on; what can't be decoded is a dead letter."""
        context = self._context
        offsets, decoders, consumed = record.offsets, context.decoders, self.result.consumed
        facts: list[Fact] = []
        links: list[ReceivedLink] = []
        self._retained = []
        for item in items:
            number, raw = item
            offset, headers = raw.offset, raw.headers
            if number in offsets and offset <= offsets[number]:
                self.result.skipped["replay"] += 1
                continue
            offsets[number] = offset
            try:
                fact = decoders[number](contact, raw.value, headers, raw.timestamp)
            except RecordError as error:
                self._refuse(item, error)
                continue
            if type(fact) is not Event and isinstance(fact, transfers.RetainedRecord):
                self._read_again(fact, raw.timestamp)
                continue
            if type(fact) is not Event and isinstance(fact, transfers.MisplacedRecord):
                number, item = fact.topic_number, (fact.topic_number, fact)
                inner = self._unwrap(contact, record, fact)
                if inner is None:
                    continue
                fact = inner
            if type(fact) is Event:
                facts.append(fact)
                kind = (number, fact.type)
            elif isinstance(fact, LINK_FACTS):
                if isinstance(fact, SecondRecord):
                    _refuse_newer(self._context, fact.record.revision)
                links.append((fact, item))
                kind = (number, "link")
            else:
                facts.append(fact)
                kind = (number, "update")
                if isinstance(fact, AttributesWritten):
                    implied = identities_in(contact, fact, context.scorer.model.addresses, context.contact_ids)
                    links += [(merged, item) for merged in implied]
            consumed[kind] = consumed.get(kind, 0) + 1
            if headers:
                self.result.note_trace(raw.timestamp, headers)
        return facts, links

    def _read_again(self, retained: transfers.RetainedRecord, arrival_ms: int) -> None:
        """Note the event in a record that is read again for a revision of the model; older ones ask for less of it."""
        _refuse_newer(self._context, retained.revision)
        self._retained += transfers.retained_events(retained.record, self._context.decoders, arrival_ms)

    def _unwrap(self, contact: str, record: Record, misplaced: transfers.MisplacedRecord) -> Received | None:
        """The fact in a record that was handed over; None: it is known already, or a dead letter now."""
        number = misplaced.topic_number
        elsewhere = number_elsewhere(number, misplaced.partition)
        if misplaced.offset <= record.offsets.get(elsewhere, -1):
            self.result.skipped["replay"] += 1
            return None
        record.offsets[elsewhere] = misplaced.offset
        try:
            fact = self._context.decoders[number](contact, misplaced.value, misplaced.headers, misplaced.timestamp)
        except RecordError as error:
            self._refuse((number, misplaced), error)
            return None
        assert not isinstance(fact, transfers.MisplacedRecord | transfers.RetainedRecord)
        return fact

    def _hand_over(self, key: bytes, stored: bytes | None, items: list[Item]) -> None:
        """Send the records, and what is stored of their contact, to the partition where it belongs."""
        result, here = self.result, self._context.partition
        result.misplaced.update([number for number, _ in items])
        if stored is None:
            result.handed_over += misplaced_messages(here, items)
        else:
            result.changes.append(handed_over(here, key, stored, items))

    def _apply(self, key: bytes, record: Record, facts: list[Fact]) -> Change | None:
        """Apply the facts to the record; None: all of them were known."""
        context, result = self._context, self.result
        steps: list[Step] = []
        if record.revision < context.scorer.model.revision:
            steps += context.scorer.migrate_in_place(record, record.at_ms)
        outcome = context.scorer.apply_in_place(record, facts)
        is_changed = outcome.duplicates < len(facts)
        if self._retained:
            again = context.scorer.apply_in_place(record, self._retained)
            is_changed = is_changed or again.duplicates < len(self._retained)
            outcome = result.with_retained(outcome, again)
        if outcome.duplicates:
            result.skipped["duplicate"] += outcome.duplicates
        if outcome.capped or outcome.cut or outcome.forgotten or outcome.repeats:
            result.count_lost(outcome)
        if is_changed or outcome.steps or steps:
            steps += outcome.steps
            if steps:
                result.count(steps)
            return change_of(context, key, record, steps)
        return None

    def _apply_with_links(
        self, key: bytes, record: Record, facts: list[Fact], links: list[ReceivedLink]
    ) -> Change | None:
        """Apply facts to a record that has links or gets them; what it owes other contacts goes with its announcements.

        None: nothing is left of the contact, and nothing was.
        """
        context, result = self._context, self.result
        steps: list[Step] = []
        if record.revision < context.scorer.model.revision:
            steps += context.scorer.migrate_in_place(record, record.at_ms)
        contact = key.decode()
        apply_in_place = context.scorer.apply_with_links_in_place
        is_new = bool(links or facts)
        outcome = apply_in_place(contact, record, [fact for fact, _ in links], facts) if is_new else Outcome([], 0, 0)
        if self._retained:  # by themselves: they announce nobody
            outcome = result.with_retained(outcome, apply_in_place(contact, record, [], self._retained))
        result.skipped["duplicate"] += outcome.duplicates
        result.count_lost(outcome)
        for reason, count in outcome.dropped.items():
            result.skipped[reason] += count
        for refused, reason, detail in outcome.refused:
            item = next(item for fact, item in links if fact is refused)  # one of two that are equal may be refused
            self._refuse(item, RecordError(reason, detail))
        if nothing_left(record) and outcome.erased_ms is None and not outcome.sends:
            return None
        owed = [transfers.transfer_message(sending) for sending in outcome.sends]
        if outcome.erased_ms is not None:
            steps = []
            owed.append(tombstone(contact))
        steps += outcome.steps
        result.count(steps)
        change = change_of(context, key, record, steps)
        hot = context.hot_stages.of(record)
        return change._replace(owed=[*owed, *change.owed], hot=hot, erased_ms=outcome.erased_ms)

    def _refuse(self, item: Item, error: RecordError) -> None:
        number, raw = item
        partition = raw.partition if isinstance(raw, transfers.MisplacedRecord) else self._context.partition
        origin = Origin(self._context.full_names[number], partition, raw.offset, raw.timestamp)
        self.result.dead_letters.append(dead_letter(raw.key, raw.value, raw.headers, origin, error))
        self.result.dead[number, error.reason] += 1

    def _owing_letters(self, change: Change, first: int) -> Change:
        """The change, owing the contact's dead letters too: its offsets move on, so no replay would make them again."""
        letters = self.result.dead_letters
        owed = [*letters[first:], *change.owed]
        del letters[first:]
        return change._replace(owed=owed)


def open_record(context: MicrobatchContext, key: bytes, stored: bytes | None) -> Record:
    """The contact's record; raises NewerModelNeededError."""
    if stored is None:
        record = context.scorer.blank()
        erased_at_ms = context.erased_at_ms_of(key)
        if erased_at_ms:
            record.links = IdentityLinks(erased_at_ms=erased_at_ms)
        return record
    record = decode_record(stored)
    _refuse_newer(context, record.revision)
    return record


def _refuse_newer(context: MicrobatchContext, revision: int) -> None:
    if revision > context.scorer.model.revision:
        raise NewerModelNeededError(revision, context.scorer.model.revision)


def change_of(context: MicrobatchContext, key: bytes, record: Record, steps: list[Step]) -> Change:
    """The change that writes the record and announces the steps."""
    owed: Sequence[Message] = ()
    hot = None
    if steps:
        owed = context.announcer.encode(key.decode(), steps, 0 if record.links is None else record.links.erased_at_ms)
        hot = context.hot_stages.of(record)
    is_nothing_left = record.links is not None and nothing_left(record)
    return unchecked(Change, (key, encode_record(record), record.holds_until_ms, owed, hot, None, is_nothing_left))
