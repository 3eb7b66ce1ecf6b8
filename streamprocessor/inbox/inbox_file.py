"""The inbox's file, deploy/inbox.example.yaml, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from streamprocessor.contract.model_file.segments import read_attribute_conditions
from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode, SequenceNode, unknown
from streamprocessor.contract.strict_yaml.scalars import count, duration_ms, name, named_entries, text
from streamprocessor.contract.subscriptions.business_days import DAY_NAMES, Calendar
from streamprocessor.contract.subscriptions.email import mail_address
from streamprocessor.contract.subscriptions.references import REFERENCE
from streamprocessor.contract.subscriptions.subscription_file import dates
from streamprocessor.contract.subscriptions.time_zones import time_zone
from streamprocessor.inbox.acts import MOST_CHARS
from streamprocessor.inbox.alerts import AlertLimits, QuietHours
from streamprocessor.inbox.business_hours import (
    DAY_MINUTES,
    BusinessHours,
    NextBusinessDay,
    OpenHours,
    WithinBusinessTime,
)
from streamprocessor.inbox.episode import SYSTEM
from streamprocessor.inbox.rules import JSON, MAIL, ME, NOBODY, SLACK, DueRule, InboxRules, OwnerRule, Salesperson

_TIME = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
_WORDS = ("people", "owners", "due", "business_hours", "time_zone", "holidays", "escalate_to", "alerts", "reasons")


def read_inbox_file(file: Path) -> InboxRules:
    """The rules in the file; raises OperatorError where it can't be read, ModelError with each wrong line."""
    return parse_inbox_file(read_text(file, "a file of the inbox"), str(file))


def parse_inbox_file(content: str, source: str) -> InboxRules:
    """The rules in the YAML; raises ModelError with a line for each thing that is wrong."""
    return read_document(content, source, "the file", _file)


def _file(located: LocatedNode) -> InboxRules:
    fields = located.fields(*_WORDS)
    hours = _business_hours(fields)
    most_an_hour = fields.read("alerts", _alerts, AlertLimits().most_an_hour)
    read = partial(_people, zone=hours.calendar.time_zone, most_an_hour=most_an_hour)
    people = fields.required("people", read, {})
    known = tuple(people)
    if "escalate_to" in fields and "due" not in fields:
        located.note("'escalate_to' is of leads that are overdue; wanted due beside it; got none")
    return InboxRules(
        people=people,
        owners=fields.read("owners", partial(_owners, known=known), ()),
        hours=hours,
        due=fields.read("due", _due, None),
        escalate_to=fields.read("escalate_to", partial(_told, people=people), ()),
        reasons=fields.read("reasons", _reasons, ()),
    )


def _people(located: LocatedNode, zone: str, most_an_hour: int) -> dict[str, Salesperson]:
    people: dict[str, Salesperson] = {}
    for word, inner in named_entries(located, "names of tokens, each with its person").items():
        if word == SYSTEM:
            inner.fail(f"wanted another name, for '{SYSTEM}' stands for these rules; got it")
        if word in (ME, NOBODY):
            inner.fail(f"wanted another name, for '{word}' is a word of those who ask for leads; got it")
        read = partial(_person, word, inner, zone, most_an_hour)
        person = located.problems.attempt(read, None)
        if person is not None:
            people[word] = person
    return people


def _person(word: str, located: LocatedNode, zone: str, most_an_hour: int) -> Salesperson:
    fields = located.fields("name", "webhook", "format", "secrets", "email", "time_zone", "quiet_hours")
    if "email" in fields:
        for other in ("webhook", "format", "secrets"):
            if other in fields:
                located.note(f"'{other}' is of webhooks; wanted none beside email; got one")
    elif "webhook" not in fields:
        for other in ("format", "secrets"):
            if other in fields:
                located.note(f"'{other}' is of webhooks; wanted webhook beside it; got none")
    zone = fields.read("time_zone", time_zone, zone)
    return Salesperson(
        name=word,
        title=fields.read("name", _line, word),
        webhook=fields.read("webhook", _line, None),
        secrets=fields.read("secrets", _secrets, ()),
        email=fields.read("email", mail_address, None),
        form=MAIL if "email" in fields else fields.read("format", _form, JSON),
        limits=AlertLimits(fields.read("quiet_hours", partial(_quiet_hours, zone=zone), None), most_an_hour),
    )


def _form(located: LocatedNode) -> str:
    word = text(located)
    if word not in (JSON, SLACK):
        located.refuse(f"{JSON} or {SLACK}")
    return word


def _owners(located: LocatedNode, known: tuple[str, ...]) -> tuple[OwnerRule, ...]:
    nodes = located.items("a list of rules")
    rules = tuple(_owner(inner, known) for inner in nodes)
    for node, rule in zip(nodes[:-1], rules, strict=False):
        if not rule.conditions:
            node.note("wanted a rule without attributes last, for those after it never count; got others after it")
    return rules


def _owner(located: LocatedNode, known: tuple[str, ...]) -> OwnerRule:
    fields = located.fields("attributes", "owner")
    people = fields.required("owner", partial(_names, known=known), ())
    return OwnerRule(people, fields.read("attributes", read_attribute_conditions, ()))


def _names(located: LocatedNode, known: tuple[str, ...]) -> tuple[str, ...]:
    """People of the file: one, or a list of them."""
    nodes = located.items("a person or a list of them") if isinstance(located.node, SequenceNode) else [located]
    names = tuple(name(node) for node in nodes)
    for each in names:
        if each not in known:
            located.note(unknown(each, known))
    if len(set(names)) != len(names):
        located.refuse("each person once")
    return names


def _told(located: LocatedNode, people: Mapping[str, Salesperson]) -> tuple[str, ...]:
    """People of the file whom alerts reach."""
    names = _names(located, tuple(people))
    for each in names:
        if each in people and people[each].webhook is None and people[each].email is None:
            located.note(f"wanted people with webhook or email, for others can't be told; got '{each}'")
    return names


def _due(located: LocatedNode) -> DueRule | None:
    fields = located.fields("next_business_day_at", "business_time")
    word = fields.one_of("next_business_day_at", "business_time")
    if word == "business_time":
        duration = fields.read(word, duration_ms, None)
        return None if duration is None else WithinBusinessTime(duration)
    minute = fields.read(word, _minute, None)
    return None if minute is None else NextBusinessDay(minute)


def _business_hours(fields: Fields) -> BusinessHours:
    usual = BusinessHours()
    by_day = fields.read("business_hours", _hours_by_day, usual.by_day)
    calendar = Calendar(
        time_zone=fields.read("time_zone", time_zone, usual.calendar.time_zone),
        weekend=frozenset(DAY_NAMES) - by_day.keys(),
        holidays=fields.read("holidays", dates, frozenset()),
    )
    return BusinessHours(calendar, by_day)


def _hours_by_day(located: LocatedNode) -> dict[str, tuple[OpenHours, ...]]:
    fields = located.fields(*DAY_NAMES)
    by_day = {day: fields.read(day, _hours_of_a_day, ()) for day in DAY_NAMES if day in fields}
    if not by_day:
        located.refuse("at least one day with its hours")
    return by_day


def _hours_of_a_day(located: LocatedNode) -> tuple[OpenHours, ...]:
    is_list = isinstance(located.node, SequenceNode)
    hours = tuple(_span(inner) for inner in (located.items("hours such as 09:00-17:00") if is_list else [located]))
    ends = [0, *(end for _, end in hours)]
    if any(start >= end or start < before for (start, end), before in zip(hours, ends, strict=False)):
        located.refuse("hours that end after they start, one after the other")
    return hours


def _quiet_hours(located: LocatedNode, zone: str) -> QuietHours:
    start, end = _span(located)
    if start == end or DAY_MINUTES in (start, end):
        located.refuse("hours such as 20:00-07:00, or 00:00-07:00")
    return QuietHours(zone, start, end)


def _span(located: LocatedNode) -> OpenHours:
    begin, _, end = str(located.value).partition("-")
    if not (_TIME.fullmatch(begin) and _TIME.fullmatch(end)):
        located.refuse("hours such as 09:00-17:00")
    called = [_minute_of(each) for each in (begin, end)]
    if max(called) > DAY_MINUTES:
        located.refuse("hours up to 24:00")
    return OpenHours(*called)


def _minute(located: LocatedNode) -> int:
    written = str(located.value)
    if not _TIME.fullmatch(written) or _minute_of(written) >= DAY_MINUTES:
        located.refuse("a time of the day such as 12:00")
    return _minute_of(written)


def _minute_of(written: str) -> int:
    return int(written[:2]) * 60 + int(written[3:])


def _alerts(located: LocatedNode) -> int:
    return located.fields("most_an_hour").required("most_an_hour", count, 1)


def _reasons(located: LocatedNode) -> tuple[str, ...]:
    return tuple(_line(inner) for inner in located.items("a list of reasons for rejections"))


def _line(located: LocatedNode) -> str:
    line = text(located)
    if not line.isprintable() or len(line) > MOST_CHARS:
        located.fail(f"wanted a text of at most {MOST_CHARS} characters, none of them a control; got another")
    return line


def _secrets(located: LocatedNode) -> tuple[str, ...]:
    secrets = tuple(str(item.value) for item in located.items("a list of references to secrets, the newest first"))
    if not all(REFERENCE.fullmatch(secret) and secret.isprintable() for secret in secrets):
        located.fail("wanted references, env:NAME or file:PATH; got another text")  # it may be the secret itself
    return secrets
