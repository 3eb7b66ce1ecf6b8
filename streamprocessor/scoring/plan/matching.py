"""Rules on events, compiled: which events match, for how much, and whether a limit leaves them a slot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeAlias

from streamprocessor.scoring.canonical import canonical, number_in
from streamprocessor.scoring.kinds.registry import KIND_OF, RULE_KINDS
from streamprocessor.scoring.model.conditions import ABSENT, Predicate, paths_of, predicate
from streamprocessor.scoring.model.model import E15, NANO
from streamprocessor.scoring.model.rules import (
    AttributeRule,
    EventRule,
    InactivityRule,
    PerMatchRule,
    PointsFrom,
    Rule,
)
from streamprocessor.scoring.terms.presentation import LARGEST_MATCH_E15
from streamprocessor.scoring.terms.terms import LANDMARK_HALF_LIVES

MatchingRule: TypeAlias = EventRule | PerMatchRule
Amount: TypeAlias = Callable[[Mapping[str, Any]], "int | None"]

MANY = 3
"""So many conditions are dearer than looking up which of them held before."""

MOST_REMEMBERED = 1_024

#: What a part of each kind of rule is called in explanations.
KINDS: dict[type, str] = {
    AttributeRule: "attribute",
    InactivityRule: "inactivity",
    EventRule: "event",
    **{kind.rule: kind.word for kind in RULE_KINDS},
}


@dataclass(frozen=True, slots=True)
class Matcher:
    """One rule on events, compiled.

    key: "score/rule"; kind: as in ExplanationPart.
    where: the condition; None: every event of its types matches.
    fixed: the amount of each match; None: `amount` finds it.
    amount: finds the amount in an event's properties, or None for no match; None: it is fixed.
    half_life_ms: 0.0 where the amounts are summed up as they are; None where each match stands by itself.
    grid_ms: how far apart the landmarks of its weights lie; 0.0 where it has none.
    slot_count: matches that one limit key may hold; None: any number.
    slot_per, slot_within_ms: what limit keys are made of, as in Limit.
    slot_prefix: makes the limit keys of different rules different.
    once_per: the path of which each value counts once, as `per` of the rule's amounts; None: every match counts.
    once_prefix: what slot_prefix is, for those values.
    """

    number: int
    key: str
    kind: str
    rule: MatchingRule
    where: Predicate | None
    fixed: int | None
    amount: Amount | None
    half_life_ms: float | None
    grid_ms: float
    slot_count: int | None
    slot_per: str | None
    slot_within_ms: int | None
    slot_prefix: bytes
    once_per: str | None
    once_prefix: bytes

    def slot(self, properties: Mapping[str, Any], occurred_at_ms: int) -> bytes:
        """The limit key of a match, as 8 bytes: of the rule, the value at `per` (or its absence), the window."""
        text = "" if self.slot_per is None else _key_text(properties.get(self.slot_per, ABSENT))
        if self.slot_within_ms is not None:
            text = f"{occurred_at_ms // self.slot_within_ms}:{text}"
        return _digest(self.slot_prefix, text)

    def once_slot(self, properties: Mapping[str, Any]) -> bytes | None:
        """The key of a match's value that counts once, as 8 bytes; None: the match is its own."""
        if self.once_per is None or (value := properties.get(self.once_per)) is None:
            return None
        return _digest(self.once_prefix, _key_text(value))

    def slots(self, properties: Mapping[str, Any], occurred_at_ms: int) -> bytes:
        """All keys that a match holds, one after the other."""
        once = self.once_slot(properties) or b""
        return once if self.slot_count is None else once + self.slot(properties, occurred_at_ms)

    @property
    def has_slots(self) -> bool:
        """Whether its matches hold any."""
        return self.slot_count is not None or self.once_per is not None


class Matchers:
    """Rules on events of one type, in order. Where conditions are many, which of them hold is remembered by texts."""

    __slots__ = ("_paths", "_remembered", "all")

    def __init__(self, matchers: Iterable[Matcher]) -> None:
        """Ask these rules."""
        self.all = tuple(matchers)
        conditions = [matcher.rule.where for matcher in self.all if matcher.rule.where is not None]
        paths = {path for where in conditions for path in paths_of(where)} if len(conditions) >= MANY else ()
        self._paths = tuple(sorted(paths))
        self._remembered: dict[tuple[Any, ...], list[Matcher]] = {}

    @property
    def remembers(self) -> bool:
        """Whether there are so many conditions that it is remembered which hold."""
        return bool(self._paths)

    def met_by(self, properties: Mapping[str, Any]) -> list[Matcher]:
        """The rules whose conditions hold for an event's properties."""
        if not self._paths:
            return self._met_by(properties)
        texts = []
        for path in self._paths:
            value = properties.get(path, ABSENT)
            if type(value) is not str and value is not ABSENT:
                return self._met_by(properties)  # 1, 1.0 and true would be one key
            texts.append(value)
        key = tuple(texts)
        met = self._remembered.get(key)
        if met is None:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            met = self._remembered[key] = self._met_by(properties)
        return met

    def _met_by(self, properties: Mapping[str, Any]) -> list[Matcher]:
        return [matcher for matcher in self.all if matcher.where is None or matcher.where(properties)]


def _key_text(value: Any) -> str:
    """The text of a value that a key is made of, or of its absence; different for different values."""
    if type(value) is str:
        return "s" + value
    return "" if value is ABSENT else "j" + canonical(value)


@lru_cache(maxsize=16_384)  # contacts share messages and links
def _digest(prefix: bytes, text: str) -> bytes:
    return blake2b(prefix + text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def matcher(number: int, key: str, rule: MatchingRule, half_life_ms: float | None) -> Matcher:
    """The compiled rule; its key is "score/rule"."""
    limit = rule.limit
    fixed, amount = _amount(rule)
    once_per = _once_per(rule)
    return Matcher(
        number=number,
        key=key,
        kind=KINDS[type(rule)],
        rule=rule,
        where=None if rule.where is None else predicate(rule.where),
        fixed=fixed,
        amount=amount,
        half_life_ms=half_life_ms,
        grid_ms=LANDMARK_HALF_LIVES * (half_life_ms or 0.0),
        slot_count=limit.count,
        slot_per=limit.per,
        slot_within_ms=limit.within_ms,
        slot_prefix=f"{key}|{limit.per}|{limit.within_ms}|".encode(),
        once_per=once_per,
        once_prefix=f"{key}|once per {once_per}|".encode(),
    )


def paths_read(rule: MatchingRule) -> set[str]:
    """Every property path that the rule reads."""
    paths = set(paths_of(rule.where))
    return paths | {path for path in (rule.limit.per, _once_per(rule), amount_path_of(rule)) if path is not None}


def amount_path_of(rule: Rule) -> str | None:
    """The property that the worth of a match is made of; None: each match is worth the same."""
    if isinstance(rule, EventRule):
        return rule.points.path if isinstance(rule.points, PointsFrom) else None
    kind = KIND_OF.get(type(rule))
    return None if kind is None else kind.amount_path(rule)


def _once_per(rule: MatchingRule) -> str | None:
    """The path of which each value counts once; None: there is none."""
    if isinstance(rule, EventRule):
        return rule.points.per if isinstance(rule.points, PointsFrom) else None
    return KIND_OF[type(rule)].once_per(rule)


def _amount(rule: MatchingRule) -> tuple[int | None, Amount | None]:
    """(fixed amount, function that finds it): one of them is None."""
    if not isinstance(rule, EventRule):
        path = amount_path_of(rule)
        return (1, None) if path is None else (None, _amount_at(path))
    points = rule.points
    if isinstance(points, PointsFrom):
        return None, lambda properties: _points(points, properties.get(points.path))
    return _within(points, -LARGEST_MATCH_E15, LARGEST_MATCH_E15), None


def _amount_at(path: str) -> Amount:
    return lambda properties: _nano(properties.get(path))


def _points(source: PointsFrom, value: Any) -> int | None:
    """The value times the factor, e15, within min and max; None where the value is no number."""
    number = number_in(value)
    if number is None:
        return None
    size = min(max(number * source.times, -1e7), 1e7)
    points = round(size * E15)
    if source.min_e15 is not None:
        points = max(points, source.min_e15)
    if source.max_e15 is not None:
        points = min(points, source.max_e15)
    return _within(points, -LARGEST_MATCH_E15, LARGEST_MATCH_E15)


def _nano(value: Any) -> int | None:
    """A number as a decimal of nine places; None where it is none."""
    number = number_in(value)
    return None if number is None else round(min(max(number, -1e18), 1e18) * NANO)


def _within(points: int, low: int, high: int) -> int:
    return max(low, min(points, high))
