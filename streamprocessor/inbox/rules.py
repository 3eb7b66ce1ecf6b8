"""What the inbox's file says: people, who owns which leads, by when they are due, and who is told when they are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from streamprocessor.contract.segment_membership import holds
from streamprocessor.inbox.alerts import AlertLimits
from streamprocessor.inbox.business_hours import BusinessHours, NextBusinessDay, WithinBusinessTime
from streamprocessor.scoring.model.contact_filter import AttributeCondition, ContactFilter

DueRule: TypeAlias = NextBusinessDay | WithinBusinessTime

ME, NOBODY = "me", "nobody"
"""Words of those who ask whose leads they want, so that no person can have such a name."""

JSON, SLACK, MAIL = FORMS = ("json", "slack", "mail")


@dataclass(frozen=True, slots=True)
class Salesperson:
    """Somebody who takes leads.

    name: that of the token or session with which the person acts.
    title: what others read.
    webhook: where alerts go, or a reference to it; None: to no webhook.
    secrets: references to what webhooks are signed with.
    email: the address that alerts go to; None: to none. One of both at most.
    form: of FORMS, how alerts are spelled.
    """

    name: str
    title: str
    webhook: str | None = None
    secrets: tuple[str, ...] = ()
    email: str | None = None
    form: str = JSON
    limits: AlertLimits = field(default_factory=AlertLimits)


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """Whose leads they are of which all conditions hold: one person's, or those of several in turn."""

    people: tuple[str, ...]
    conditions: tuple[AttributeCondition, ...] = ()

    @property
    def turn_key(self) -> str:
        """Under what the turns of these people are counted, whatever the conditions."""
        return " ".join(self.people)


@dataclass(frozen=True)
class InboxRules:
    """The content of the inbox's file.

    owners: the first that holds counts.
    due: None: leads have no due instant.
    escalate_to: people who are told of leads that are overdue.
    reasons: of which one goes with each rejection; none: any text, or no reason at all.
    """

    people: Mapping[str, Salesperson] = field(default_factory=dict)
    owners: tuple[OwnerRule, ...] = ()
    hours: BusinessHours = field(default_factory=BusinessHours)
    due: DueRule | None = None
    escalate_to: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes that the owner rules ask for."""
        return frozenset(condition.attribute for rule in self.owners for condition in rule.conditions)

    def due_ms(self, at_ms: int) -> int | None:
        """When a lead of that instant is due; None: never."""
        return None if self.due is None else self.due.due_ms(self.hours, at_ms)


class Assignment(NamedTuple):
    """Whose lead it is.

    owner: None: no rule holds.
    turn_key: of the people one of whom had a turn; None: nobody had.
    """

    owner: str | None
    turn_key: str | None


def assignment_of(
    rules: InboxRules, attributes: Mapping[str, Any], turns: Mapping[str, int], before: str | None = None
) -> Assignment:
    """Whose lead a contact with these attributes is.

    turns: how many there were, by turn_key.
    before: whose the contact's lead before this one is. Who may have this one, too, gets it, so that no two people
    call the same contact; None: nobody's.
    """
    for rule in rules.owners:
        if holds(ContactFilter(attributes=rule.conditions), {}, attributes, suppressed=False):
            if before in rule.people:
                return Assignment(before, None)
            key = rule.turn_key
            return Assignment(rule.people[turns.get(key, 0) % len(rule.people)], key if len(rule.people) > 1 else None)
    return Assignment(None, None)
