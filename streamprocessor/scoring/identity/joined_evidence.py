"""What is news of the evidence that a linked contact sent."""

from __future__ import annotations

from collections.abc import Sequence

from streamprocessor.scoring.identity.linking_outcome import LinkingOutcome
from streamprocessor.scoring.model.model import NO_NEWS
from streamprocessor.scoring.record.evidence import KEPT_AGAIN, StoredEvent
from streamprocessor.scoring.record.links import EvidenceSource


def note_joined(
    outcome: LinkingOutcome, known: Sequence[EvidenceSource], sources: Sequence[EvidenceSource], link_age_ms: int
) -> None:
    """Note which events came that were not known, and how fresh they are.

    known: what the same contact had sent before. What it read again since is no news.
    link_age_ms: how old the link is: as fresh as that is evidence without new events.
    """
    before = {event.id: event for source in known for event in source.evidence.events()}
    events = [event for source in sources for event in source.evidence.events()]
    new_events = [event for event in events if event.id not in before]
    outcome.joined_ids.update(event.id for event in new_events)
    retained = [event for event in events if _is_read_again_since(event, before.get(event.id))] if known else []
    news = [event for event in new_events if event not in retained] if retained else new_events
    outcome.is_forwarded = outcome.is_forwarded or (bool(before) and bool(news))
    outcome.is_retained = bool(retained) and not news and outcome.news_age_ms is None
    ages_ms = [event.arrival_ms - event.occurred_at_ms for event in news]
    age_ms = min(ages_ms, default=NO_NEWS if retained else link_age_ms)
    outcome.news_age_ms = age_ms if outcome.news_age_ms is None else min(outcome.news_age_ms, age_ms)


def _is_read_again_since(event: StoredEvent, known: StoredEvent | None) -> bool:
    """Whether evidence has more of the event because it was read again, which it was not as it came the last time."""
    again_ms = event.properties.get(KEPT_AGAIN, 0)
    return bool(again_ms) and (known is None or known.properties.get(KEPT_AGAIN, 0) < again_ms)
