"""Contact updates, decoded: attributes, identities, suppression, objection, verdicts, erasure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.event_fields import (
    ACTORS,
    bounded_by_arrival,
    check_contact,
    contact_of,
    content_key,
    id_of,
    instant_ms_of,
    kept_contact_of,
)
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.errors import RecordError
from streamprocessor.scoring.record.facts import (
    BROWSER_ONCE_RANK,
    BROWSER_RANK,
    SERVER_ONCE_RANK,
    SERVER_RANK,
    AttributesWritten,
    Erased,
    InputFact,
    Merged,
    ObjectionChanged,
    SuppressionChanged,
    Unmerged,
    Verdict,
)

#: The field of an update's payload; None: it needs none.
_PAYLOADS = {
    "attributes": "attributes",
    "suppressed": "suppressed",
    "do_not_score": "do_not_score",
    "identify": "anonymous_id",
    "merge": "from",
    "unmerge": "from",
    "verdict": None,
    "erase": None,
}
UPDATES = tuple(_PAYLOADS)
_TAKE_IN = ("identify", "merge")
_TAKE_AWAY = ("unmerge", "erase", "do_not_score")

ONCE = "once"
"""The field that says that `attributes` are written only where nobody else wrote them."""

ANNOUNCE = "announce"
"""The field that says whether `attributes` that make the contact a hot lead have it announced; without it: they do."""

RANK, BROWSER = "rank", "browser"
"""The field that says how far `attributes` and `identify` are trusted, and its only value; without it: as any other."""


def decode_update(body: dict[str, Any], contact: str, arrival_ms: int) -> InputFact:
    """The contact update that an object spells; raises RecordError where nothing in it can be applied."""
    check_contact(body.get("contact_id"), contact)
    update = body.get("update")
    if type(update) is not str or update not in _PAYLOADS:
        expected = f"one of {', '.join(UPDATES)}"
        raise RecordError(reason_codes.UNKNOWN_UPDATE, f"update: wanted {expected}; got {shown_value(update)}")
    payload = _payload_of(update, body)
    stated_ms = instant_ms_of(body.get("occurred_at"), "occurred_at")
    if stated_ms is None:
        stated_ms = arrival_ms
    occurred_at_ms = bounded_by_arrival(stated_ms, arrival_ms)
    update_id = id_of(body.get("id")) or content_key([update, contact, stated_ms, payload])
    fact = _fact(update, payload, (update_id, occurred_at_ms, arrival_ms))
    if RANK in body and update in ("attributes", "identify"):
        assert isinstance(fact, AttributesWritten | Merged)
        fact = fact._replace(rank=_rank_of(body[RANK]))
    if update != "attributes":
        return fact
    if not _flag(body, ANNOUNCE, absent=True):
        assert isinstance(fact, AttributesWritten)
        fact = fact._replace(announces=False)
    return _once(fact) if _flag(body, ONCE, absent=False) else fact


def _flag(body: dict[str, Any], word: str, *, absent: bool) -> bool:
    value = body.get(word)
    if value is None:
        return absent
    if type(value) is not bool:
        raise RecordError(reason_codes.BAD_UPDATE, f"{word}: wanted true or false; got {kind_of(value)}")
    return value


def _once(fact: InputFact) -> InputFact:
    assert isinstance(fact, AttributesWritten)
    return fact._replace(rank=BROWSER_ONCE_RANK if fact.rank == BROWSER_RANK else SERVER_ONCE_RANK)


def _rank_of(value: object) -> int:
    if value is None:
        return SERVER_RANK
    if value != BROWSER:
        raise RecordError(reason_codes.BAD_UPDATE, f"{RANK}: wanted '{BROWSER}' or none; got another")
    return BROWSER_RANK


def _fact(update: str, payload: Any, common: tuple[str, int, int]) -> InputFact:
    if update == "attributes":
        return AttributesWritten(*common, payload)
    if update == "suppressed":
        return SuppressionChanged(*common, payload)
    if update == "verdict":
        return Verdict(*common, *payload)
    if update == "unmerge":
        return Unmerged(*common, payload)
    if update == "erase":
        return Erased(*common)
    if update == "do_not_score":
        return ObjectionChanged(*common, payload)
    return Merged(*common, payload, update == "identify")


def _payload_of(update: str, body: dict[str, Any]) -> Any:
    if update == "verdict":
        event_id = id_of(body.get("event_id"))
        actor = body.get("actor")
        if event_id is None or actor not in ACTORS:
            expected = f"event_id, and actor one of {', '.join(ACTORS)}"
            raise RecordError(reason_codes.BAD_UPDATE, f"verdict: wanted {expected}; got another")
        return event_id, actor
    word = _PAYLOADS[update]
    if word is None:
        return None
    payload = body.get(word)
    if update in ("identify", "merge", "unmerge"):
        return _other_contact(payload, f"{update}.{word}", contact_of if update in _TAKE_IN else kept_contact_of)
    if type(payload) is not (dict if update == "attributes" else bool):
        kind = "an object" if update == "attributes" else "true or false"
        raise RecordError(reason_codes.BAD_UPDATE, f"{word}: wanted {kind}; got {kind_of(payload)}")
    return payload


def contact_of_update(update: object, key: bytes) -> str:
    """The contact of a record with this word of an update, None for an event; raises RecordError as contact_of does.

    What an update takes away may have been kept under an id that stands for nobody.
    """
    return kept_contact_of(key) if update in _TAKE_AWAY else contact_of(key)


def _other_contact(value: object, where: str, id_of_key: Callable[[bytes], str]) -> str:
    """The id of another contact, as a text."""
    text = str(value) if type(value) is int else value
    if type(text) is not str or not text:
        raise RecordError(reason_codes.BAD_UPDATE, f"{where}: wanted the id of a contact; got {kind_of(value)}")
    try:
        return id_of_key(text.encode())
    except (RecordError, UnicodeEncodeError) as error:
        if isinstance(error, RecordError) and error.reason == reason_codes.PLACEHOLDER_ID:
            raise
        raise RecordError(
            reason_codes.BAD_UPDATE, f"{where}: wanted the id of a contact; got one that can't be"
        ) from error
