"""Subscriptions as they are written: one YAML file, or one JSON value of the subscriptions topic, read strictly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from streamprocessor.contract.messages.announcements import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.contract.model_file.segments import read_attribute_conditions
from streamprocessor.contract.strict_yaml.located import LocatedNode, Problems, ReadError, SequenceNode, unknown
from streamprocessor.contract.strict_yaml.scalars import flag, name, number, text
from streamprocessor.contract.strict_yaml.yaml_tree import read_tree
from streamprocessor.contract.subscriptions.business_days import DAY_NAMES, Calendar
from streamprocessor.contract.subscriptions.subscriptions import NAME_FROM, Filter, Subscription
from streamprocessor.errors import OperatorError

EVENTS = (BECAME_HOT_LEAD, SCORE_UPDATED)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
REFERENCE = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)")
_WORDS = ("url", "events", "when", "template", "secrets", "signed", "suppressed")
T = TypeVar("T")


@dataclass(frozen=True)
class SubscriptionFile:
    """What the file says. rule_words: what a rule says of a contact, by its id. name_from: as in Wording."""

    subscriptions: tuple[Subscription, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)
    rule_words: Mapping[str, str] = field(default_factory=dict)
    name_from: tuple[tuple[str, ...], ...] = NAME_FROM


def read_subscription_file(file: Path) -> SubscriptionFile:
    """What the file says; raises OperatorError where it can't be read, ModelError with each wrong line."""
    try:
        content = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file}: can't be read: {error}; wanted a file of subscriptions"
        raise OperatorError(message) from error
    return parse_subscription_file(content, str(file))


def parse_subscription_file(content: str, source: str) -> SubscriptionFile:
    """What the YAML says; raises ModelError with a line for each thing that is wrong."""
    return _parsed(content, source, "the file", _file)


def parse_subscription(name_of_it: str, content: str, source: str) -> Subscription:
    """The one subscription that the JSON (or YAML) says; raises ModelError with a line for each thing that is wrong."""
    return _parsed(content, source, "the subscription", lambda spot: _subscription(name_of_it, spot))


def _parsed(content: str, source: str, where: str, read: Callable[[LocatedNode], T]) -> T:
    problems = Problems(source)
    result = problems.attempt(lambda: read(LocatedNode(read_tree(content, problems), where, problems)), None)
    problems.refuse()
    assert result is not None
    return result


def _file(spot: LocatedNode) -> SubscriptionFile:
    fields = spot.fields("subscriptions", "calendar", "words", "name_from")
    subscriptions = fields.required("subscriptions", _subscriptions, ())
    calendar = fields.read("calendar", _calendar, Calendar())
    rule_words, name_from = fields.read("words", _rule_words, {}), fields.read("name_from", _name_from, NAME_FROM)
    return SubscriptionFile(subscriptions, calendar, rule_words, name_from)


def _subscriptions(spot: LocatedNode) -> tuple[Subscription, ...]:
    read: list[Subscription | None] = []
    for word, inner in spot.entries("names, each with its subscription").items():
        read.append(spot.problems.attempt(partial(_subscription, word, inner), None))
    return tuple(subscription for subscription in read if subscription is not None)


def _subscription(word: str, spot: LocatedNode) -> Subscription:
    if not NAME.fullmatch(word):
        raise ReadError(
            spot.node.line, f"{spot.where}: wanted a name of at most 64 letters, digits, _ . -; got '{word}'"
        )
    fields = spot.fields(*_WORDS)
    events = fields.required("events", _events, ())
    subscription = Subscription(
        name=word,
        url=fields.required("url", text, ""),
        events=events,
        filter=fields.read("when", lambda inner: _filter(inner, events), Filter()),
        template=fields.read("template", text, "cloudevents"),
        secrets=fields.read("secrets", _secrets, ()),
        gets_suppressed=fields.read("suppressed", _sent_or_skipped, "skip") == "send",
    )
    if "secrets" in fields and not fields.read("signed", flag, True):
        spot.note("wanted secrets, or signed: false; got both")
    elif "secrets" not in fields and fields.read("signed", flag, True):
        spot.note("'secrets' is missing; wanted references to them, or signed: false on purpose; got neither")
    return subscription


def _events(spot: LocatedNode) -> tuple[str, ...]:
    events = tuple(str(item.value) for item in spot.items("a list of became-hot-lead, score-updated"))
    for event in events:
        if event not in EVENTS:
            raise ReadError(spot.node.line, f"{spot.where}: {unknown(event, EVENTS)}")
    return tuple(dict.fromkeys(events))


def _filter(spot: LocatedNode, events: tuple[str, ...]) -> Filter:
    of_change = ("score", "value", "from", "to", "change_at_least", "score_at_least")
    fields = spot.fields(*of_change, "attributes", "segment")
    for word in ("value", "change_at_least", "segment"):
        if word in fields and BECAME_HOT_LEAD in events:
            spot.note(
                f"'{word}' is told by score-updated only; wanted events: [score-updated]; got {', '.join(events)}"
            )
    entered, left = fields.read("segment", _segment, (None, None))
    return Filter(
        score=fields.read("score", name, None),
        value=fields.read("value", text, None),
        from_stages=fields.read("from", _stages, frozenset()),
        to_stages=fields.read("to", _stages, frozenset()),
        change_at_least=fields.read("change_at_least", _above_zero, None),
        score_at_least=fields.read("score_at_least", number, None),
        attributes=fields.read("attributes", read_attribute_conditions, ()),
        entered=entered,
        left=left,
    )


def _segment(spot: LocatedNode) -> tuple[str | None, str | None]:
    """The segments that are entered and left; one of them is None."""
    fields = spot.fields("entered", "left")
    fields.one_of("entered", "left")
    return fields.read("entered", name, None), fields.read("left", name, None)


def _sent_or_skipped(spot: LocatedNode) -> str:
    word = text(spot)
    if word not in ("send", "skip"):
        spot.refuse("send or skip")
    return word


def _above_zero(spot: LocatedNode) -> Decimal:
    size = number(spot)
    if size <= 0:
        spot.refuse("a number above 0")
    return size


def _stages(spot: LocatedNode) -> frozenset[str]:
    if isinstance(spot.node, SequenceNode):
        return frozenset(text(item) for item in spot.items("stages"))
    return frozenset({text(spot)})


def _secrets(spot: LocatedNode) -> tuple[str, ...]:
    secrets = tuple(str(item.value) for item in spot.items("a list of references to secrets, the newest first"))
    for secret in secrets:
        if not REFERENCE.fullmatch(secret):  # never shown: it may be the secret itself
            raise ReadError(spot.node.line, f"{spot.where}: wanted references, env:NAME or file:PATH; got another text")
    return secrets


def _rule_words(spot: LocatedNode) -> dict[str, str]:
    return {rule: text(inner) for rule, inner in spot.entries("rules' ids, each with its words").items()}


def _name_from(spot: LocatedNode) -> tuple[tuple[str, ...], ...]:
    """Attributes, or lists of attributes that are joined."""
    return tuple(
        tuple(text(inner) for inner in one.items("attributes")) if isinstance(one.node, SequenceNode) else (text(one),)
        for one in spot.items("a list of attributes, or of lists of them that are joined")
    )


def _calendar(spot: LocatedNode) -> Calendar:
    fields = spot.fields("time_zone", "weekend", "holidays")
    return Calendar(
        time_zone=fields.read("time_zone", _time_zone, "UTC"),
        weekend=fields.read("weekend", _weekend, Calendar().weekend),
        holidays=fields.read("holidays", _dates, frozenset()),
    )


def _time_zone(spot: LocatedNode) -> str:
    zone = text(spot)
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        spot.refuse("a time zone such as Europe/Berlin")
    return zone


def _weekend(spot: LocatedNode) -> frozenset[str]:
    if isinstance(spot.node, SequenceNode) and not spot.node.items:
        return frozenset()
    days = frozenset(str(item.value) for item in spot.items("a list of days"))
    if not days < frozenset(DAY_NAMES):
        spot.refuse(f"some of {', '.join(DAY_NAMES)}, not all")
    return days


def _dates(spot: LocatedNode) -> frozenset[date]:
    if isinstance(spot.node, SequenceNode) and not spot.node.items:
        return frozenset()
    return frozenset(_date(item) for item in spot.items("a list of dates"))


def _date(spot: LocatedNode) -> date:
    try:
        return date.fromisoformat(str(spot.value))
    except ValueError:
        spot.refuse("a date such as 2026-12-25")
