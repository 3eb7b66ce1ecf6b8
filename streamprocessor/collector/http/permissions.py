"""What a sender may say of what it says: the policy asked for each entry, by itself."""

from __future__ import annotations

from streamprocessor.collector.http.wire_format import DecodedEvents, RefusedItem, TopicEntry
from streamprocessor.collector.metrics import Metrics
from streamprocessor.contract.access_policy import NOT_WITH_THIS_KEY, Act, KeyKind, acts_of, is_allowed
from streamprocessor.contract.events.updates import BROWSER, RANK


def permitted(door: str, kind: KeyKind, decoded: DecodedEvents, metrics: Metrics) -> DecodedEvents:
    """The entries that may be said through this door with such a key; the others are refused, and counted.

    door: the name of the wire format. What a browser says is marked as such, but for what a signature proves.
    """
    answer = DecodedEvents(refused=list(decoded.refused))
    for entry in decoded.entries:
        act = None if entry.is_proven else _forbidden_act(door, kind, entry)
        if act is not None:
            metrics.forbidden.labels(door, kind, act).inc()
            detail = f"{act}: wanted a key that may say so; got a {kind}"
            answer.refused.append(RefusedItem(entry.position, NOT_WITH_THIS_KEY, detail))
        elif kind is KeyKind.BROWSER and not entry.is_proven:
            answer.entries.append(entry._replace(value={**entry.value, RANK: BROWSER}))
        else:
            answer.entries.append(entry)
    return answer


def _forbidden_act(door: str, kind: KeyKind, entry: TopicEntry) -> Act | None:
    """The first of what the entry says that may not be said; None: all may."""
    acts = acts_of(entry.contact_id, entry.value) if entry.act is None else (entry.act,)
    return next((act for act in acts if not is_allowed(door, kind, act)), None)
