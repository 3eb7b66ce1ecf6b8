"""What filters and wording ask about a contact beyond what its announcement says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from streamprocessor.contract.changelog.entry import record_of
from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.messages.announcements import SCORE_UPDATED
from streamprocessor.contract.segment_membership import Shown, holds
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import NOBODY, Circumstances, KnownSegment, Member, Person
from streamprocessor.scoring.evidence.union import attributes_of, is_suppressed
from streamprocessor.scoring.identity.erasure import is_gone, is_silent
from streamprocessor.scoring.model.contact_filter import ContactFilter
from streamprocessor.scoring.model.model import NANO


def person_of(value: bytes | None, names: Iterable[str]) -> Person:
    """What a value of the contacts' changelog says of a person; NOBODY where nothing is kept of the contact.

    names: of the attributes that are asked for. Raises OperatorError where a newer program wrote the value.
    """
    if value is None:
        return NOBODY
    record = decode_record(record_of(value))
    if is_silent(record) or is_gone(record):
        return NOBODY
    written = attributes_of(record)
    found = {name: written[name][0] for name in names if name in written and written[name][0] is not None}
    return Person(found, is_suppressed(record))


def moves(
    announcement: Announcement,
    person: Person,
    segments: Mapping[str, KnownSegment],
    members: Mapping[tuple[str, str], Member],
) -> tuple[Circumstances, list[Member]]:
    """The circumstances of the announcement, and who is in which segment after it.

    segments: by name. members: by key and contact, as after the announcements before; of whom none is kept, the
    announcement's previous values say where the contact was. One that comes again, or late, moves nobody.
    """
    if announcement.event != SCORE_UPDATED or not segments:
        return Circumstances(person), []
    contact_id, sequence = announcement.contact_id, int(announcement.data.get("sequence") or 0)
    now = _scores(announcement.data, before=False)
    entered, left, after = set(), set(), []
    for name, (key, wanted) in segments.items():
        member = members.get((key, contact_id))
        if member is not None and sequence <= member.sequence:
            continue
        is_in = bool(now) and holds(wanted, now, person.attributes, person.is_suppressed)
        was_in = _was_in(wanted, announcement, person) if member is None else member.is_in
        if is_in and not was_in:
            entered.add(name)
        elif was_in and not is_in:
            left.add(name)
        after.append(Member(key, contact_id, is_in, sequence))
    return Circumstances(person, frozenset(entered), frozenset(left)), after


def _was_in(wanted: ContactFilter, announcement: Announcement, person: Person) -> bool:
    before = _scores(announcement.data, before=True)
    return bool(before) and holds(wanted, before, person.attributes, person.is_suppressed)


def _scores(data: Mapping[str, Any], before: bool) -> dict[tuple[str, str], Shown]:
    """The scores of a score-updated as `holds` takes them; before: as they were before its step, as far as it tells."""
    found: dict[tuple[str, str], Shown] = {}
    for name, said in (data.get("scores") or {}).items():
        values = {"": said} if said is None or "values" not in said else said["values"]
        for value, one in values.items():
            shown = None if one is None else _shown(one, before)
            if shown is not None:
                found[name, value] = shown
    return found


def _shown(said: Mapping[str, Any], before: bool) -> Shown | None:
    number = said.get("previous", said.get("score")) if before else said.get("score")
    stage = said.get("previous_stage", said.get("stage")) if before else said.get("stage")
    if number is None and (stage is None or (before and "previous" in said)):
        return None
    return Shown(None if number is None else int(Decimal(repr(number)) * NANO), stage)
