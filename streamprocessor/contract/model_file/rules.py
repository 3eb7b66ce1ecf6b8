"""The rules of a model file: which kind each is, and what every kind may say. A kind more is an entry of `_KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.model_file.conditions import attribute_condition, event_condition
from streamprocessor.contract.model_file.decay import read_decay
from streamprocessor.contract.model_file.limits import NO_POINTS, BandWords, limit_on_matches, limit_on_points
from streamprocessor.contract.strict_yaml.described import Reader, Shape, Word, read_later
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode
from streamprocessor.contract.strict_yaml.scalars import (
    amount_nano,
    count,
    duration_ms,
    event_path,
    factor,
    name,
    points_e15,
    types,
    types_or_any,
)
from streamprocessor.scoring.model.rules import (
    AllOf,
    AttributeRule,
    Decay,
    EventRule,
    FrequencyRule,
    InactivityRule,
    Limit,
    MonetaryRule,
    NoDecay,
    PointsFrom,
    RecencyRule,
    Rule,
)


@dataclass(frozen=True, slots=True)
class RuleContext:
    """The parts of a score that its rules refer to.

    decay: of rules that say none.
    groups: the names of the score's groups.
    min_nano, max_nano: bounds of the score in 10⁻⁹; None: there is none.
    """

    decay: Decay
    groups: frozenset[str]
    min_nano: int | None
    max_nano: int | None


class RuleKind(NamedTuple):
    """A kind of rule as it is written: its words, and how they are read."""

    shape: Shape
    read: Callable[[Fields, RuleContext], Rule]


_ID = Word("id", name, required=True)
_GROUP = Word("group", name)
_LIMIT = Word("limit", limit_on_points)
_TYPES = Word("of", types, required=True)
_WHERE = Word("where", event_condition)
_WITHIN = Word("within", duration_ms, required=True)


def _group(fields: Fields, context: RuleContext) -> str | None:
    group = _GROUP.of(fields, None)
    if group is not None and group not in context.groups:
        expected = f"one of {', '.join(sorted(context.groups))}" if context.groups else "it among the score's groups"
        fields.entries[_GROUP].note(f"unknown group; wanted {expected}; got '{group}'")
    return group


# ---- points for each event -----------------------------------------------------------------------------------------

_FROM_PROPERTY, _FROM_TIMES = Word("property", event_path, required=True), Word("times", factor)
_FROM_MIN, _FROM_MAX = Word("min", points_e15), Word("max", points_e15)
_PER = Word(
    "per",
    event_path,
    description="Each value of it counts once, its earliest match: an order told twice. Without it each is its own.",
)
_POINTS_FROM_SHAPE = Shape(_FROM_PROPERTY, _FROM_TIMES, _FROM_MIN, _FROM_MAX, _PER)


def _points_from(located: LocatedNode) -> PointsFrom:
    fields = _POINTS_FROM_SHAPE.fields(located)
    low, high = _FROM_MIN.of(fields, None), _FROM_MAX.of(fields, None)
    if low is not None and high is not None and low > high:
        located.note("wanted min below max; got them the other way round")
    return PointsFrom(_FROM_PROPERTY.of(fields, ""), _FROM_TIMES.of(fields, 1.0), low, high, _PER.of(fields, None))


_ON = Word("on", types, required=True)
_POINTS = Word("points", points_e15)
_POINTS_FROM = Word("points_from", Reader(_points_from, _POINTS_FROM_SHAPE.schema))
_DECAY = Word("decay", read_decay)
_LIMIT_ON_MATCHES = Word("limit", limit_on_matches)


def _event_rule(fields: Fields, context: RuleContext) -> Rule:
    points: int | PointsFrom = NO_POINTS
    if fields.one_of(_POINTS, _POINTS_FROM) == _POINTS:
        points = _POINTS.of(fields, NO_POINTS)
    else:
        points = _POINTS_FROM.of(fields, NO_POINTS)
    return EventRule(
        id=_ID.of(fields, ""),
        types=_ON.of(fields, ()),
        points=points,
        where=_WHERE.of(fields, None),
        decay=_DECAY.of(fields, context.decay),
        limit=_LIMIT_ON_MATCHES.of(fields, Limit()),
        group=_group(fields, context),
    )


_EVENT_RULE = Shape(
    *(_ID, _ON, _WHERE, _POINTS, _POINTS_FROM, _DECAY, _GROUP, _LIMIT_ON_MATCHES),
    description="Points for each event.",
    also={"oneOf": [{"required": [_POINTS]}, {"required": [_POINTS_FROM]}]},
)

# ---- points while the contact's attributes are so ------------------------------------------------------------------

_WHEN = Word("when", attribute_condition, required=True)
_POINTS_NEEDED = Word("points", points_e15, required=True)
_NO_DECAY = Word("decay", Reader(read_decay, {"const": "none"}))


def _attribute_rule(fields: Fields, context: RuleContext) -> Rule:
    if not isinstance(_NO_DECAY.of(fields, NoDecay()), NoDecay):
        fields.entries[_NO_DECAY].note("attributes never decay; wanted none or nothing; got a law")
    return AttributeRule(
        id=_ID.of(fields, ""),
        when=_WHEN.of(fields, AllOf(())),
        points_e15=_POINTS_NEEDED.of(fields, NO_POINTS),
        group=_group(fields, context),
        limit=_LIMIT.of(fields, Limit()),
    )


_ATTRIBUTE_RULE = Shape(
    *(_ID, _WHEN, _POINTS_NEEDED, _NO_DECAY, _GROUP, _LIMIT),
    description="Points while the contact's attributes are so.",
)

# ---- points after silence ------------------------------------------------------------------------------------------

_OF_ANY, _AFTER = Word("of", types_or_any, required=True), Word("after", duration_ms, required=True)
_EVERY, _MAX_TIMES = Word("every", duration_ms), Word("max_times", count)
_INACTIVITY_SHAPE = Shape(
    *(_OF_ANY, _AFTER, _POINTS_NEEDED, _EVERY, _MAX_TIMES), also={"dependentRequired": {_MAX_TIMES: [_EVERY]}}
)


def _inner(word: str, shape: Shape) -> Word[LocatedNode]:
    """The word that names a kind, with the words below it."""
    return Word(word, read_later(shape.schema), required=True)


def _outer(inner: Word[LocatedNode], description: str) -> Shape:
    """A rule that says what it is below one word."""
    return Shape(_ID, inner, _GROUP, _LIMIT, description=description)


_INACTIVITY = _inner("inactivity", _INACTIVITY_SHAPE)


def _inactivity_rule(outer: Fields, context: RuleContext) -> Rule:
    fields = _INACTIVITY_SHAPE.fields(outer.entries[_INACTIVITY])
    points = _POINTS_NEEDED.of(fields, NO_POINTS)
    event_types, every_ms = _OF_ANY.of(fields, None), _EVERY.of(fields, None)
    _check_end(fields, points, context)
    return InactivityRule(
        id=_ID.of(outer, ""),
        types=event_types,
        after_ms=_AFTER.of(fields, 1),
        points_e15=points,
        every_ms=every_ms,
        max_times=_MAX_TIMES.of(fields, None),
        group=_group(outer, context),
        limit=_LIMIT.of(outer, Limit()),
    )


def _check_end(fields: Fields, points: int, context: RuleContext) -> None:
    """Note repetitions that never end: they end after max_times, or at the score's bound."""
    if _MAX_TIMES in fields and _EVERY not in fields:
        fields.entries[_MAX_TIMES].note("counts repetitions; wanted 'every' beside it; got none")
    bound, of_score = ("min", context.min_nano) if points < 0 else ("max", context.max_nano)
    if _EVERY in fields and _MAX_TIMES not in fields and of_score is None:
        expected = f"'max_times' beside it, or '{bound}' on the score"
        fields.entries[_EVERY].note(f"never ends; wanted {expected}; got neither")


# ---- points for how often, how lately, how much --------------------------------------------------------------------


_COUNT_BANDS, _AGE_BANDS = BandWords("at_least", count), BandWords("within", duration_ms)
_AMOUNT_BANDS = BandWords("at_least", amount_nano)
_SUM = Word("sum", event_path, required=True)


def _banded(bands: BandWords, *words: Word[Any]) -> Shape:
    return Shape(*words, _WHERE, bands.mark, bands.points, bands.bands, also=bands.also)


_FREQUENCY_SHAPE = _banded(_COUNT_BANDS, _TYPES, _WITHIN)
_RECENCY_SHAPE = _banded(_AGE_BANDS, _TYPES)
_MONETARY_SHAPE = _banded(_AMOUNT_BANDS, _TYPES, _SUM, _PER, _WITHIN)
_FREQUENCY, _RECENCY = _inner("frequency", _FREQUENCY_SHAPE), _inner("recency", _RECENCY_SHAPE)
_MONETARY = _inner("monetary", _MONETARY_SHAPE)


def _frequency_rule(outer: Fields, context: RuleContext) -> Rule:
    fields = _FREQUENCY_SHAPE.fields(outer.entries[_FREQUENCY])
    return FrequencyRule(
        id=_ID.of(outer, ""),
        types=_TYPES.of(fields, ()),
        within_ms=_WITHIN.of(fields, 1),
        bands=_COUNT_BANDS.of(fields),
        where=_WHERE.of(fields, None),
        group=_group(outer, context),
        limit=_LIMIT.of(outer, Limit()),
    )


def _recency_rule(outer: Fields, context: RuleContext) -> Rule:
    fields = _RECENCY_SHAPE.fields(outer.entries[_RECENCY])
    return RecencyRule(
        id=_ID.of(outer, ""),
        types=_TYPES.of(fields, ()),
        bands=_AGE_BANDS.of(fields),
        where=_WHERE.of(fields, None),
        group=_group(outer, context),
        limit=_LIMIT.of(outer, Limit()),
    )


def _monetary_rule(outer: Fields, context: RuleContext) -> Rule:
    fields = _MONETARY_SHAPE.fields(outer.entries[_MONETARY])
    return MonetaryRule(
        id=_ID.of(outer, ""),
        types=_TYPES.of(fields, ()),
        path=_SUM.of(fields, ""),
        within_ms=_WITHIN.of(fields, 1),
        bands=_AMOUNT_BANDS.of(fields),
        where=_WHERE.of(fields, None),
        group=_group(outer, context),
        limit=_LIMIT.of(outer, Limit()),
        per=_PER.of(fields, None),
    )


# ---- the kinds -----------------------------------------------------------------------------------------------------

_KINDS: Mapping[str, RuleKind] = {
    _ON: RuleKind(_EVENT_RULE, _event_rule),
    _WHEN: RuleKind(_ATTRIBUTE_RULE, _attribute_rule),
    _INACTIVITY: RuleKind(_outer(_INACTIVITY, "Points after silence."), _inactivity_rule),
    _FREQUENCY: RuleKind(_outer(_FREQUENCY, "Points for how often."), _frequency_rule),
    _RECENCY: RuleKind(_outer(_RECENCY, "Points for how lately."), _recency_rule),
    _MONETARY: RuleKind(_outer(_MONETARY, "Points for how much money."), _monetary_rule),
}

RULE = read_later(
    {"description": "What gives points.", "type": "object", "oneOf": [kind.shape for kind in _KINDS.values()]}, "rule"
)
"""One rule in JSON Schema; read_rule reads it."""


def read_rule(located: LocatedNode, context: RuleContext) -> Rule:
    """The rule; raises ReadError where its kind can't be told, and notes what else is wrong in it."""
    entries = located.entries("a mapping: an id, and what gives points")
    located = located.called(_title(entries, located.where))
    kind = _KINDS[Fields(located, entries).one_of(*_KINDS)]
    return kind.read(kind.shape.fields(located), context)


def _title(entries: dict[str, LocatedNode], where: str) -> str:
    value = entries[_ID].value if _ID in entries else None
    return f"rule '{shown_text(value)}'" if isinstance(value, str) else where
