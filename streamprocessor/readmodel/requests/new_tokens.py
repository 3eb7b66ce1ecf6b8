"""What somebody asks for who makes a token."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from streamprocessor.readmodel.requests.parameters import InstantText


class NewTokenBody(BaseModel):
    """A token that is to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        min_length=1, max_length=100, description="Whose it is, as the inbox's file names people; in the audit, too."
    )
    scopes: list[Literal["read", "write", "erase", "model", "tokens"]] = Field(min_length=1, max_length=5)
    expires_at: InstantText | None = Field(None, description="From when on it lets nobody in; null: never.")


class LinkBody(BaseModel):
    """What stands behind # in the address of a sign-in link."""

    model_config = ConfigDict(extra="forbid")

    link: str = Field(min_length=1, max_length=200)
