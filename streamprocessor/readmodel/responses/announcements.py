"""Pages of announcements, which are JSON already: they go on as they were announced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi.responses import Response
from pydantic import BaseModel, Field


class History(BaseModel):
    """Steps of the presented scores, the newest first, as announced."""

    steps: list[dict[str, Any]]
    next: str | None = Field(description="The cursor of the next part; null: this is the last.")


class HotLeadPage(BaseModel):
    """Announced hot leads, the newest first."""

    hot_leads: list[dict[str, Any]]
    next: str | None = Field(description="The cursor of the next part; null: this is the last.")


def page_of_announcements(field: str, announcements: Sequence[str], following: str | None) -> Response:
    """The page as JSON. field: under which they stand in its shape; following: its `next`."""
    page = {field: [orjson.Fragment(announcement) for announcement in announcements], "next": following}
    return Response(orjson.dumps(page), media_type="application/json")
