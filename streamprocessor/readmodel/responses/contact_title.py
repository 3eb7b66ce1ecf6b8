"""What a contact is called: made when it is read, of its attributes as they are and of the model in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel, Field

from streamprocessor.contract.display import Display, display_name, subtitle


class ContactTitle(BaseModel):
    """A contact's title, and the line below it, by the model's `display`."""

    display_name: str | None = Field(description="What the contact is called; null: its attributes do not say.")
    subtitle: str | None = Field(description="Such as its position and firm; null as `display_name`.")


def title_of(display: Display, attributes: Mapping[str, Any]) -> dict[str, str | None]:
    """`display_name` and `subtitle` of a contact with these attributes."""
    return {"display_name": display_name(display, attributes), "subtitle": subtitle(display, attributes)}


def stored_title(display: Display, attributes: str | None) -> dict[str, str | None]:
    """The same of attributes as the table has them; None: there is no such contact, so both are None."""
    return title_of(display, {} if attributes is None else orjson.loads(attributes))
