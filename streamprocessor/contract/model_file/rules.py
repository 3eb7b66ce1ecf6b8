"""The rules of a model file: which kind each is, and what every kind may say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from streamprocessor.contract.model_file.conditions import attribute_condition, event_condition
from streamprocessor.contract.model_file.decay import read_decay
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode, ReadError
from streamprocessor.contract.strict_yaml.scalars import (
    amount_nano,
    count,
    duration_ms,
    event_path,
    factor,
    flag,
    name,
    nano,
    points_e15,
    types,
    types_or_any,
)
from streamprocessor.scoring.model.rules import (
    AllOf,
    AttributeRule,
    Band,
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

NO_POINTS = 0  # stands in for what could not be read


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What of a score its rules lean on."""

    decay: Decay
    groups: frozenset[str]
    min_nano: int | None
    max_nano: int | None


def read_rule(spot: LocatedNode, around: RuleContext) -> Rule:
    """The rule; raises Wrong where its kind can't be told, and notes what else is wrong in it."""
    entries = spot.entries("a mapping: an id, and what gives points")
    spot = LocatedNode(spot.node, _title(entries, spot.where), spot.problems)
    kind = Fields(spot, entries).one_of(*_KINDS)
    return _KINDS[kind](spot, around)


def _title(entries: dict[str, LocatedNode], where: str) -> str:
    return f"rule '{entries['id'].value}'" if "id" in entries and isinstance(entries["id"].value, str) else where


def _event_rule(spot: LocatedNode, around: RuleContext) -> Rule:
    fields = spot.fields("id", "on", "where", "points", "points_from", "group", "decay", "limit")
    points: int | PointsFrom = NO_POINTS
    if fields.one_of("points", "points_from") == "points":
        points = fields.read("points", points_e15, NO_POINTS)
    else:
        points = fields.read("points_from", _points_from, NO_POINTS)
    return EventRule(
        id=fields.required("id", name, ""),
        types=fields.required("on", types, ()),
        points=points,
        where=fields.read("where", event_condition, None),
        decay=fields.read("decay", read_decay, around.decay),
        limit=fields.read("limit", _limit_on_matches, Limit()),
        group=_group(fields, around),
    )


def _attribute_rule(spot: LocatedNode, around: RuleContext) -> Rule:
    fields = spot.fields("id", "when", "points", "group", "decay", "limit")
    if not isinstance(fields.read("decay", read_decay, NoDecay()), NoDecay):
        fields.entries["decay"].note("attributes never decay; wanted none or nothing; got a law")
    return AttributeRule(
        id=fields.required("id", name, ""),
        when=fields.required("when", attribute_condition, AllOf(())),
        points_e15=fields.required("points", points_e15, NO_POINTS),
        group=_group(fields, around),
        limit=fields.read("limit", _limit_on_points, Limit()),
    )


def _inactivity_rule(spot: LocatedNode, around: RuleContext) -> Rule:
    outer, fields = _inner(spot, "inactivity", "of", "after", "points", "every", "max_times")
    points = fields.required("points", points_e15, NO_POINTS)
    every_ms = fields.read("every", duration_ms, None)
    _check_end(fields, points, around)
    return InactivityRule(
        id=outer.required("id", name, ""),
        types=fields.required("of", types_or_any, None),
        after_ms=fields.required("after", duration_ms, 1),
        points_e15=points,
        every_ms=every_ms,
        max_times=fields.read("max_times", count, None),
        group=_group(outer, around),
        limit=outer.read("limit", _limit_on_points, Limit()),
    )


def _check_end(fields: Fields, points: int, around: RuleContext) -> None:
    """What repeats must end: after max_times, or where the score is held by its bound."""
    if "max_times" in fields and "every" not in fields:
        fields.entries["max_times"].note("counts repetitions; wanted 'every' beside it; got none")
    bound, of_score = ("min", around.min_nano) if points < 0 else ("max", around.max_nano)
    if "every" in fields and "max_times" not in fields and of_score is None:
        fields.entries["every"].note(
            f"never ends; wanted 'max_times' beside it, or '{bound}' on the score; got neither"
        )


def _frequency_rule(spot: LocatedNode, around: RuleContext) -> Rule:
    outer, fields = _inner(spot, "frequency", "of", "where", "at_least", "within", "points", "bands")
    return FrequencyRule(
        id=outer.required("id", name, ""),
        types=fields.required("of", types, ()),
        within_ms=fields.required("within", duration_ms, 1),
        bands=_bands_or_one(fields, "at_least", count),
        where=fields.read("where", event_condition, None),
        group=_group(outer, around),
        limit=outer.read("limit", _limit_on_points, Limit()),
    )


def _recency_rule(spot: LocatedNode, around: RuleContext) -> Rule:
    outer, fields = _inner(spot, "recency", "of", "where", "within", "points", "bands")
    return RecencyRule(
        id=outer.required("id", name, ""),
        types=fields.required("of", types, ()),
        bands=_bands_or_one(fields, "within", duration_ms),
        where=fields.read("where", event_condition, None),
        group=_group(outer, around),
        limit=outer.read("limit", _limit_on_points, Limit()),
    )


def _monetary_rule(spot: LocatedNode, around: RuleContext) -> Rule:
    outer, fields = _inner(spot, "monetary", "of", "where", "sum", "within", "at_least", "points", "bands")
    return MonetaryRule(
        id=outer.required("id", name, ""),
        types=fields.required("of", types, ()),
        path=fields.required("sum", event_path, ""),
        within_ms=fields.required("within", duration_ms, 1),
        bands=_bands_or_one(fields, "at_least", amount_nano),
        where=fields.read("where", event_condition, None),
        group=_group(outer, around),
        limit=outer.read("limit", _limit_on_points, Limit()),
    )


_KINDS: dict[str, Callable[[LocatedNode, RuleContext], Rule]] = {
    "on": _event_rule,
    "when": _attribute_rule,
    "inactivity": _inactivity_rule,
    "frequency": _frequency_rule,
    "recency": _recency_rule,
    "monetary": _monetary_rule,
}


def _inner(spot: LocatedNode, kind: str, *words: str) -> tuple[Fields, Fields]:
    """The rule's own words, and those under its kind."""
    outer = spot.fields("id", kind, "group", "limit")
    return outer, outer.entries[kind].fields(*words)


def _group(fields: Fields, around: RuleContext) -> str | None:
    group = fields.read("group", name, None)
    if group is not None and group not in around.groups:
        wanted = f"one of {', '.join(sorted(around.groups))}" if around.groups else "it among the score's groups"
        fields.entries["group"].note(f"unknown group; wanted {wanted}; got '{group}'")
    return group


def _points_from(spot: LocatedNode) -> PointsFrom:
    fields = spot.fields("property", "times", "min", "max")
    low, high = fields.read("min", points_e15, None), fields.read("max", points_e15, None)
    if low is not None and high is not None and low > high:
        spot.note("wanted min below max; got them the other way round")
    return PointsFrom(fields.required("property", event_path, ""), fields.read("times", factor, 1.0), low, high)


def _limit_on_matches(spot: LocatedNode) -> Limit:
    fields = spot.fields("once", "count", "per", "within", "points")
    if not fields.entries:
        spot.refuse("once, count or points")
    if "once" in fields:
        if not fields.read("once", flag, True):
            fields.entries["once"].note("wanted true, or nothing for any number of times; got false")
        if found := [word for word in ("count", "per", "within") if word in fields]:
            spot.note(f"'once' stands for count 1 for ever; wanted it without {', '.join(found)}; got both")
    elif "count" not in fields and ("per" in fields or "within" in fields):
        spot.note("'per' and 'within' say how 'count' counts; wanted 'count' beside them; got none")
    return Limit(
        count=1 if "once" in fields else fields.read("count", count, None),
        per=fields.read("per", event_path, None),
        within_ms=fields.read("within", duration_ms, None),
        points_nano=fields.read("points", nano, None),
    )


def _limit_on_points(spot: LocatedNode) -> Limit:
    return Limit(points_nano=spot.fields("points").required("points", nano, None))


def _bands_or_one(fields: Fields, mark: str, read_mark: Callable[[LocatedNode], int]) -> tuple[Band, ...]:
    """The bands of a rule, or the one band that its own words make."""
    own = [word for word in (mark, "points") if word in fields]
    if "bands" not in fields:
        return (Band(fields.required(mark, read_mark, 1), fields.required("points", points_e15, NO_POINTS)),)
    if own:
        where = fields.spot.where
        raise ReadError(
            fields.spot.node.line, f"{where}: wanted bands or {mark} and points; got bands and {', '.join(own)}"
        )
    return fields.read("bands", lambda spot: _bands(spot, mark, read_mark), ())


def _bands(spot: LocatedNode, mark: str, read_mark: Callable[[LocatedNode], int]) -> tuple[Band, ...]:
    bands: list[Band] = []
    for inner in spot.items(f"a list of bands, each with {mark} and points"):
        fields = inner.fields(mark, "points")
        band = Band(fields.required(mark, read_mark, 0), fields.required("points", points_e15, NO_POINTS))
        if bands and 0 < band.mark <= bands[-1].mark:
            inner.note(f"wanted bands in rising order of {mark}; got one that does not rise")
        bands.append(band)
    return tuple(bands)
