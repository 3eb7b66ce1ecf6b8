"""Linked contacts over a network that delays, reorders and repeats their messages, with bytes between."""

from __future__ import annotations

from collections import defaultdict, deque
from random import Random

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.address_identities import identities_in
from streamprocessor.contract.events.transfers import MisplacedRecord, RetainedRecord, decode_transfer, transfer_message
from streamprocessor.scoring.identity.erasure import is_hidden, nothing_left
from streamprocessor.scoring.record.facts import AttributesWritten, InputFact
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import LINK_FACTS, SecondRecord, Transfer
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import Step

MOST_STEPS = 10_000
CONTACT_IDS = ContactIds("salt")


class LinkedContacts:
    """Contacts of partitions of their own; which of them takes how much of what is on its way is by chance.

    Each record is put away as bytes between two batches. Messages of one contact to another keep their order unless the
    network `reorders`; of one batch in four they are sent twice where it `repeats`.
    """

    def __init__(self, scorer: Scorer, chance: Random, *, reorders: bool = False, repeats: bool = True) -> None:
        self._scorer, self._chance, self._reorders, self._repeats = scorer, chance, reorders, repeats
        self._records: dict[str, bytes] = {}
        self._queues: dict[tuple[str, str], deque[InputFact | Transfer]] = defaultdict(deque)
        self.now_ms = 0
        self.steps: dict[str, list[Step]] = defaultdict(list)
        self.reasons: list[str] = []

    def deliver(self, contact: str, fact: InputFact) -> None:
        """A fact is on its way to its contact."""
        self._queues["", contact].append(fact)

    def take_one_batch(self) -> bool:
        """One contact takes some of what waits for it from one sender; whether anything was on its way."""
        waiting = [line for line, facts in self._queues.items() if facts]
        if waiting:
            self._step(*self._chance.choice(waiting))
        return bool(waiting)

    def run_until_idle(self) -> None:
        """All that is on its way arrives, and all that comes of it."""
        for _ in range(MOST_STEPS):
            if not self.take_one_batch():
                return
        raise AssertionError("the contacts never stop talking")

    def record(self, contact: str) -> Record:
        """The stored record of the contact."""
        stored = self._records.get(contact)
        return self._scorer.blank() if stored is None else decode_record(stored)

    def put(self, contact: str, record: Record) -> None:
        """The contact has this record from now on."""
        self._records[contact] = encode_record(record)

    def rivals(self) -> dict[str, set[str]]:
        """Those who are told that they share an address, each with whom."""
        told: dict[str, set[str]] = {}
        for contact in self._records:
            links = self.record(contact).links
            others = set() if links is None else {each for rivals in links.rivals.values() for each in rivals.contacts}
            if others:
                told[contact] = others
        return told

    def survivors(self) -> set[str]:
        """Those of whom something is shown, or could be."""
        records = {contact: self.record(contact) for contact in self._records}
        return {contact for contact, record in records.items() if not is_hidden(record) and not nothing_left(record)}

    def _step(self, sender: str, contact: str) -> None:
        line = self._queues[sender, contact]
        if self._reorders:
            self._chance.shuffle(line)
        batch = [line.popleft() for _ in range(self._chance.randint(1, len(line)))]
        self.now_ms = max(self.now_ms, *(fact.arrival_ms for fact in batch)) + self._chance.randint(0, 2)
        record = self.record(contact)
        links = [fact for fact in batch if isinstance(fact, LINK_FACTS)]
        facts = [fact for fact in batch if not isinstance(fact, LINK_FACTS)]
        for fact in facts:
            if isinstance(fact, AttributesWritten):
                links += identities_in(contact, fact, self._scorer.model.addresses, CONTACT_IDS)
        if not links and record.links is None:
            outcome = self._scorer.apply_in_place(record, facts)
        else:
            outcome = self._scorer.apply_with_links_in_place(contact, record, links, facts)
        if outcome.erased_ms is not None:
            self.steps[contact].clear()
        self.steps[contact] += outcome.steps
        self.reasons += [refused.reason for refused in outcome.refused]
        self.put(contact, record)
        for _ in range(2 if self._repeats and self._chance.random() < 0.25 else 1):
            for sending in outcome.sends:
                message = transfer_message(sending)
                assert message.value is not None
                addressed = decode_transfer(sending.to, message.value, [], self.now_ms)
                assert not isinstance(addressed, SecondRecord | MisplacedRecord | RetainedRecord)
                self._queues[contact, sending.to].append(addressed)
