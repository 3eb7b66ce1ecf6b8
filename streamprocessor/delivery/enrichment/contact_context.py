"""What filters and phrases ask about a contact beyond what its announcement says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from streamprocessor.contract.changelog.entry import record_of
from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.segment_membership import ShownScores, holds
from streamprocessor.contract.topic_names import SCORE_UPDATED
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import (
    MERGED_CONTACT,
    UNKNOWN_CONTACT,
    ContactContext,
    ContactFacts,
    SegmentFilter,
    SegmentMember,
)
from streamprocessor.scoring.evidence.union import attributes_of, is_suppressed
from streamprocessor.scoring.identity.erasure import is_hidden, nothing_left
from streamprocessor.scoring.model.contact_filter import ContactFilter
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.record.attribute_writes import value_at


def contact_facts_of(value: bytes | None, names: Iterable[str]) -> ContactFacts:
    """What a value of the contacts' changelog says of its contact; UNKNOWN_CONTACT where it holds nothing.

    names: of the attributes that are asked for. Raises OperatorError where a newer program wrote the value.
    """
    if value is None:
        return UNKNOWN_CONTACT
    record = decode_record(record_of(value))
    if is_hidden(record):
        return MERGED_CONTACT if record.links is not None and record.links.parent is not None else UNKNOWN_CONTACT
    if nothing_left(record):
        return UNKNOWN_CONTACT
    written = attributes_of(record)
    values = {name: value for name in names if (value := value_at(written, name)) is not None}
    erased_ms = 0 if record.links is None else record.links.erased_at_ms
    return ContactFacts(values, is_suppressed(record), erased_ms=erased_ms)


def moves(
    announcement: Announcement,
    contact_facts: ContactFacts,
    segments: Mapping[str, SegmentFilter],
    members: Mapping[tuple[str, str], SegmentMember],
) -> tuple[ContactContext, list[SegmentMember]]:
    """The context of the announcement, and who is in which segment after it.

    segments: by name. members: by key and contact, as after the announcements before; of whom none is kept, the
    announcement's previous values say where the contact was. One that comes again, or late, moves nobody.
    """
    if announcement.event != SCORE_UPDATED or not segments:
        return ContactContext(contact_facts), []
    contact_id, sequence = announcement.contact_id, int(announcement.data.get("sequence") or 0)
    now = _scores(announcement.data, before=False)
    entered, left, after = set(), set(), []
    for name, (key, condition) in segments.items():
        member = members.get((key, contact_id))
        if member is not None and sequence <= member.sequence:
            continue
        is_in = bool(now) and holds(condition, now, contact_facts.attributes, contact_facts.is_suppressed)
        was_in = _was_in(condition, announcement, contact_facts) if member is None else member.is_in
        if is_in and not was_in:
            entered.add(name)
        elif was_in and not is_in:
            left.add(name)
        after.append(SegmentMember(key, contact_id, is_in, sequence))
    return ContactContext(contact_facts, frozenset(entered), frozenset(left)), after


def _was_in(condition: ContactFilter, announcement: Announcement, contact_facts: ContactFacts) -> bool:
    if announcement.data.get("first") is True:
        return False  # a contact that begins was nowhere before
    before = _scores(announcement.data, before=True)
    return bool(before) and holds(condition, before, contact_facts.attributes, contact_facts.is_suppressed)


def _scores(data: Mapping[str, Any], before: bool) -> dict[tuple[str, str], ShownScores]:
    """The scores of a score-updated as `holds` takes them; before: as they were before its step, as far as it tells."""
    scores: dict[tuple[str, str], ShownScores] = {}
    for name, score in (data.get("scores") or {}).items():
        values = {"": score} if score is None or "values" not in score else score["values"]
        for value, one in values.items():
            shown = None if one is None else _shown(one, before)
            if shown is not None:
                scores[name, value] = shown
    return scores


def _shown(score: Mapping[str, Any], before: bool) -> ShownScores | None:
    number = score.get("previous", score.get("score")) if before else score.get("score")
    stage = score.get("previous_stage", score.get("stage")) if before else score.get("stage")
    if number is None and (stage is None or (before and "previous" in score)):
        return None
    return ShownScores(None if number is None else int(Decimal(repr(number)) * NANO), stage)
