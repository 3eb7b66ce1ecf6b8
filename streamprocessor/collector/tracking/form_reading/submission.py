"""A form that was sent, as records: the submission of whoever's address it holds, and what it tells of that person.

An address that was typed is a stronger word on who sent a form than the visitor of a shared browser, or than a mail
that was handed on: the form and its fields go to the address. The visitor is said to be that person, too; the worker
heeds it only of a visitor who is nobody's yet, so what was done before stays whose it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from streamprocessor.collector.http.wire_format import CollectedEvent, TopicEntry, event_entry, update_entry
from streamprocessor.collector.tracking.identity_updates import identity_updates
from streamprocessor.contract.access_policy import Act
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.field_words import NO_HINTS, FieldHints, FormWords

UNIDENTIFIED = "unidentified"
"""The property of a submission that says why its form names nobody, where nothing else does either."""


class Submitter(NamedTuple):
    """Who sent a form, but for its fields: contacts, None where they are not known.

    visitor: the anonymous visitor. token_contact: whom a mail was sent to.
    """

    visitor: str | None = None
    token_contact: str | None = None


class FormReading(NamedTuple):
    """What forms are read by. contact_ids: of this installation."""

    contact_ids: ContactIds
    words: FormWords

    def records_of(self, event: CollectedEvent, submitter: Submitter, hints: FieldHints = NO_HINTS) -> list[TopicEntry]:
        """The records of a submission, the event first.

        event: whatever its contact, it gets the right one; with the property `fields`. Where nothing says who sent it,
        it is kept as a contact of its own, and says why.
        """
        fields: Mapping[str, str] = event.properties["fields"]
        address, reason = self.words.submitters_address(fields, hints)
        address_contact = None if address is None else self.contact_ids.address(address)
        contact = address_contact or submitter.visitor or submitter.token_contact
        if contact is None:
            contact = self.contact_ids.anonymous(f"form-{_content_of(event)}")
            event = event._replace(properties=event.properties | {UNIDENTIFIED: reason})
        event = event._replace(contact_id=contact)
        at_ms = event.occurred_at_ms
        identity = identity_updates(submitter.token_contact, address_contact, submitter.visitor, at_ms)
        return [event_entry(event), *identity, *_attributes_update(self.words.attributes_in(fields, address), event)]


def _content_of(event: CollectedEvent) -> str:
    """A hash that the same submission has when it is sent twice, whenever that is."""
    return content_key([event.properties, event.context])


def _attributes_update(attributes: Mapping[str, str], event: CollectedEvent) -> list[TopicEntry]:
    """The `attributes` update of the event's contact, none where there are none."""
    if not attributes:
        return []
    update_id = content_key(["attributes", event.contact_id, event.id])
    content = {"update": "attributes", "attributes": attributes}
    return [update_entry(update_id, event.contact_id, event.occurred_at_ms, content)._replace(act=Act.TRAITS)]
