"""Signing in and out."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SignIn(BaseModel):
    """A token, shown once."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1, max_length=4_096)


class SignedIn(BaseModel):
    """Who asks. csrf_token: of a session, wanted with whatever changes anything; null where a token is shown."""

    name: str
    scopes: list[str]
    csrf_token: str | None


class SignedOut(BaseModel):
    """The session has ended."""

    status: str
