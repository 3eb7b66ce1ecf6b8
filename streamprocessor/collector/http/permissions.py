"""What a sender may say of what it says: the policy asked for each entry, by itself."""

from __future__ import annotations

from streamprocessor.collector.http.wire_format import DecodedEvents, RefusedItem, TopicEntry
from streamprocessor.collector.metrics import Metrics
from streamprocessor.contract.access_policy import (
    DOORS,
    NOT_WITH_THIS_KEY,
    Act,
    KeyKind,
    act_of_event,
    acts_of,
    allowed,
)
from streamprocessor.contract.events.updates import BROWSER, RANK
from streamprocessor.errors import RecordError


def permitted(
    door: str, kind: KeyKind, decoded: DecodedEvents, metrics: Metrics
) -> tuple[list[TopicEntry], list[RefusedItem]]:
    """The entries that may be said through this door with such a key, and all refused items; what may not is counted.

    door: the name of the wire format. What a browser says is marked as such, but for what a signature proves. Where a
    browser may not say of a known contact that nobody may write to it, it says so of the visitor that it names.
    """
    may, is_public = allowed(door, kind), kind is KeyKind.BROWSER
    if not is_public and may == DOORS[door].says:
        return decoded.entries, decoded.refused
    entries, refused = list[TopicEntry](), list(decoded.refused)
    for entry in decoded.entries:
        if entry.is_proven:
            entries.append(entry)
            continue
        try:
            acts = acts_of(entry.contact_id, entry.value) if entry.act is None else (entry.act,)
        except RecordError as error:
            refused.append(RefusedItem(entry.position, error.reason, error.detail))
            continue
        if is_public and Act.OPT_OUT in acts and entry.visitor is not None:
            entry = entry._replace(contact_id=entry.visitor, value={**entry.value, "contact_id": entry.visitor})
            acts = (act_of_event(entry.contact_id, entry.value),)
        forbidden = next((act for act in acts if act not in may), None)
        if forbidden is None:
            entries.append(entry._replace(value={**entry.value, RANK: BROWSER}) if is_public else entry)
        else:
            metrics.forbidden.labels(door, kind, forbidden).inc()
            detail = f"{forbidden}: wanted a key that may say so; got a {kind}"
            refused.append(RefusedItem(entry.position, NOT_WITH_THIS_KEY, detail))
    return entries, refused
