"""The rules of a model file: which kind each is, and what every kind may say.

Kinds on matches say it of themselves, in scoring/kinds; what the engine knows of a rule (its sums, attributes, silence)
has words that depend on each other, and is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from streamprocessor.contract.foreign_text import listed, shown_text
from streamprocessor.contract.model_file.conditions import attribute_condition, event_condition
from streamprocessor.contract.model_file.rule_words.decay import read_decay
from streamprocessor.contract.model_file.rule_words.field_words import FieldWords, reader_of, word_of
from streamprocessor.contract.model_file.rule_words.limits import (
    NO_POINTS,
    BandWords,
    limit_on_matches,
    limit_on_points,
)
from streamprocessor.contract.strict_yaml.described import Reader, Shape, Word, read_later
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode
from streamprocessor.contract.strict_yaml.scalars import (
    count,
    duration_ms,
    event_path,
    factor,
    name,
    points_e15,
    types,
    types_or_any,
)
from streamprocessor.scoring.kinds.registry import RULE_KINDS
from streamprocessor.scoring.kinds.rule_kind import ONCE_PER, RuleKind
from streamprocessor.scoring.model.rules import (
    AllOf,
    AttributeRule,
    Decay,
    EventRule,
    InactivityRule,
    Limit,
    NoDecay,
    PointsFrom,
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


class RuleSyntax(NamedTuple):
    """How a kind of rule is written: its words, and how they are read."""

    shape: Shape
    read: Callable[[Fields, RuleContext], Rule]


_ID = Word("id", name, required=True)
_GROUP = Word("group", name)
_LIMIT = Word("limit", limit_on_points)
_TYPES = Word("of", types, required=True)
_WHERE = Word("where", event_condition)


def _group(fields: Fields, context: RuleContext) -> str | None:
    group = _GROUP.of(fields, None)
    if group is not None and group not in context.groups:
        expected = f"one of {listed(sorted(context.groups))}" if context.groups else "it among the score's groups"
        fields.entries[_GROUP].note(f"unknown group; wanted {expected}; got '{group}'")
    return group


# ---- points for each event -----------------------------------------------------------------------------------------

_FROM_PROPERTY, _FROM_TIMES = Word("property", event_path, required=True), Word("times", factor)
_FROM_MIN, _FROM_MAX = Word("min", points_e15), Word("max", points_e15)
_PER: Word[str] = word_of(ONCE_PER)
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


# ---- points for the matches of a rule as a whole ---------------------------------------------------------------------


def rule_syntax(kind: RuleKind[Any]) -> RuleSyntax:
    """How a kind on matches is written: `of`, its own words, `where`, its bands."""
    words = FieldWords(kind.words)
    bands = None if kind.bands is None else BandWords(kind.bands.mark, reader_of(kind.bands.type))
    of_bands, between = ((), None) if bands is None else ((bands.mark, bands.points, bands.bands), bands.also)
    shape = Shape(_TYPES, *words.words, _WHERE, *of_bands, also=between)
    inner = _inner(kind.word, shape)

    def read(outer: Fields, context: RuleContext) -> Rule:
        fields = shape.fields(outer.entries[inner])
        values = {"types": _TYPES.of(fields, ()), **words.of(fields)}
        if bands is not None:
            values["bands"] = bands.of(fields)
        rule: Rule = kind.rule(
            id=_ID.of(outer, ""),
            **values,
            where=_WHERE.of(fields, None),
            group=_group(outer, context),
            limit=_LIMIT.of(outer, Limit()),
        )
        return rule

    return RuleSyntax(_outer(inner, kind.description), read)


# ---- the kinds -----------------------------------------------------------------------------------------------------

_KINDS: Mapping[str, RuleSyntax] = {
    _ON: RuleSyntax(_EVENT_RULE, _event_rule),
    _WHEN: RuleSyntax(_ATTRIBUTE_RULE, _attribute_rule),
    _INACTIVITY: RuleSyntax(_outer(_INACTIVITY, "Points after silence."), _inactivity_rule),
    **{kind.word: rule_syntax(kind) for kind in RULE_KINDS},
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
