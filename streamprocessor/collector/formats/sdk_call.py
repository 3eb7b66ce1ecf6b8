"""What one call of an SDK says, whatever its spelling, and the records that follow from it.

A call becomes at most one event and some contact updates. The event, or else the update of attributes, has the call's
own id; the others have ids made of it, so that a call sent twice is one call.

Contact: the user's id as it is; without one `anon:<anonymous id>`; with a mail address alone `email:<hash>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streamprocessor.collector.contact_ids import ContactIds
from streamprocessor.collector.formats.vocabulary import Vocabulary
from streamprocessor.collector.http.wire_format import TopicEntry, update_entry
from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.event_fields import contact_of, id_of
from streamprocessor.contract.events.events import MAX_TYPE_CHARS
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.errors import RecordError

_ON_A_PAGE = ("page_visit", "form_submission")


class CallIdentity(NamedTuple):
    """Whom a call is about: ids as the source has them, None where it doesn't say."""

    user_id: str | None = None
    anonymous_id: str | None = None
    address: str | None = None


class TrackedEvent(NamedTuple):
    """An event: its name as the source spells it, and what it says of it.

    page: the page it happened on (url, path, referrer, title), campaign: of the visit; both for what properties lack.
    """

    name: str
    properties: dict[str, Any]
    context: dict[str, Any]
    page: Mapping[str, Any] = {}
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class SdkCall:
    """One call: who, when by our clock, and what.

    id: the call's own. event: None where it is about the contact only. attributes: to be written. joins: the id of
    saying that the ids it names are one contact, None where it doesn't say so. former_ids: ids that were the same
    contact's before, as known or as anonymous ones.
    """

    id: str
    occurred_at_ms: int
    who: CallIdentity
    event: TrackedEvent | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    identify_id: str | None = None
    former_ids: tuple[str, ...] = ()


def records_of(said: SdkCall, naming: ContactIds, vocabulary: Vocabulary) -> list[TopicEntry]:
    """The records that the call means, the event first; raises RecordError where it names no contact or no event."""
    contact_id = _contact_of(said.who, naming)
    entries = []
    if said.event is not None:
        entries.append(_event(said, said.event, contact_id, vocabulary))
    if said.attributes:
        update_id = said.id if said.event is None else _derived(said.id, "attributes")
        content = {"update": "attributes", "attributes": vocabulary.attributes_of(said.attributes)}
        entries.append(update_entry(update_id, contact_id, said.occurred_at_ms, content))
    if said.identify_id is not None:
        entries += _joins(said, said.identify_id, naming)
    if said.former_ids:
        entries += _former(said, contact_id, naming)
    return entries


def text_id(said: object, where: str) -> str | None:
    """An id as a text, also where it came as an integer; None where it is absent or empty; raises RecordError."""
    if said is None or said == "":
        return None
    if type(said) is int:
        return str(said)
    if not isinstance(said, str):
        raise RecordError(reason_codes.BAD_ID, f"{where}: wanted a text or an integer; got {kind_of(said)}")
    return said


def address_in(*traits: Mapping[str, Any]) -> str | None:
    """The first mail address among traits; None where there is none."""
    said = (some.get("email") for some in traits)
    return next((text for text in said if isinstance(text, str) and "@" in text), None)


def _contact_of(who: CallIdentity, naming: ContactIds) -> str:
    if who.user_id is not None:
        contact_id = who.user_id
    elif who.anonymous_id is not None:
        contact_id = naming.anonymous(who.anonymous_id)
    elif who.address is not None:
        contact_id = naming.address(who.address)
    else:
        raise RecordError(reason_codes.NO_CONTACT, "wanted a user id, an anonymous id or a mail address; got none")
    return contact_of(contact_id.encode())


def _event(said: SdkCall, event: TrackedEvent, contact_id: str, vocabulary: Vocabulary) -> TopicEntry:
    event_type = vocabulary.type_of(event.name) if len(event.name) <= MAX_TYPE_CHARS else ""
    if not event_type:
        wanted = f"a name of 1 to {MAX_TYPE_CHARS} characters with letters or digits"
        raise RecordError(reason_codes.UNKNOWN_TYPE, f"the event's name: wanted {wanted}; got another")
    around = {**(event.page if event_type in _ON_A_PAGE else {}), "campaign": event.campaign}
    properties = vocabulary.properties_of(event_type, event.properties, around)
    value = {
        "id": said.id,
        "contact_id": contact_id,
        "type": event_type,
        "occurred_at": format_rfc3339(said.occurred_at_ms),
        "properties": properties,
        "context": event.context,
    }
    return TopicEntry(vocabulary.topic_of(event_type), contact_id, value)


def _joins(said: SdkCall, joins_id: str, naming: ContactIds) -> Iterator[TopicEntry]:
    """What came under weaker ids joins the strongest: a user's id before an address, that before an anonymous id."""
    who = said.who
    known = who.user_id
    if who.address is not None:
        by_address = naming.address(who.address)
        if known is not None:
            yield _identified(said, _derived(joins_id, "address"), known, by_address)
        known = known or by_address
    if known is not None and who.anonymous_id is not None:
        yield _identified(said, _derived(joins_id, "anonymous"), known, naming.anonymous(who.anonymous_id))


def _former(said: SdkCall, contact_id: str, naming: ContactIds) -> Iterator[TopicEntry]:
    for number, former in enumerate(said.former_ids):
        if former != contact_id:
            content = {"update": "merge", "from": contact_of(former.encode())}
            yield update_entry(_derived(said.id, f"former-{number}"), contact_id, said.occurred_at_ms, content)
        # Whether it was a user's id or an anonymous one, the source does not say: it may have been both.
        if (anonymous := naming.anonymous(former)) != contact_id:
            yield _identified(said, _derived(said.id, f"former-anonymous-{number}"), contact_id, anonymous)


def _identified(said: SdkCall, update_id: str, contact_id: str, weaker_id: str) -> TopicEntry:
    content = {"update": "identify", "anonymous_id": contact_of(weaker_id.encode())}
    return update_entry(update_id, contact_id, said.occurred_at_ms, content)


def _derived(said_id: str, which: str) -> str:
    derived = id_of(f"{said_id}:{which}")
    assert derived is not None
    return derived
