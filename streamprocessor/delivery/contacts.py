"""What delivery knows of a contact beyond its announcement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streamprocessor.scoring.model.contact_filter import ContactFilter


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What is known of a contact.

    attributes: those alone that a subscription asks for and that the contact has, by name.
    is_suppressed: whether nobody may be sent to it.
    is_merged: whether it was merged into another one; then nothing else is known of it.
    erased_ms: when it was erased before it began anew, in epoch milliseconds; 0: never.
    is_known: whether there is such a contact: one that was erased, or objected to being scored, is none.
    """

    attributes: Mapping[str, Any] = field(default_factory=dict)
    is_suppressed: bool = False
    is_merged: bool = False
    erased_ms: int = 0
    is_known: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether no subscription is answered otherwise than of a contact of whom nothing is known."""
        return not (self.attributes or self.is_suppressed or self.is_merged)


UNKNOWN_CONTACT, MERGED_CONTACT = ContactFacts(is_known=False), ContactFacts(is_merged=True)


@dataclass(frozen=True, slots=True)
class ContactContext:
    """What an announcement is matched and phrased with, beside itself.

    facts: of its contact.
    entered: names of the segments that the contact entered with this announcement.
    left: names of the segments that it left with it.
    """

    facts: ContactFacts = UNKNOWN_CONTACT
    entered: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()


class SegmentFilter(NamedTuple):
    """A segment of the model, compiled.

    key: its name with a hash of its filter, so that another segment under the same name is another key.
    filter: whom it holds.
    """

    key: str
    filter: ContactFilter


class SegmentMember(NamedTuple):
    """Whether a segment, by its key, held the contact after its step of this number."""

    segment: str
    contact_id: str
    is_in: bool
    sequence: int
