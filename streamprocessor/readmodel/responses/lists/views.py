"""Lists of contacts that are kept under a name."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class SavedView(BaseModel):
    """A list under a name."""

    name: str
    view: dict[str, Any] = Field(description="As it was put, without what is not asked for: filter, order, columns.")


class ViewList(BaseModel):
    """All lists under a name, by it."""

    views: list[SavedView]
