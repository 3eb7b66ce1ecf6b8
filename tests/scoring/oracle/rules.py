"""What each rule is worth at an instant, read from SCORING.md a second time, slowly, in 50 digits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from functools import partial, wraps
from typing import NamedTuple, ParamSpec, TypeVar

from streamprocessor.scoring.kinds.registry import KIND_OF
from streamprocessor.scoring.model.model import E15, NANO, Model
from streamprocessor.scoring.model.rules import (
    AttributeRule,
    EventRule,
    InactivityRule,
    PerMatchRule,
    PointsFrom,
    Rule,
)
from streamprocessor.scoring.record.facts import HUMAN, Event
from tests.scoring.oracle.derived import with_derived
from tests.scoring.oracle.evidence import ABSENT, Known, as_number, canonical_json, counts, holds, value_in_event
from tests.scoring.oracle.kinds import KINDS
from tests.scoring.oracle.laws import decimal, factor

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

FIFTY_DIGITS = Context(prec=50, Emin=-(10**9), Emax=10**9)
LARGEST_MATCH, LARGEST_SCORE = Decimal(1_000_000), Decimal(4_000_000)


class Match(NamedTuple):
    """An event that a rule counts, with its points before decay."""

    event: Event
    points: Decimal


def in_fifty_digits(function: Callable[P, R]) -> Callable[P, R]:
    @wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(FIFTY_DIGITS):
            return function(*args, **kwargs)

    return inner


@in_fifty_digits
def to_nano(value: Decimal) -> int:
    """Rounded half up to nine decimals, after the dust of the last of the fifty digits is wiped off."""
    clean = value.quantize(Decimal("1e-30"))
    return int((clean * NANO + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


def worth(model: Model, rule: Rule, known: Known, t_ms: int) -> list[tuple[str, str | None, Decimal]]:
    """(kind, event id, points at t) of each thing that a rule counts."""
    match rule:
        case EventRule():
            matches = event_matches(model, rule, known)
            return [
                ("event", m.event.id, m.points * factor(rule.decay, t_ms - m.event.occurred_at_ms)) for m in matches
            ]
        case AttributeRule():
            true_now = holds(rule.when, lambda name: known.attributes.get(name, ABSENT))
            return [("attribute", None, points(rule.points_e15))] if true_now else []
        case InactivityRule():
            return [("inactivity", None, points(rule.points_e15) * times_inactive(rule, known, t_ms))]
        case _:
            ages = [(t_ms - event.occurred_at_ms, amount) for event, amount in amounts_of(model, rule, known)]
            return [(KIND_OF[type(rule)].word, None, KINDS[type(rule)].points(rule, ages))]


def rule_events(model: Model, rule: EventRule | PerMatchRule, known: Known) -> list[Event]:
    seen = [with_derived(model, event) for event in known.events]
    return [
        event
        for event in seen
        if event.type in rule.types and counts(model, event) and holds(rule.where, partial(value_in_event, event))
    ]


def event_matches(model: Model, rule: EventRule, known: Known) -> list[Match]:
    """The matches that count: of each key the earliest by (occurred_at, id), which is the order of known.events."""
    matches: list[Match] = []
    taken: dict[tuple[str, int], int] = {}
    per = rule.points.per if isinstance(rule.points, PointsFrom) else None
    with_points = [(event, points_of(rule, event)) for event in rule_events(model, rule, known)]
    for event, match_points in first_of_each(
        per, [(event, found) for event, found in with_points if found is not None]
    ):
        slot = limit_key(rule, event)
        taken[slot] = taken.get(slot, 0) + 1
        if rule.limit.count is None or taken[slot] <= rule.limit.count:
            matches.append(Match(event, match_points))
    return matches


def first_of_each(per: str | None, matches: list[tuple[Event, T]]) -> list[tuple[Event, T]]:
    """The matches, in their order, but of each value at the path only the first; without a value each is its own."""
    first: list[tuple[Event, T]] = []
    told: set[str] = set()
    for event, amount in matches:
        value = ABSENT if per is None else value_in_event(event, per)
        if value is not ABSENT and value is not None:
            if canonical_json(value) in told:
                continue
            told.add(canonical_json(value))
        first.append((event, amount))
    return first


def limit_key(rule: EventRule, event: Event) -> tuple[str, int]:
    value = ABSENT if rule.limit.per is None else value_in_event(event, rule.limit.per)
    window = 0 if rule.limit.within_ms is None else event.occurred_at_ms // rule.limit.within_ms
    return ("absent" if value is ABSENT else "value " + canonical_json(value)), window


def points_of(rule: EventRule, event: Event) -> Decimal | None:
    """None: no match, for its amount is missing or no number."""
    if isinstance(rule.points, int):
        value = points(rule.points)
    else:
        amount = as_number(value_in_event(event, rule.points.path))
        if amount is None:
            return None
        value = decimal(amount) * decimal(rule.points.times)
        if rule.points.min_e15 is not None:
            value = max(value, points(rule.points.min_e15))
        if rule.points.max_e15 is not None:
            value = min(value, points(rule.points.max_e15))
    return max(-LARGEST_MATCH, min(LARGEST_MATCH, value))


def points(points_e15: int) -> Decimal:
    return Decimal(points_e15) / E15


def last_active_ms(rule: InactivityRule, known: Known) -> int | None:
    """The last qualifying human event, else the first event of any class; None: the contact did nothing yet."""
    qualifying = [e for e in known.events if e.actor == HUMAN and (rule.types is None or e.type in rule.types)]
    if qualifying:
        return qualifying[-1].occurred_at_ms
    return known.first_ms


def times_inactive(rule: InactivityRule, known: Known, t_ms: int) -> int:
    last_ms = last_active_ms(rule, known)
    if last_ms is None or t_ms - last_ms < rule.after_ms:
        return 0
    times = 1 if rule.every_ms is None else 1 + (t_ms - last_ms - rule.after_ms) // rule.every_ms
    return times if rule.max_times is None else min(times, rule.max_times)


def amounts_of(model: Model, rule: PerMatchRule, known: Known) -> list[tuple[Event, int]]:
    """(event, amount_nano): decimals of nine places; 1 where a match has no amount."""
    events, path = rule_events(model, rule, known), KINDS[type(rule)].amount_path(rule)
    if path is None:
        return [(event, 1) for event in events]
    amounts = [(event, as_number(value_in_event(event, path))) for event in events]
    in_nano = [(event, to_nano(decimal(amount))) for event, amount in amounts if amount is not None]
    return first_of_each(KINDS[type(rule)].once_per(rule), in_nano)


def is_match(rule: EventRule | PerMatchRule, event: Event) -> bool:
    """Whether an event that the rule takes gives it an amount."""
    if isinstance(rule, EventRule):
        return points_of(rule, event) is not None
    path = KINDS[type(rule)].amount_path(rule)
    return path is None or as_number(value_in_event(event, path)) is not None
