"""Subscriptions as they are written: one YAML file, or one JSON value of the subscriptions topic, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.model_file.segments import read_attribute_conditions
from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import LocatedNode, SequenceNode, unknown
from streamprocessor.contract.strict_yaml.scalars import flag, name, number, text
from streamprocessor.contract.subscriptions.business_days import DAY_NAMES, Calendar
from streamprocessor.contract.subscriptions.email import read_email
from streamprocessor.contract.subscriptions.references import KEPT, is_secret_reference
from streamprocessor.contract.subscriptions.subscriptions import Subscription, SubscriptionFilter
from streamprocessor.contract.subscriptions.time_zones import time_zone
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.errors import ModelError

EVENTS = (BECAME_HOT_LEAD, SCORE_UPDATED)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
MAX_CHARS = 64 * 1024
"""The largest size of one subscription as the topic holds it."""
_WORDS = ("url", "email", "events", "when", "template", "secrets", "signed", "suppressed")


@dataclass(frozen=True)
class SubscriptionFile:
    """The content of a subscriptions' file.

    subscriptions: in the order of the file.
    calendar: of working days and the time zone, for sentences.
    rule_words: the words for what a rule says of a contact, by its id.
    name_from: attributes that make a contact's name, lists of them joined; the first that is there counts. None: those
        that the model's `display` says.
    """

    subscriptions: tuple[Subscription, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)
    rule_words: Mapping[str, str] = field(default_factory=dict)
    name_from: tuple[tuple[str, ...], ...] | None = None


def read_subscription_file(file: Path) -> SubscriptionFile:
    """The subscriptions in the file; raises OperatorError where it can't be read, ModelError with each wrong line."""
    return parse_subscription_file(read_text(file, "a file of subscriptions"), str(file))


def parse_subscription_file(content: str, source: str) -> SubscriptionFile:
    """The subscriptions in the YAML; raises ModelError with a line for each thing that is wrong."""
    return read_document(content, source, "the file", _file)


def parse_subscription(subscription_name: str, content: str, source: str) -> Subscription:
    """The one subscription in the JSON (or YAML); raises ModelError with a line for each thing that is wrong."""
    if len(content) > MAX_CHARS:
        message = f"{source}: wanted at most {MAX_CHARS} characters; got {len(content)}"
        raise ModelError(message)
    return read_document(content, source, "the subscription", partial(_subscription, subscription_name))


def _file(located: LocatedNode) -> SubscriptionFile:
    fields = located.fields("subscriptions", "calendar", "words", "name_from")
    subscriptions = fields.required("subscriptions", _subscriptions, ())
    calendar = fields.read("calendar", _calendar, Calendar())
    rule_words, name_from = fields.read("words", _rule_words, {}), fields.read("name_from", _name_from, None)
    return SubscriptionFile(subscriptions, calendar, rule_words, name_from)


def _subscriptions(located: LocatedNode) -> tuple[Subscription, ...]:
    read: list[Subscription | None] = []
    for word, inner in located.entries("names, each with its subscription").items():
        read.append(located.problems.attempt(partial(_subscription, word, inner), None))
    return tuple(subscription for subscription in read if subscription is not None)


def _subscription(word: str, located: LocatedNode) -> Subscription:
    if not NAME.fullmatch(word):
        located.fail(f"wanted a name of at most 64 letters, digits, _ . -; got '{shown_text(word)}'")
    fields = located.fields(*_WORDS)
    target = located.problems.attempt(lambda: fields.one_of("url", "email"), None)
    events = fields.required("events", _events, ())
    subscription = Subscription(
        name=word,
        url=fields.read("url", _line, None),
        email=fields.read("email", read_email, None),
        events=events,
        filter=fields.read("when", lambda inner: _filter(inner, events), SubscriptionFilter()),
        template=fields.read("template", _line, "mail" if target == "email" else "cloudevents"),
        secrets=fields.read("secrets", partial(_secrets, word), ()),
        gets_suppressed=fields.read("suppressed", _sent_or_skipped, "skip") == "send",
    )
    if target == "email":
        for word_of_webhooks in ("secrets", "signed"):
            if word_of_webhooks in fields:
                located.note(f"'{word_of_webhooks}' is of webhooks; wanted none beside email; got one")
    elif "secrets" in fields and not fields.read("signed", flag, True):
        located.note("wanted secrets, or signed: false; got both")
    elif "secrets" not in fields and fields.read("signed", flag, True):
        located.note("'secrets' is missing; wanted references to them, or signed: false on purpose; got neither")
    return subscription


def _line(located: LocatedNode) -> str:
    """A text that a person could have typed: without control characters, which are never shown."""
    line = text(located)
    if not line.isprintable():
        located.fail("wanted a text without control characters; got one with them")
    return line


def _events(located: LocatedNode) -> tuple[str, ...]:
    events = tuple(str(item.value) for item in located.items("a list of became-hot-lead, score-updated"))
    for event in events:
        if event not in EVENTS:
            located.fail(unknown(event, EVENTS))
    return tuple(dict.fromkeys(events))


def _filter(located: LocatedNode, events: tuple[str, ...]) -> SubscriptionFilter:
    of_change = ("score", "value", "from", "to", "change_at_least", "score_at_least")
    fields = located.fields(*of_change, "attributes", "segment")
    for word in ("value", "change_at_least", "segment"):
        if word in fields and BECAME_HOT_LEAD in events:
            located.note(
                f"'{word}' is told by score-updated only; wanted events: [score-updated]; got {', '.join(events)}"
            )
    entered, left = fields.read("segment", _segment, (None, None))
    return SubscriptionFilter(
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


def _segment(located: LocatedNode) -> tuple[str | None, str | None]:
    """The segments that are entered and left; one of them is None."""
    fields = located.fields("entered", "left")
    fields.one_of("entered", "left")
    return fields.read("entered", name, None), fields.read("left", name, None)


def _sent_or_skipped(located: LocatedNode) -> str:
    word = text(located)
    if word not in ("send", "skip"):
        located.refuse("send or skip")
    return word


def _above_zero(located: LocatedNode) -> Decimal:
    size = number(located)
    if size <= 0:
        located.refuse("a number above 0")
    return size


def _stages(located: LocatedNode) -> frozenset[str]:
    if isinstance(located.node, SequenceNode):
        return frozenset(text(item) for item in located.items("stages"))
    return frozenset({text(located)})


def _secrets(subscription_name: str, located: LocatedNode) -> tuple[str, ...]:
    secrets = tuple(str(item.value) for item in located.items("a list of references to secrets, the newest first"))
    for secret in secrets:
        if not is_secret_reference(secret):  # never shown: it may be the secret itself
            located.fail("wanted references, env:NAME, file:PATH or kept:NAME/NUMBER; got another text")
        kept = KEPT.fullmatch(secret)
        if kept is not None and kept[1] != subscription_name:  # who signs as another could be taken for it
            located.fail(f"wanted a secret that is kept for '{shown_text(subscription_name)}'; got that of another")
    return secrets


def _rule_words(located: LocatedNode) -> dict[str, str]:
    return {rule: text(inner) for rule, inner in located.entries("rules' ids, each with its words").items()}


def _name_from(located: LocatedNode) -> tuple[tuple[str, ...], ...]:
    """Attributes, or lists of attributes that are joined."""
    return tuple(
        tuple(text(inner) for inner in one.items("attributes")) if isinstance(one.node, SequenceNode) else (text(one),)
        for one in located.items("a list of attributes, or of lists of them that are joined")
    )


def _calendar(located: LocatedNode) -> Calendar:
    fields = located.fields("time_zone", "weekend", "holidays")
    return Calendar(
        time_zone=fields.read("time_zone", time_zone, "UTC"),
        weekend=fields.read("weekend", _weekend, Calendar().weekend),
        holidays=fields.read("holidays", dates, frozenset()),
    )


def _weekend(located: LocatedNode) -> frozenset[str]:
    if located.is_empty_list:
        return frozenset()
    days = frozenset(str(item.value) for item in located.items("a list of days"))
    if not days < frozenset(DAY_NAMES):
        located.refuse(f"some of {', '.join(DAY_NAMES)}, not all")
    return days


def dates(located: LocatedNode) -> frozenset[date]:
    """Dates, each once; an empty list is none."""
    if located.is_empty_list:
        return frozenset()
    return frozenset(_date(item) for item in located.items("a list of dates"))


def _date(located: LocatedNode) -> date:
    try:
        return date.fromisoformat(str(located.value))
    except ValueError:
        located.refuse("a date such as 2026-12-25")
