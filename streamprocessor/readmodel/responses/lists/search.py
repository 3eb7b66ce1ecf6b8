"""Contacts that were searched for."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from streamprocessor.readmodel.responses.contact_title import ContactTitle


class FoundContact(ContactTitle):
    """A contact that may have been meant."""

    contact_id: str
    matched: Literal["exact", "name", "word", "similar"] = Field(
        description="By its id or an address, whole; the beginning of its name; a word; one that is spelled alike."
    )


class FoundContacts(BaseModel):
    """Contacts that may have been meant, the likeliest first."""

    contacts: list[FoundContact]
