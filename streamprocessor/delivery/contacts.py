"""What delivery knows of a contact beyond its announcement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streamprocessor.scoring.model.contact_filter import ContactFilter


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What is known of a contact. attributes: those alone that somebody asks for and that the contact has."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    is_suppressed: bool = False


UNKNOWN_CONTACT = ContactFacts()


@dataclass(frozen=True, slots=True)
class ContactContext:
    """What an announcement is judged and told by. entered, left: segments, by this announcement."""

    person: ContactFacts = UNKNOWN_CONTACT
    entered: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()


class SegmentFilter(NamedTuple):
    """What a segment says. key: its name with a hash of that, so that another one under its name is told from it."""

    key: str
    filter: ContactFilter


class SegmentMember(NamedTuple):
    """Whether a segment, by its key, held the contact after its step of this number."""

    segment: str
    contact_id: str
    is_in: bool
    sequence: int
