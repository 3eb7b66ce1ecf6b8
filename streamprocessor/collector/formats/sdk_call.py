"""One call of an SDK, whatever its spelling, and the records that follow from it.

A call becomes at most one event and some contact updates. The event, or else the update of attributes, has the call's
own id; the others have ids made of it, so that a call sent twice is one call.

Contact: the user's id as it is; without one `anon:<anonymous id>`; with a mail address alone `email:<hash>`. An
identify or a form that says an address, and no user's id, is the address's: the browser may be somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from streamprocessor.collector.formats.sdk_forms import typed_address
from streamprocessor.collector.formats.vocabulary import Vocabulary, written_fields
from streamprocessor.collector.http.wire_format import CollectedEvent, TopicEntry, event_entry, update_entry
from streamprocessor.contract import reason_codes
from streamprocessor.contract.access_policy import Act
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.address_identities import one_address
from streamprocessor.contract.events.event_fields import MAX_KEY_BYTES, contact_of, id_of
from streamprocessor.contract.events.events import MAX_TYPE_CHARS
from streamprocessor.contract.events.updates import ONCE
from streamprocessor.contract.placeholder_ids import is_placeholder
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.contract.topic_names import FORM_SUBMISSION, PAGE_VISIT
from streamprocessor.errors import RecordError

_ON_A_PAGE = (PAGE_VISIT, FORM_SUBMISSION)


class CallIdentity(NamedTuple):
    """Whom a call is about: ids as the source has them, None where it names none."""

    user_id: str | None = None
    anonymous_id: str | None = None
    address: str | None = None


class TrackedEvent(NamedTuple):
    """An event as a source tells of it.

    name: as the source spells it.
    page: the page it happened on (url, path, referrer, title), for what properties lack.
    campaign: of the visit, where properties have none; None where it is unknown.
    """

    name: str
    properties: dict[str, Any]
    context: dict[str, Any]
    page: Mapping[str, Any] = {}
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class SdkCall:
    """One call of an SDK.

    id: the call's own.
    occurred_at_ms: by our clock.
    identity: whom it is about.
    event: None where it is about the contact only.
    attributes: to be written, of objects each field for itself; None takes away; empty where there are none.
    attributes_once: to be written only where nobody wrote them.
    identify_id: the id of the statement that the ids of `identity` are one contact; None where it makes none.
    former_ids: ids that were the same contact's before, as known or as anonymous ones.
    is_group: whether the attributes are those of the contact's group.
    has_device: whether it names the visitor's device, where `identity` does not name the visitor.
    """

    id: str
    occurred_at_ms: int
    identity: CallIdentity
    event: TrackedEvent | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    attributes_once: dict[str, Any] = field(default_factory=dict)
    identify_id: str | None = None
    former_ids: tuple[str, ...] = ()
    is_group: bool = False
    has_device: bool = False

    @property
    def act_of_attributes(self) -> Act:
        """What writing the attributes is: of a visitor who says who it is, or of somebody."""
        if self.identity.user_id is not None and self.identity.anonymous_id is None and not self.has_device:
            return Act.TRAITS_OF_ANOTHER
        return Act.GROUP if self.is_group else Act.TRAITS


class NamedCall(NamedTuple):
    """A call without the ids that stand for nobody. placeholders: how many it had."""

    call: SdkCall
    placeholders: int


def without_placeholders(call: SdkCall) -> NamedCall:
    """The call with the ids that are some; raises RecordError where it had others and none is left."""
    user_id, visitor, address = call.identity
    kept = CallIdentity(_unless_placeholder(user_id), _unless_placeholder(visitor), address)
    former_ids = tuple(former for former in call.former_ids if not is_placeholder(former))
    placeholders = (kept.user_id != user_id) + (kept.anonymous_id != visitor) + len(call.former_ids) - len(former_ids)
    if not placeholders:
        return NamedCall(call, 0)
    if kept == CallIdentity() or (call.former_ids and not former_ids):
        raise RecordError(reason_codes.PLACEHOLDER_ID, "wanted somebody's id; got a text that stands for none")
    return NamedCall(replace(call, identity=kept, former_ids=former_ids), placeholders)


def _unless_placeholder(own_id: str | None) -> str | None:
    return None if own_id is None or is_placeholder(own_id) else own_id


class SaidAddresses:
    """Which address each visitor of a request was said to read, so that a form sent after it is of that address."""

    def __init__(self) -> None:
        self._of_visitors: dict[str, str] = {}

    def heard(self, call: SdkCall) -> SdkCall:
        """The call, with the address that its visitor was said to read last, where it says none and names no user."""
        user_id, visitor, address = call.identity
        if visitor is None:
            return call
        if user_id is not None:
            self._of_visitors.pop(visitor, None)
        elif address is None:
            return replace(call, identity=call.identity._replace(address=self._of_visitors.get(visitor)))
        elif call.identify_id is not None:
            self._of_visitors[visitor] = address
        return call


def records_of(call: SdkCall, contact_ids: ContactIds, vocabulary: Vocabulary) -> list[TopicEntry]:
    """The records that the call means, the event first; raises RecordError where it names no contact or no event."""
    call = _as_of_its_address(call, vocabulary)
    contact_id = _contact_of(call, contact_ids)
    entries = []
    if call.event is not None:
        entry = event_entry(_event(call, call.event, contact_id, vocabulary))
        anonymous_id = call.identity.anonymous_id
        entries.append(entry if anonymous_id is None else entry._replace(visitor=contact_ids.anonymous(anonymous_id)))
    if attributes := written_fields(vocabulary.attributes_of(call.attributes)):
        update_id = call.id if call.event is None else _derived(call.id, "attributes")
        content = {"update": "attributes", "attributes": attributes}
        entry = update_entry(update_id, contact_id, call.occurred_at_ms, content)
        entries.append(entry._replace(act=call.act_of_attributes))
    if once := written_fields(vocabulary.attributes_of(call.attributes_once)):
        only_once = {"update": "attributes", "attributes": once, ONCE: True}
        entry = update_entry(_derived(call.id, ONCE), contact_id, call.occurred_at_ms, only_once)
        entries.append(entry._replace(act=call.act_of_attributes))
    if call.identify_id is not None:
        entries += _identify_updates(call, call.identify_id, contact_ids)
    if call.former_ids:
        entries += _former_id_updates(call, contact_id, contact_ids)
    return entries


def text_id(value: object, where: str) -> str | None:
    """An id as a text, also where it came as an integer; None where it is absent or empty; raises RecordError."""
    if value is None or value == "":
        return None
    if type(value) is int:
        return str(value)
    if not isinstance(value, str):
        raise RecordError(reason_codes.BAD_ID, f"{where}: wanted a text or an integer; got {kind_of(value)}")
    return value


def address_in(*traits: Mapping[str, Any]) -> str | None:
    """The first mail address among traits; None where there is none."""
    addresses = (one_address(of_one.get("email")) for of_one in traits)
    return next((address for address in addresses if address is not None), None)


def _as_of_its_address(call: SdkCall, vocabulary: Vocabulary) -> SdkCall:
    """The call; a form of no known user also says that its visitor is whoever reads the address that was typed."""
    identity = call.identity
    if call.event is None or identity.user_id is not None or vocabulary.type_of(call.event.name) != FORM_SUBMISSION:
        return call
    address = typed_address(call.event.properties) or identity.address
    if address is None:
        return call
    return replace(call, identity=identity._replace(address=address), identify_id=call.id)


def _contact_of(call: SdkCall, contact_ids: ContactIds) -> str:
    identity = call.identity
    says_who = call.identify_id is not None and identity.address is not None
    if identity.user_id is not None:
        contact_id = identity.user_id
    elif identity.anonymous_id is not None and not says_who:
        contact_id = contact_ids.anonymous(identity.anonymous_id)
    elif identity.address is not None:
        contact_id = contact_ids.address(identity.address)
    else:
        raise RecordError(reason_codes.NO_CONTACT, "wanted a user id, an anonymous id or a mail address; got none")
    return contact_of(contact_id.encode())


def _event(call: SdkCall, event: TrackedEvent, contact_id: str, vocabulary: Vocabulary) -> CollectedEvent:
    event_type = vocabulary.type_of(event.name) if len(event.name) <= MAX_TYPE_CHARS else ""
    if not event_type:
        rule = f"a name of 1 to {MAX_TYPE_CHARS} characters with letters or digits"
        raise RecordError(reason_codes.UNKNOWN_TYPE, f"the event's name: wanted {rule}; got another")
    defaults = {**(event.page if event_type in _ON_A_PAGE else {}), "campaign": event.campaign}
    properties = vocabulary.properties_of(event_type, event.properties, defaults)
    return CollectedEvent(call.id, contact_id, event_type, call.occurred_at_ms, properties, event.context)


def _identify_updates(call: SdkCall, identify_id: str, contact_ids: ContactIds) -> Iterator[TopicEntry]:
    """Weaker ids link to the strongest: to a user's id before an address, to that before an anonymous id."""
    user_id, anonymous_id, address = call.identity
    strongest = user_id
    if address is not None:
        address_contact = contact_ids.address(address)
        if user_id is not None:
            yield _identify(call, _derived(identify_id, "address"), user_id, address_contact)
        strongest = user_id or address_contact
    if strongest is not None and anonymous_id is not None:
        yield _identify(call, _derived(identify_id, "anonymous"), strongest, contact_ids.anonymous(anonymous_id))


def _former_id_updates(call: SdkCall, contact_id: str, contact_ids: ContactIds) -> Iterator[TopicEntry]:
    for number, former in enumerate(call.former_ids):
        if former != contact_id:
            content = {"update": "merge", "from": contact_of(former.encode())}
            entry = update_entry(_derived(call.id, f"former-{number}"), contact_id, call.occurred_at_ms, content)
            yield entry._replace(act=Act.ALIAS)
        # Whether it was a user's id or an anonymous one, the source does not say: it may have been both.
        # One that is too long for a visitor's was none.
        anonymous = contact_ids.anonymous(former)
        if anonymous != contact_id and len(anonymous.encode()) <= MAX_KEY_BYTES:
            entry = _identify(call, _derived(call.id, f"former-anonymous-{number}"), contact_id, anonymous)
            yield entry._replace(act=Act.ALIAS)


def _identify(call: SdkCall, update_id: str, contact_id: str, weaker_id: str) -> TopicEntry:
    content = {"update": "identify", "anonymous_id": contact_of(weaker_id.encode())}
    return update_entry(update_id, contact_id, call.occurred_at_ms, content)


def _derived(call_id: str, which: str) -> str:
    derived = id_of(f"{call_id}:{which}")
    assert derived is not None
    return derived
