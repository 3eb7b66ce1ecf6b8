"""One contact as it goes on in a second table: what was announced is its former record's, its evidence is of both."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from streamprocessor.contract.messages.announcements import Announcer
from streamprocessor.contract.messages.message import Message
from streamprocessor.scoring.evidence.second_reading import (
    Addition,
    add_reading_in_place,
    has_all_of,
    is_single,
    take_words_in_place,
)
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.suppression import last_word
from streamprocessor.scoring.scorer import Scorer


class EvidenceOrigin(StrEnum):
    """Where the evidence of a contact in a second table is from."""

    SAME = "as they were"
    ENRICHED = "with evidence that they had not"
    LONGER = "with evidence that is older than the topics"
    READ_AGAIN = "made of the topics, which hold also what is in sums"
    COMPACTED = "kept as they were, as the topics hold not all that is in sums"
    LINKED = "kept as they were, with links to others, objections or erasures"
    TOPICS = "made of the topics"
    ANNOUNCED = "of whom the topics hold nothing, and only announcements say that they were there"


class CarriedContact(NamedTuple):
    """A contact for the second table.

    owed: the announcement of the step that its evidence makes of it, if any.
    """

    record: Record
    owed: Sequence[Message]
    origin: EvidenceOrigin


class ContactCarrier:
    """Carries contacts over, under one model and one identity of announcements."""

    def __init__(
        self,
        scorer: Scorer,
        announcer: Announcer,
        *,
        from_topics_only: bool = False,
        is_table_lost: bool = False,
        is_step_later: bool = False,
    ) -> None:
        """from_topics_only: the evidence is what the topics hold, whatever the former record knows.

        is_table_lost: former records tell what was announced, and nothing else. is_step_later: a revision of the model
        follows, by which workers score and announce each contact.
        """
        self._scorer = scorer
        self._plan = compile_model(scorer.model)
        self._announcer = announcer
        self._from_topics_only = from_topics_only or is_table_lost
        self._is_table_lost = is_table_lost
        self._is_step_later = is_step_later

    def carried(self, contact: str, former: Record | None, reading: Record | None) -> CarriedContact | None:
        """The contact as it goes on; None: nothing is known of it. Both records may be changed.

        former: what was stored, or else announced, of it; reading: what the topics hold.
        """
        if former is None:
            if reading is None:
                return None
            return self._carried(contact, reading, self._scorer.blank(), EvidenceOrigin.TOPICS)
        if former.links is not None and not self._is_table_lost:  # it says, too, what the person forbids
            return CarriedContact(former, (), EvidenceOrigin.LINKED)
        if self._from_topics_only:
            origin = EvidenceOrigin.ANNOUNCED if reading is None else EvidenceOrigin.TOPICS
            return self._carried(contact, reading or self._scorer.blank(), former, origin)
        if reading is not None and reading.links is not None:
            return CarriedContact(former, (), EvidenceOrigin.LINKED)
        if reading is None:
            return CarriedContact(former, (), EvidenceOrigin.LONGER)
        if not (is_single(former) and is_single(reading)):
            if not has_all_of(self._plan, reading, former):
                return CarriedContact(former, (), EvidenceOrigin.COMPACTED)
            take_words_in_place(contact, reading, former)
            return self._carried(contact, reading, former, EvidenceOrigin.READ_AGAIN)
        addition = add_reading_in_place(contact, former, reading)
        owed = self._step(contact, former) if addition.is_any else ()
        return CarriedContact(former, owed, _origin_of(addition))

    def _carried(self, contact: str, record: Record, former: Record, origin: EvidenceOrigin) -> CarriedContact:
        """The record, going on from what was announced by the former one."""
        record.sequence, record.shown, record.values = former.sequence, former.shown, former.values
        counted = record.episodes if self._is_table_lost and former.sequence else {}
        record.episodes = counted | former.episodes
        record.at_ms = max(record.at_ms, former.at_ms)
        record.offsets = former.offsets or record.offsets
        record.suppressed = last_word(record.suppressed, former.suppressed)
        return CarriedContact(record, self._step(contact, record), origin)

    def _step(self, contact: str, record: Record) -> list[Message]:
        """What announces the contact as its evidence has it, where that is not what was announced last."""
        if self._is_step_later:
            return []
        record.revision = min(record.revision, self._scorer.model.revision - 1)
        steps = self._scorer.migrate_in_place(record, record.at_ms)
        erased_at_ms = 0 if record.links is None else record.links.erased_at_ms
        return self._announcer.encode(contact, steps, erased_at_ms) if steps else []


def _origin_of(addition: Addition) -> EvidenceOrigin:
    if addition.is_missing_some:
        return EvidenceOrigin.LONGER
    return EvidenceOrigin.ENRICHED if addition.is_any else EvidenceOrigin.SAME
