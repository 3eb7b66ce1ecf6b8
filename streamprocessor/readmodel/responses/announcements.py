"""Pages of announcements, which are JSON already: they go on as they were announced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi.responses import Response
from pydantic import BaseModel, Field

from streamprocessor.contract.display import Display
from streamprocessor.readmodel.responses.contact_title import stored_title


class History(BaseModel):
    """Steps of the presented scores, the newest first, as announced."""

    steps: list[dict[str, Any]]
    next: str | None = Field(description="The cursor of the next part; null: this is the last.")


class HotLeadPage(BaseModel):
    """Announced hot leads, the newest first."""

    hot_leads: list[dict[str, Any]] = Field(
        description="As announced, each with `display_name` and `subtitle` of its contact as it is now."
    )
    next: str | None = Field(description="The cursor of the next part; null: this is the last.")


def hot_lead(said: str, attributes: str | None, display: Display) -> str:
    """The JSON of the announcement with its contact's title. attributes: as stored; None: the contact is on the way."""
    announcement = orjson.loads(said)
    title = stored_title(display, attributes)
    if attributes is None:  # an announcement may say it itself
        title |= {word: announcement[word] for word in title.keys() & announcement.keys()}
    return orjson.dumps(announcement | title).decode()


def page_of_announcements(field: str, announcements: Sequence[str], following: str | None) -> Response:
    """The page as JSON. field: under which they stand in its shape; following: its `next`."""
    page = {field: [orjson.Fragment(announcement) for announcement in announcements], "next": following}
    return Response(orjson.dumps(page), media_type="application/json")
