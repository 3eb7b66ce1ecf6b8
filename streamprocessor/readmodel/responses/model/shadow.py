"""How a candidate that is scored live compares with the model in force."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class CandidateName(BaseModel):
    """Which model a candidate is."""

    name: str
    version: str


class CandidateView(CandidateName):
    """The candidate's model."""

    text: str = Field(description="The YAML of its file, as it can be published.")


class CandidateEnd(BaseModel):
    """The candidate that is scored no more."""

    candidate: CandidateName | None = Field(description="null: none was.")


class StagePair(BaseModel):
    """How many contacts have these stages; a contact without one has null."""

    live: str | None
    shadow: str | None
    contacts: int


class StageAgreement(BaseModel):
    """How far both agree on the stages of a score that both have."""

    agree: int
    disagree: int
    matrix: list[StagePair]


class CrossedContact(BaseModel):
    """A contact that is hot in one of both alone."""

    contact_id: str
    display_name: str | None = Field(description="What the contact is called; null: its attributes do not say.")
    at: str = Field(description="Since when, as far as the shadow process saw it.")


class PairOfRates(BaseModel):
    """A number of each of both."""

    live: float
    shadow: float


class ShadowView(BaseModel):
    """The comparison as it is at this moment."""

    candidate: CandidateView
    since: str = Field(description="When the candidate began with the contacts as they were.")
    state: Literal["starting", "copying", "running", "behind", "failed"] = Field(
        description="behind: it is slower than what comes in; failed: `reason` says why."
    )
    reason: str | None = Field(description="Why it is not running as it should; null: it is.")
    contacts: int = Field(description="Those that both have, which are compared.")
    agreement: dict[str, StageAgreement] = Field(description="By score, of those with stages that both models have.")
    only_live: list[CrossedContact] = Field(description="Hot by the model in force alone, the newest first; some.")
    only_shadow: list[CrossedContact] = Field(description="Hot by the candidate alone, the newest first; some.")
    only_live_contacts: int
    only_shadow_contacts: int
    hot_leads: PairOfRates = Field(description="Announced since it began, by each.")
    hot_leads_a_day: PairOfRates | None = Field(description="null: it runs for less than an hour.")
    lag_seconds: float = Field(description="How far the candidate is behind what came in.")
    lag_records: int
    arriving_per_second: float
    scored_per_second: float
