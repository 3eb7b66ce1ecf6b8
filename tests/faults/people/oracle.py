"""What is true of a person, from the person: no ids, no events, no merges, nothing of how anybody was told."""

from __future__ import annotations

from typing import NamedTuple

from tests.faults.people.people import (
    DAY_MS,
    UNSUBSCRIBED,
    Clicked,
    Opened,
    OptedIn,
    OptedOut,
    Ordered,
    Person,
    Submitted,
    Visited,
)


class Truth(NamedTuple):
    """What a subscriber must believe. unrounded: points at the instant, by the words of model.yaml."""

    unrounded: float
    is_suppressed: bool
    name: str | None
    company: str | None


def truth_of(person: Person, at_ms: int) -> Truth:
    """What is true of the person at the instant."""
    return Truth(
        _mails(person, at_ms) + _pages(person) + _forms(person) + _orders(person) + _leaving(person) + _firm(person),
        _is_suppressed(person),
        person.name if person.is_known else None,
        person.firms[-1][1] if person.firms else None,
    )


def _mails(person: Person, at_ms: int) -> float:
    """A point for each mail that she opened herself, five for each link that she followed herself; they fade."""
    opened: dict[str, int] = {}
    followed: dict[str, int] = {}
    for act in person.acts:
        if isinstance(act, Opened) and not act.by_proxy:
            opened[act.message] = min(act.at_ms, opened.get(act.message, act.at_ms))
        if isinstance(act, Clicked):
            followed[act.link] = min(act.at_ms, followed.get(act.link, act.at_ms))
    return sum(_faded(1, since_ms, at_ms) for since_ms in opened.values()) + sum(
        _faded(5, since_ms, at_ms) for since_ms in followed.values()
    )


def _faded(points: float, since_ms: int, at_ms: int) -> float:
    return float(points * 0.5 ** ((at_ms - since_ms) / (30 * DAY_MS)))


def _pages(person: Person) -> float:
    paths = [act.path for act in person.acts if isinstance(act, Visited)]
    return 2 * len(paths) + min(30, 10 * paths.count("/pricing")) + (4 if len(paths) >= 3 else 0)


def _forms(person: Person) -> float:
    """25 for each form sent, however often its button was clicked."""
    return sum(25 for act in person.acts if isinstance(act, Submitted))


def _orders(person: Person) -> float:
    cents = [act.cents for act in person.acts if isinstance(act, Ordered)]
    spent = sum(cents)
    return sum(min(50, each / 1000) for each in cents) + (15 if spent >= 500_00 else 5 if spent >= 100_00 else 0)


def _leaving(person: Person) -> float:
    return -20 if any(isinstance(act, OptedOut) and act.how == UNSUBSCRIBED for act in person.acts) else 0


def _firm(person: Person) -> float:
    firm = person.firms[-1][1] if person.firms else None
    return 7 if firm is not None and firm.endswith("GmbH") else 0


def _is_suppressed(person: Person) -> bool:
    words = [act for act in person.acts if isinstance(act, OptedOut | OptedIn)]
    return bool(words) and isinstance(max(words, key=lambda act: act.at_ms), OptedOut)
