"""Contacts that tell each other what they know, over a network that delays, reorders and repeats, and bytes between."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streamprocessor.contract.records import decode_record, encode_record
from streamprocessor.contract.transfers import decode_transfer, transfer_message
from streamprocessor.scoring.facts import Fact, Said
from streamprocessor.scoring.gone import is_gone, is_silent
from streamprocessor.scoring.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps import Step
from streamprocessor.scoring.transfers import LINK_FACTS, Transfer

MOST_MESSAGES = 5_000

#: Which of so many waiting messages comes next.
Choose = Callable[[int], int]


class Network:
    """Records by contact, as bytes, and the messages that are on their way to them."""

    def __init__(self, scorer: Scorer, choose: Choose, *, repeats: bool = True) -> None:
        self._scorer, self._choose, self._repeats = scorer, choose, repeats
        self._records: dict[str, bytes] = {}
        self._lives: dict[str, int] = {}
        self._waiting: list[tuple[str, bytes]] = []
        self.steps: dict[str, list[Step]] = {}
        self.reasons: list[str] = []

    def say(self, contact: str, fact: Said) -> None:
        """A fact reaches its contact; messages go out."""
        self._take(contact, fact)

    def deliver_one(self) -> bool:
        """One of the waiting messages arrives, and now and then it will come again."""
        if not self._waiting:
            return False
        place = self._choose(len(self._waiting))
        contact, value = self._waiting[place]
        if self._choose(4) or not self._repeats:
            del self._waiting[place]
        self._take(contact, decode_transfer(contact, value, [], self.now_ms))
        return True

    now_ms = 0

    def settle(self) -> None:
        """All messages arrive."""
        for _ in range(MOST_MESSAGES):
            if not self.deliver_one():
                return
        raise AssertionError("the contacts never stop talking")

    def record(self, contact: str) -> Record:
        stored = self._records.get(contact)
        record = self._scorer.blank() if stored is None else decode_record(stored)
        return record

    def put(self, contact: str, record: Record) -> None:
        """The contact has this record from now on."""
        self._records[contact] = encode_record(record)

    def survivors(self) -> set[str]:
        """Those of whom something is shown, or could be."""
        return {
            contact
            for contact in self._records
            if not is_silent(self.record(contact)) and not is_gone(self.record(contact))
        }

    def _take(self, contact: str, fact: Said | Transfer) -> None:
        record = self.record(contact)
        self.now_ms = max(self.now_ms, fact.arrival_ms)
        if isinstance(fact, LINK_FACTS):
            outcome = self._scorer.settle(contact, record, [fact], [])
        elif record.bonds is not None:
            outcome = self._scorer.settle(contact, record, [], [fact])
        else:
            outcome = self._scorer.apply(record, [fact])
        self._records[contact] = encode_record(record)
        self.steps.setdefault(contact, []).extend(outcome.steps)
        self.reasons += [refused.reason for refused in outcome.refused]
        for sending in outcome.sends:
            message = transfer_message(sending)
            assert message.value is not None
            self._waiting.append((sending.to, message.value))


def told(network: Network, words: Sequence[tuple[str, Fact]], choose: Choose) -> Network:
    """The network after all words; between them messages arrive as `choose` likes, in the end all do."""
    for contact, fact in words:
        network.say(contact, fact)
        for _ in range(choose(3)):
            network.deliver_one()
    network.settle()
    return network
