"""Contact updates: what is learned of a contact otherwise than by events."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract import reasons
from streamprocessor.contract.fields import ACTORS, check_contact, content_key, held_to_arrival, id_of, instant_ms_of
from streamprocessor.contract.json_text import kind_of
from streamprocessor.errors import RecordError
from streamprocessor.scoring.facts import AttributesWritten, Fact, SuppressionChanged, Verdict

UPDATES = ("attributes", "suppressed", "verdict")
LATER_UPDATES = ("identify", "merge", "unmerge", "erase", "do_not_score")


def decode_update(body: dict[str, Any], contact: str, arrival_ms: int) -> Fact:
    """The contact update that an object spells; raises RecordError where it says nothing that can be applied."""
    check_contact(body.get("contact_id"), contact)
    update = body.get("update")
    if update not in UPDATES:
        raise _no_update(update)
    payload = _payload_of(update, body)
    said_ms = instant_ms_of(body.get("occurred_at"), "occurred_at")
    if said_ms is None:
        said_ms = arrival_ms
    occurred_at_ms = held_to_arrival(said_ms, arrival_ms)
    update_id = id_of(body.get("id")) or content_key([update, contact, said_ms, payload])
    if update == "attributes":
        return AttributesWritten(update_id, occurred_at_ms, arrival_ms, payload)
    if update == "suppressed":
        return SuppressionChanged(update_id, occurred_at_ms, arrival_ms, payload)
    event_id, actor = payload
    return Verdict(update_id, occurred_at_ms, arrival_ms, event_id, actor)


def _payload_of(update: str, body: dict[str, Any]) -> Any:
    if update == "verdict":
        event_id = id_of(body.get("event_id"))
        actor = body.get("actor")
        if event_id is None or actor not in ACTORS:
            wanted = f"event_id, and actor one of {', '.join(ACTORS)}"
            raise RecordError(reasons.BAD_UPDATE, f"verdict: wanted {wanted}; got another")
        return event_id, actor
    payload = body.get(update)
    if type(payload) is not (dict if update == "attributes" else bool):
        kind = "an object" if update == "attributes" else "true or false"
        raise RecordError(reasons.BAD_UPDATE, f"{update}: wanted {kind}; got {kind_of(payload)}")
    return payload


def _no_update(said: object) -> RecordError:
    if said in LATER_UPDATES:
        return RecordError(
            reasons.UNSUPPORTED_UPDATE, f"update: '{said}' is not applied by this version; resend it later"
        )
    got = repr(said)[:60] if isinstance(said, str) else kind_of(said)
    return RecordError(reasons.UNKNOWN_UPDATE, f"update: wanted one of {', '.join(UPDATES)}; got {got}")
