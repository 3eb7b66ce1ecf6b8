"""How much is measured: the whole bench, or the same bench made small."""

from __future__ import annotations

from dataclasses import dataclass

FULL_EVENTS = 600_000
PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of all parts. events: of the busy topics, spread over `contacts`. stock_events: how many of them stock
    Faust gets. idle_contacts: one event each. endless_events: of one contact. latency_rates: events/s. known_contacts:
    in the read model; rebuilt_contacts: those of them that come to it from Kafka. session_timeout_seconds: of
    workers that are killed."""

    events: int
    contacts: int
    stock_events: int
    idle_contacts: int
    endless_events: int
    idle_windows: int
    window_seconds: float
    latency_rates: tuple[int, ...]
    latency_seconds: float
    known_contacts: int
    rebuilt_contacts: int
    session_timeout_seconds: float


def scale_of(events: int, known_contacts: int | None = None) -> Scale:
    """The whole bench at FULL_EVENTS; below it everything shrinks with the events, above it only they grow.

    known_contacts: of the read model, where they are not to shrink with the events.
    """
    share = min(1.0, events / FULL_EVENTS)
    known = known_contacts or max(1_000, round(1_000_000 * share))
    return Scale(
        events=events,
        contacts=max(50, round(20_000 * share)),
        stock_events=min(events, max(500, round(30_000 * share))),
        idle_contacts=max(1_000, round(200_000 * share)),
        endless_events=max(2_000, round(1_000_000 * share)),
        idle_windows=3,
        window_seconds=max(1.0, 20 * share),
        latency_rates=tuple(max(200, round(rate * share)) for rate in (2_000, 10_000)),
        latency_seconds=max(2.0, 15 * share),
        known_contacts=known,
        rebuilt_contacts=min(200_000, known // 2),
        session_timeout_seconds=max(10.0, 45 * share),
    )
