"""Scanners by what they do, read from the law a second time: every window is looked at, for each act alone."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from streamprocessor.scoring.model.model import Scanners
from streamprocessor.scoring.record.facts import Event

ABSENT = object()


def scanned_by_deeds(scanners: Scanners, events: Sequence[Event], named: Set[str]) -> set[str]:
    """The ids of clicks, unsubscribes, page visits and opens that are a scanner's, whatever verdicts say.

    named: ids of events that say themselves that a scanner did them.
    """
    acts = [event for event in events if event.type in ("email_click", "unsubscribe") and message_of(event) is not None]
    scanned = [act for act in acts if act.id in named or is_scanner(scanners, act, of_its_message(act, events))]
    opened = [
        opened
        for opened in events
        if opened.type in ("page_visit", "email_open")
        and any(0 <= opened.occurred_at_ms - act.occurred_at_ms < scanners.within_ms for act in scanned)
    ]
    return {event.id for event in [*scanned, *opened]}


def is_scanner(scanners: Scanners, act: Event, events: Sequence[Event]) -> bool:
    at_ms = act.occurred_at_ms
    clicks = [event for event in events if event.type == "email_click"]
    traps = [click.occurred_at_ms for click in clicks if click.properties.get("honeypot") is True]
    if any(abs(trap_ms - at_ms) < scanners.within_ms for trap_ms in traps):
        return True
    deliveries = [event.occurred_at_ms for event in events if event.type == "email_delivered"]
    if deliveries:
        delivered_ms = min(deliveries)
        if scanners.before_delivery and at_ms + scanners.clock_tolerance_ms < delivered_ms:
            return True
        if delivered_ms <= at_ms < delivered_ms + scanners.after_delivery_ms:
            return True
    ends_ms = [click.occurred_at_ms for click in clicks] + [at_ms]
    return any(
        end_ms - scanners.within_ms < at_ms <= end_ms and links_in(clicks, end_ms, scanners) >= scanners.links
        for end_ms in ends_ms
    )


def links_in(clicks: Sequence[Event], end_ms: int, scanners: Scanners) -> int:
    inside = [click for click in clicks if end_ms - scanners.within_ms < click.occurred_at_ms <= end_ms]
    urls = [click.properties.get("url", ABSENT) for click in inside]
    return len({(isinstance(url, bool), url) for url in urls})  # true is not 1, but 1.0 is


def of_its_message(act: Event, events: Sequence[Event]) -> list[Event]:
    message = message_of(act)
    return [event for event in events if type(message_of(event)) is type(message) and message_of(event) == message]


def message_of(event: Event) -> Any:
    return event.properties.get("message")
