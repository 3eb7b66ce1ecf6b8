"""What a draft of the model would have made of all that came."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class ReplayName(BaseModel):
    """By what a replay is asked for."""

    id: str


class ReplayTold(BaseModel):
    """How far a replay is and, once it is done, what it found out."""

    id: str
    state: str = Field(description="running, done or failed.")
    error: str | None = Field(None, description="Of one that failed.")
    records: int = Field(0, description="Replayed so far.")
    records_all: int = Field(0, description="To be replayed, as far as it is known.")
    remaining_seconds: float | None = Field(None, description="At the pace so far; null: it is not known yet.")
    answer: dict[str, Any] | None = Field(
        None,
        description="As `streamprocessor replay --json` prints it: scores, hot leads a week, rules, who becomes hot.",
    )
