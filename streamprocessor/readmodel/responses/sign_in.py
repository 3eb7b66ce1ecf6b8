"""Signing in and out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class SignedIn(BaseModel):
    """Who asks, and what for."""

    name: str
    scopes: list[str]
    takes_leads: bool = Field(description="Whether hot leads may be theirs: they begin with their inbox.")
    csrf_token: str | None = Field(
        description="Of a session, wanted with whatever changes anything; null where a token is shown."
    )


class SignedOut(BaseModel):
    """The session has ended."""

    status: Literal["signed out"] = "signed out"
