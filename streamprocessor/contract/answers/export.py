"""The export of one contact: all stored data as JSON, which a person may demand."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.answers.contact_answer import contact_answer
from streamprocessor.contract.answers.suppression_answer import suppression_answer
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.scoring.evidence.union import attributes_of, is_suppressed, verdicts_of
from streamprocessor.scoring.record.attribute_writes import rank_of
from streamprocessor.scoring.record.evidence import Compacted, StoredEvent
from streamprocessor.scoring.record.facts import BROWSER_ONCE_RANK, BROWSER_RANK, SERVER_ONCE_RANK
from streamprocessor.scoring.record.links import NEVER, EvidenceSource, IdentityLinks
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer


def exported(scorer: Scorer, record: Record, contact_id: str, at_ms: int) -> dict[str, Any]:
    """All of the record, with the scores at at_ms and what they are made of in the shape of `score --json`.

    evidence: single events, of each the fields that rules can ask for, and the id under which it came.
    earlier: older events, compacted, and the id under which they came.
    merged_into: the contact that this id was merged into, which has the scores; null: it stands for itself.
    erased_at: the instant from which on data is stored; null: nothing was ever erased.
    """
    answered = contact_answer(scorer, record, contact_id, at_ms)
    links = record.links or IdentityLinks()
    sources = [_own(contact_id, record), *links.sources()]
    return answered | {
        "merged_into": links.parent and links.parent[0],
        "merged_from": sorted(source.id for source in links.sources()),
        "do_not_score": links.objected[0],
        "erased_at": format_rfc3339(links.erased_at_ms) if links.erased_at_ms else None,
        "attributes": {name: _written(write) for name, write in sorted(attributes_of(record).items())},
        "suppressed": is_suppressed(record),
        "suppression": suppression_answer(record),
        "evidence": [_event(source.id, event) for source in sources for event in _in_order(source)],
        "earlier": [_earlier(source.id, source.compacted) for source in sources if source.compacted is not None],
        "verdicts": [_verdict(event_id, verdict) for event_id, verdict in sorted(verdicts_of(record).items())],
        "episodes": {name: _episode(*episode) for name, episode in sorted(record.episodes.items())},
        "steps_announced": record.sequence,
        "model_revision": record.revision,
    }


def _own(contact_id: str, record: Record) -> EvidenceSource:
    """The evidence that came under the contact's own id."""
    return EvidenceSource(contact_id, "", NEVER, evidence=record.evidence, compacted=record.compacted)


def _written(write: list[Any]) -> dict[str, Any]:
    value, occurred_at_ms, id_ = write[:3]
    rank = rank_of(write)
    of_browser = {"rank": "browser"} if rank in (BROWSER_RANK, BROWSER_ONCE_RANK) else {}
    once = {"once": True} if rank in (BROWSER_ONCE_RANK, SERVER_ONCE_RANK) else {}
    return {"value": value, "occurred_at": format_rfc3339(occurred_at_ms), "id": id_, **of_browser, **once}


def _in_order(source: EvidenceSource) -> list[StoredEvent]:
    return sorted(source.evidence.events(), key=lambda event: (event.occurred_at_ms, event.id))


def _event(came_under: str, event: StoredEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "occurred_at": format_rfc3339(event.occurred_at_ms),
        "arrival": format_rfc3339(event.arrival_ms),
        "class": event.actor,
        "kept": event.properties,
        "came_under": came_under,
    }


def _earlier(came_under: str, compacted: Compacted) -> dict[str, Any]:
    return {
        "newest": format_rfc3339(compacted.newest_ms),
        "events": {rule: compacted_rule.count for rule, compacted_rule in sorted(compacted.rules.items())},
        "last_of_type": {type_: format_rfc3339(last_ms) for type_, last_ms in sorted(compacted.last_ms.items())},
        "came_under": came_under,
    }


def _verdict(event_id: str, verdict: tuple[int, str, str, int]) -> dict[str, Any]:
    occurred_at_ms, id_, actor, _ = verdict
    return {"event_id": event_id, "class": actor, "occurred_at": format_rfc3339(occurred_at_ms), "id": id_}


def _episode(number: int, announced_at_ms: int | None) -> dict[str, Any]:
    return {"episode": number, "announced_at": None if announced_at_ms is None else format_rfc3339(announced_at_ms)}
