"""What a history comes down to, read from SCORING.md: which events are there, who did them, which a condition takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple
from unicodedata import normalize

from streamprocessor.scoring.model.model import Model, Scanners
from streamprocessor.scoring.model.rules import (
    AllOf,
    AnyOf,
    AttributeRule,
    Comparison,
    Condition,
    EventRule,
    InactivityRule,
    MonetaryRule,
    PointsFrom,
)
from streamprocessor.scoring.record.facts import (
    BROWSER_RANK,
    PROXY,
    SCANNER,
    SERVER_RANK,
    AttributesWritten,
    Event,
    InputFact,
    Verdict,
)
from tests.scoring.oracle.scanners import scanned_by_deeds

ABSENT = object()
FORM = "form_submission"
TRACED = {
    "email_click": {"properties.message", "properties.url", "properties.honeypot"},
    "unsubscribe": {"properties.message"},
    "email_delivered": {"properties.message"},
}


class Known(NamedTuple):
    """A history made plain: one event an id, with the actor of its verdict, in (occurred_at, id) order.

    judged: the ids that a verdict is on; named: those of events that say themselves that a scanner did them.
    first_ms: when the contact's first event occurred, of whatever value.
    """

    events: tuple[Event, ...]
    attributes: Mapping[str, Any]
    judged: frozenset[str]
    named: frozenset[str]
    scanners: Scanners | None
    first_ms: int | None


def plain(model: Model, facts: Iterable[InputFact]) -> Known:
    facts = list(facts)
    one_of_each: dict[str, Event] = {}
    for event in (fact for fact in facts if isinstance(fact, Event)):
        other = one_of_each.get(event.id)
        if other is None or precedence(model, event) < precedence(model, other):
            one_of_each[event.id] = event

    actors = {}
    for verdict in sorted((fact for fact in facts if isinstance(fact, Verdict)), key=by_occurrence):
        actors[verdict.event_id] = verdict.actor
    judged = [event._replace(actor=actors.get(event.id, event.actor)) for event in one_of_each.values()]

    attributes: dict[str, Any] = {}
    writes = [fact for fact in facts if isinstance(fact, AttributesWritten)]
    stamps: dict[str, int] = {}
    for place, write in enumerate(sorted(writes, key=precedence_of_write)):
        attributes.update(write.attributes)
        stamps |= dict.fromkeys(write.attributes, place)
    names = {*attributes, *(path for name in attributes for path in beginnings(name)), *attribute_paths(model)}
    values = {name: attribute_at(attributes, stamps, name) for name in names}
    present = {name: value for name, value in values.items() if value is not None}
    first_ms = min((event.occurred_at_ms for event in judged), default=None)
    in_order = tuple(sorted(judged, key=by_occurrence))
    named = frozenset(event.id for event in one_of_each.values() if event.actor == SCANNER)
    return Known(in_order, present, frozenset(actors), named, model.scanners, first_ms)


def precedence_of_write(write: AttributesWritten) -> tuple[int, int, str]:
    """Those that are to hold only where nobody wrote anything come first, the earliest of them last."""
    at_ms = write.occurred_at_ms
    return write.rank, at_ms if write.rank in (BROWSER_RANK, SERVER_RANK) else -at_ms, write.id


def beginnings(path: str) -> list[str]:
    """a and a.b of a.b.c."""
    keys = path.split(".")
    return [".".join(keys[:count]) for count in range(1, len(keys))]


def attribute_paths(model: Model) -> set[str]:
    conditions = [rule.when for score in model.scores for rule in score.rules if isinstance(rule, AttributeRule)]
    conditions += [score.applies_when for score in model.scores if score.applies_when is not None]
    included = {path for lead in model.hot_leads for path in lead.include_attributes or ()}
    return {path for condition in conditions for path in paths_in(condition)} | included


def attribute_at(attributes: Mapping[str, Any], stamps: Mapping[str, int], path: str) -> Any:
    """What was said last of the path: by its own name, or by an object or null in the place that it is within."""
    sayings = [(stamps[path], len(path), attributes[path]) if path in attributes else (-1, 0, None)]
    for outer in beginnings(path):
        whole = attributes.get(outer, "nothing")
        if whole is None or isinstance(whole, dict):
            for key in path[len(outer) + 1 :].split("."):
                whole = whole.get(key) if isinstance(whole, dict) else None
            sayings.append((stamps[outer], len(outer), whole))
    stamp, _, value = max(sayings, key=lambda saying: saying[:2])
    if value is not None:
        return value
    within = [n for n in attributes if n.startswith(f"{path}.") and attributes[n] is not None and stamps[n] >= stamp]
    return {name[len(path) + 1 :]: attributes[name] for name in within} or None


def by_occurrence(fact: InputFact) -> tuple[int, str]:
    return fact.occurred_at_ms, fact.id


def until(known: Known, t_ms: int) -> Known:
    """Evidence later than t does not exist; attributes keep no past, their last write serves any t.

    Who did what, and what repeats what, is shown by the evidence that there is.
    """
    events = [event for event in known.events if event.occurred_at_ms <= t_ms]
    scanned = scanned_by_deeds(known.scanners, events, known.named) - known.judged if known.scanners else set()
    return known._replace(
        events=without_repeats(event._replace(actor=SCANNER) if event.id in scanned else event for event in events),
        first_ms=events[0].occurred_at_ms if events else None,
    )


def without_repeats(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events in order, without the forms that one like them, which counts, came before by ten seconds or less."""
    acts: list[Event] = []
    for event in events:
        if not any(is_repeat(event, act) for act in acts):
            acts.append(event)
    return tuple(acts)


def is_repeat(event: Event, act: Event) -> bool:
    if not event.type == act.type == FORM or SCANNER in (event.actor, act.actor):
        return False
    return event.occurred_at_ms - act.occurred_at_ms <= 10_000 and said(event) == said(act)


def said(event: Event) -> str:
    """All properties as one JSON text, but those that trackers add, and where a form that was filled in stood."""
    own = {name: value for name, value in event.properties.items() if not name.startswith("$") and name != "contexts"}
    if own.get("fields"):
        for name in ("url", "path", "referrer", "title"):
            own.pop(name, None)
    return canonical_json(own)


def precedence(model: Model, event: Event) -> tuple[int, str]:
    """Of two events with one id the smaller counts; only what a rule could look at makes a difference."""
    values = {}
    for path in paths_mentioned(model, event.type):
        value = value_in_event(event, path)
        if value is not ABSENT:
            values[path] = value
    if event.type == FORM:
        digest = blake2b(said(event).encode(), digest_size=8).digest()
        values["="] = int.from_bytes(digest, "big", signed=True)
    return event.occurred_at_ms, canonical_json([event.type, event.actor, values])


def paths_mentioned(model: Model, event_type: str) -> set[str]:
    paths: set[str] = set()
    for by, rule in ((score.by, rule) for score in model.scores for rule in score.rules):
        if isinstance(rule, AttributeRule):
            continue
        if by is not None and (rule.types is None or event_type in rule.types):
            paths.add(by)
        if isinstance(rule, InactivityRule) or event_type not in rule.types:
            continue
        if rule.where is not None:
            paths |= paths_in(rule.where)
        if isinstance(rule, EventRule) and rule.limit.per is not None:
            paths.add(rule.limit.per)
        amounts = rule.points if isinstance(rule, EventRule) else rule
        if isinstance(amounts, PointsFrom | MonetaryRule):
            paths |= {amounts.path} if amounts.per is None else {amounts.path, amounts.per}
    paths |= {each.source for each in model.derivations if each.path in paths}
    if model.scanners and event_type in TRACED:
        paths |= TRACED[event_type]
    if asks_how_hard(model, event_type):
        paths.add("properties.kind")
    return paths


def asks_how_hard(model: Model, event_type: str) -> bool:
    """Whether hard bounces alone say something of suppression."""
    named = {*model.suppression.by, *model.suppression.lifted_by}
    return event_type == "email_bounce" and "hard_bounce" in named and event_type not in named


def paths_in(condition: Condition) -> set[str]:
    if isinstance(condition, Comparison):
        return {condition.path}
    return {path for inner in condition.conditions for path in paths_in(inner)}


def canonical_json(value: Any) -> str:
    """The value as one JSON text, in which 1.0 is 1."""
    with_whole_numbers = json.loads(json.dumps(value), parse_float=lambda text: whole(float(text)))
    return json.dumps(with_whole_numbers, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def whole(number: float) -> float:
    return int(number) if number == int(number) else number


# ---- conditions ------------------------------------------------------------------------------------------------


def value_in_event(event: Event, path: str) -> Any:
    value: Any = {"properties": event.properties, "context": event.context}
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return ABSENT
        value = value[name]
    return value


def holds(condition: Condition | None, value_at: Callable[[str], Any]) -> bool:
    match condition:
        case None:
            return True
        case AllOf(conditions):
            return all(holds(inner, value_at) for inner in conditions)
        case AnyOf(conditions):
            return any(holds(inner, value_at) for inner in conditions)
        case Comparison():
            return passes(condition, value_at(condition.path))


def passes(test: Comparison, value: Any) -> bool:
    operator, operand = test.operator, test.operand
    if operator == "exists":
        return (value is not ABSENT) is bool(operand)
    if operator == "not":
        refused = operand if isinstance(operand, list | tuple) else [operand]
        return value is ABSENT or not any(equal(value, option) for option in refused)
    if value is ABSENT:
        return False
    if operator == "equals":
        return equal(value, operand)
    if operator == "in":
        return any(equal(value, option) for option in operand)
    if operator == "contains" and isinstance(value, list | tuple):
        return any(equal(item, operand) for item in value)
    if operator in ("contains", "starts_with", "ends_with", "matches"):
        return isinstance(value, str) and isinstance(operand, str) and text_passes(test, value)
    number = as_number(value)
    if number is None:
        return False
    comparisons: dict[str, Callable[[], bool]] = {
        "greater_than": lambda: number > operand,
        "at_least": lambda: number >= operand,
        "less_than": lambda: number < operand,
        "at_most": lambda: number <= operand,
        "between": lambda: operand[0] <= number <= operand[1],
    }
    return comparisons[operator]()


def text_passes(test: Comparison, value: str) -> bool:
    if test.operator == "matches":
        assert test.search is not None
        return test.search(value)
    text, part = without_case(value), without_case(test.operand)
    if test.operator == "contains":
        return part in text
    if test.operator == "starts_with":
        return text[: len(part)] == part
    return part == "" or text[-len(part) :] == part


def equal(one: Any, other: Any) -> bool:
    """By JSON type: true is not 1, "1" is not 1; 1 and 1.0 are one number. Texts without their case."""
    if is_number(one) and is_number(other):
        return bool(one == other)
    if isinstance(one, str) and isinstance(other, str):
        return without_case(one) == without_case(other)
    return type(one) is type(other) and bool(one == other)


def without_case(text: str) -> str:
    """After NFC and case folding, which may leave letters and accents to be composed again."""
    return normalize("NFC", normalize("NFC", text).casefold())


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_number(value: Any) -> float | None:
    """What numeric operators take for a number: one, or its plain decimal text."""
    if isinstance(value, str):
        whole, point, decimals = value.removeprefix("-").partition(".")
        digits = [whole, decimals] if point else [whole]
        return float(value) if all(part and set(part) <= set("0123456789") for part in digits) else None
    return value if is_number(value) else None


def counts(model: Model, event: Event) -> bool:
    if event.actor == PROXY and event.type == "email_open":
        return model.proxy_opens_count
    return event.actor != SCANNER
