"""One act, one event: a form submission that repeats another one counts for nothing, as a duplicate does.

A submission repeats one of the same contact with equal properties that counts and occurred at most ten seconds before
it, in the order of (occurred_at, id): a double click, a form posted twice. One that a scanner made counts for nothing,
so it is repeated by none. What has occurred once more after those ten seconds is an act of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b
from typing import Any

from streamprocessor.scoring.canonical import canonical
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.facts import SCANNER

FORM_SUBMISSION = "form_submission"

ACT = "="
"""Stands among the paths of a stored form submission: the hash of its properties, by which a repeat is known."""

REPEATED_WITHIN_MS = 10_000

SLOT_BYTES, TIME_BYTES = 8, 8

_OF_TRACKERS = "contexts"
"""Of Snowplow: it numbers the visitor's events there."""

_TYPED = "fields"
_OF_THE_PAGE = frozenset({"url", "path", "referrer", "title"})
"""Where a form stood, which one door knows and another doesn't: what was typed into it tells the act."""


def act_of(properties: Mapping[str, Any]) -> int:
    """The hash of a form submission's properties, 64 bits.

    What trackers add by themselves to each event is left out, for it differs: names that begin with $, and `contexts`;
    and so is the page, where the submission has the fields that were filled in.
    """
    left_out = _OF_THE_PAGE if properties.get(_TYPED) else frozenset()
    compared = {
        name: value
        for name, value in properties.items()
        if name[:1] != "$" and name != _OF_TRACKERS and name not in left_out
    }
    text = canonical(compared)
    return int.from_bytes(
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=SLOT_BYTES).digest(), "big", signed=True
    )


def act_slot_of(event: StoredEvent) -> bytes | None:
    """The key and time under which a form submission stands among `slots` while it counts; None: its act is not known.

    Submissions that were stored before acts were known have none, and neither have other events.
    """
    act = event.properties.get(ACT)
    if act is None or event.type != FORM_SUBMISSION:
        return None
    at_ms = event.occurred_at_ms
    key: bytes = act.to_bytes(SLOT_BYTES, "big", signed=True)
    return key + at_ms.to_bytes(TIME_BYTES, "big", signed=True)


def is_repeat(slots: bytes, act_slot: bytes) -> bool | None:
    """Whether a new submission repeats one that counts; None: it may be repeated by one that counted until now.

    slots: of all that counts; act_slot: of the new submission, not among them yet.
    """
    key, at_ms = act_slot[:SLOT_BYTES], _time_of(act_slot)
    is_repeated = False
    place = slots.find(key)
    while place >= 0:
        if place % (SLOT_BYTES + TIME_BYTES) == 0:
            age_ms = at_ms - _time_of(slots[place : place + SLOT_BYTES + TIME_BYTES])
            if 0 < age_ms <= REPEATED_WITHIN_MS:
                return True  # what comes after it is a repeat of the same one, or was none of this one
            is_repeated = is_repeated or -REPEATED_WITHIN_MS <= age_ms <= 0
        place = slots.find(key, place + 1)
    return None if is_repeated else False


def find_repeats(
    events: Iterable[StoredEvent], verdicts: Mapping[str, tuple[int, str, str, int]], by_scanner: Collection[str]
) -> tuple[dict[str, str], bytes]:
    """The id of each submission that repeats another one, with that one's id; and the slots of those that count.

    events: in order of (occurred_at, id). by_scanner: ids of those that what was done shows to be a scanner's.
    """
    repeats: dict[str, str] = {}
    slots: list[bytes] = []
    counting: dict[bytes, StoredEvent] = {}
    for event in events:
        if event.type != FORM_SUBMISSION or (slot := act_slot_of(event)) is None:
            continue
        id_ = event.id
        if (verdicts[id_][2] if id_ in verdicts else SCANNER if id_ in by_scanner else event.actor) == SCANNER:
            continue
        first = counting.get(slot[:SLOT_BYTES])
        if first is not None and event.occurred_at_ms - first.occurred_at_ms <= REPEATED_WITHIN_MS:
            repeats[id_] = first.id
        else:
            counting[slot[:SLOT_BYTES]] = event
            slots.append(slot)
    return repeats, b"".join(slots)


def _time_of(slot: bytes) -> int:
    return int.from_bytes(slot[SLOT_BYTES:], "big", signed=True)
