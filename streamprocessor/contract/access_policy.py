"""What may be said through which door with which kind of key: one policy, which every door asks for each item.

Keys of browsers are public: they stand in pages, forms and apps, so that anybody has them. With one, a visitor tells
what it does and who it is, and nothing that takes, hides or changes what is known of others. So it may unsubscribe
itself, as a visitor, which counts for whomever the visitor turns out to be; a known contact is unsubscribed, or taken
back, with other keys and by the signed links of mails alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from streamprocessor.contract.events.cloud_events import event_object
from streamprocessor.contract.lead_types import LEAD_TYPES
from streamprocessor.scoring.model.model import Suppression
from streamprocessor.scoring.record.links import ADDRESS_ALONE, ANONYMOUS, identity_strength

NOT_WITH_THIS_KEY = "not-with-this-key"
"""Why an item is refused: the key that let in may not say so."""


class Act(StrEnum):
    """What an item says."""

    EVENT = "event"
    IDENTIFY = "identify"
    """An anonymous visitor is somebody."""
    ALIAS = "alias"
    """An id, which may be a known contact's, is another one's."""
    GROUP = "group"
    TRAITS = "traits"
    """Attributes of the visitor itself, or of the contact that the visitor says it is."""
    TRAITS_OF_ANOTHER = "traits of another"
    ADDRESS = "address"
    """What is filed under a mail address is a known contact's."""
    MERGE = "merge"
    UNMERGE = "unmerge"
    SUPPRESSED = "suppressed"
    OPT_OUT = "opt-out"
    """An event by which a known contact may not be written to any more, or may again."""
    LEAD = "lead"
    """An event that says what salespeople did with a hot lead, or whose it is."""
    DO_NOT_SCORE = "do_not_score"
    VERDICT = "verdict"
    ACTOR = "actor"
    """Who did an event, a person or a machine, stated with it."""
    ERASE = "erase"


class KeyKind(StrEnum):
    """What a source shows to be let in."""

    BROWSER = "browser key"
    WRITE = "write key"
    TOKEN = "token with write"
    ERASING_TOKEN = "token with write and erase"


#: What may be said with each kind of key, wherever it can be said.
MAY: Mapping[KeyKind, frozenset[Act]] = {
    KeyKind.BROWSER: frozenset({Act.EVENT, Act.IDENTIFY, Act.GROUP, Act.TRAITS}),
    KeyKind.WRITE: frozenset(Act),
    KeyKind.TOKEN: frozenset(Act) - {Act.DO_NOT_SCORE, Act.ERASE},
    KeyKind.ERASING_TOKEN: frozenset(Act),
}

_OF_TOPICS = frozenset(Act) - {Act.ALIAS, Act.GROUP}
_OF_TRACKERS = frozenset(
    {Act.EVENT, Act.IDENTIFY, Act.TRAITS, Act.TRAITS_OF_ANOTHER, Act.ADDRESS, Act.OPT_OUT, Act.LEAD}
)
_OF_SDKS = _OF_TRACKERS | {Act.ALIAS, Act.GROUP}
_OF_SITES = frozenset({Act.EVENT, Act.IDENTIFY, Act.TRAITS})
_COLLECTOR = (KeyKind.BROWSER, KeyKind.WRITE)

IMPORT = "import"


class Door(NamedTuple):
    """A way in.

    kinds: of keys that open it.
    says: what it has words for.
    """

    kinds: tuple[KeyKind, ...]
    says: frozenset[Act]


#: The collector's are called as its wire formats.
DOORS: Mapping[str, Door] = {
    "native": Door(_COLLECTOR, _OF_TOPICS),
    "segment": Door(_COLLECTOR, _OF_SDKS),
    "jitsu": Door(_COLLECTOR, _OF_SDKS),
    "posthog": Door(_COLLECTOR, _OF_SDKS),
    "posthog-v1": Door(_COLLECTOR, _OF_SDKS),
    "snowplow": Door(_COLLECTOR, _OF_TRACKERS),
    "beacon": Door(_COLLECTOR, _OF_SITES),
    "forms": Door(_COLLECTOR, _OF_SITES),
    IMPORT: Door((KeyKind.TOKEN, KeyKind.ERASING_TOKEN), _OF_TOPICS),
}


@cache
def allowed(door: str, kind: KeyKind) -> frozenset[Act]:
    """What may be said there with such a key; raises KeyError for a door that is none of DOORS."""
    kinds, says = DOORS[door]
    return says & MAY[kind] if kind in kinds else frozenset()


def is_allowed(door: str, kind: KeyKind, act: Act) -> bool:
    """Whether it may be said there with such a key; raises KeyError for a door that is none of DOORS."""
    return act in allowed(door, kind)


def acts_of(contact_id: str, value: dict[str, Any]) -> tuple[Act, ...]:
    """What a record of an input topic says, by its own words alone; nothing where it is an update that is not known.

    contact_id: the record's key. Raises RecordError for a CloudEvent that carries no object.
    """
    value = event_object(value, None)  # what the worker will read
    update = value.get("update")
    if "update" not in value:
        context = value.get("context")
        has_actor = isinstance(context, Mapping) and context.get("actor") is not None
        return (act_of_event(contact_id, value), Act.ACTOR) if has_actor else (act_of_event(contact_id, value),)
    if update == "attributes":
        is_known = identity_strength(contact_id) > ADDRESS_ALONE
        return (Act.TRAITS_OF_ANOTHER,) if is_known else (Act.TRAITS,)
    if update == "identify":
        return (_act_of_identify(contact_id, value.get("anonymous_id")),)
    return (Act(update),) if isinstance(update, str) and update in _OTHER_UPDATES else ()


def act_of_event(contact_id: str, value: Mapping[str, Any]) -> Act:
    """What a record says that is an event, whoever did it.

    A visitor may opt out of itself, but not back in: it may be said to be a contact who opted out. The types
    are those of a model that names none: words of a model's own are as open as any other event.
    """
    type_ = value.get("type")
    if not isinstance(type_, str) or type_ not in _OPTING_TYPES:
        return Act.LEAD if type_ in LEAD_TYPES else Act.EVENT
    is_of_visitor = identity_strength(contact_id) == ANONYMOUS
    return Act.EVENT if is_of_visitor and type_ not in _USUAL.lifted_by else Act.OPT_OUT


_USUAL = Suppression()
_OPTING_TYPES = frozenset({*_USUAL.by, *_USUAL.lifted_by, "email_bounce"})
_OTHER_UPDATES = (Act.MERGE, Act.UNMERGE, Act.SUPPRESSED, Act.DO_NOT_SCORE, Act.VERDICT, Act.ERASE)


def _act_of_identify(contact_id: str, source: object) -> Act:
    """Only a visitor is identified: of any other id an identify is a merge, or takes what is filed under an address."""
    strength = identity_strength(source) if isinstance(source, str) else None
    if strength == ADDRESS_ALONE:
        return Act.ADDRESS
    is_visitor = strength == ANONYMOUS and identity_strength(contact_id) > ANONYMOUS
    return Act.IDENTIFY if is_visitor else Act.MERGE
