"""Revisions of the model, and drafts of those to come."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, Field

from streamprocessor.contract.model_file.difference import ModelDifference, differences
from streamprocessor.contract.model_file.revisions import HistoryEntry
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.subscriptions.silences import DependentKind
from streamprocessor.readmodel.store.model_drafts import Draft


class RevisionView(BaseModel):
    """A model that is or was in force."""

    label: str = Field(description="Tells it from all others: its number, and behind a dot how often names changed.")
    revision: int
    name: str
    version: str
    applied_at: str
    origin: str | None = Field(description="The command that applied it; null: not known.")
    author: str | None = Field(description="Whose token, or which user of a machine; null: not known.")
    note: str
    approved_by: list[str]
    in_force: bool


class RevisionList(BaseModel):
    """All of them, the newest first."""

    revisions: list[RevisionView]


class DifferenceView(BaseModel):
    """One difference between two models, in the words of their files."""

    score: str | None
    rule: str | None
    word: str | None = Field(description="null: all of the score or rule.")
    old: str | None = Field(description="As YAML; null: there was none.")
    new: str | None = Field(description="As YAML; null: there is none.")


class RevisionText(RevisionView):
    """A model that is or was in force, whole."""

    before: str | None = Field(description="The label of the revision before it; null: it is the first.")
    text: str
    differences: list[DifferenceView] = Field(description="What it has otherwise than the one before.")


class SilenceView(BaseModel):
    """Somebody who asks for what is gone."""

    kind: DependentKind
    name: str
    asks_for: str = Field(description="What is gone, in a sentence.")
    score: str | None
    stage: str | None
    renamed_to: str | None = Field(description="What it is probably called now.")


class PublishedView(RevisionText):
    """What is in force after somebody published."""

    is_new: bool = Field(description="Whether that brought it; false: it was in force already.")
    silenced: list[SilenceView] = Field(
        default=[], description="Who asks for what it has no more, for those who may read."
    )


class ApprovalView(BaseModel):
    """Who approved of a draft, and when."""

    by: str
    at: str


class DraftSummary(BaseModel):
    """A draft, without its text."""

    name: str
    based_on: str
    note: str
    author: str = Field(description="Who edited it last.")
    changed_at: str
    approvals: list[ApprovalView] = Field(description="Of the draft as it is: an edit takes them away.")
    needs_approval: bool = Field(description="Whether somebody else has to approve of it before it can be published.")
    is_behind: bool = Field(description="Whether another revision came into force since it was begun.")


class DraftView(DraftSummary):
    """A draft."""

    text: str


class DraftList(BaseModel):
    """All drafts, by their names."""

    drafts: list[DraftSummary]


def revision_view(entry: HistoryEntry, *, in_force: bool) -> RevisionView:
    """The revision as it is shown."""
    revision = entry.revision
    return RevisionView(
        label=entry.label,
        revision=revision.revision,
        name=revision.name,
        version=revision.version,
        applied_at=format_rfc3339(revision.applied_at_ms),
        origin=revision.origin or None,
        author=revision.author or None,
        note=revision.note,
        approved_by=list(revision.approved_by),
        in_force=in_force,
    )


def revision_text(entry: HistoryEntry, before: HistoryEntry | None, *, in_force: bool) -> RevisionText:
    """The revision whole, and what it has otherwise than the one before; None: it is the first."""
    changes = [] if before is None else difference_views(differences(before.revision.text, entry.revision.text))
    return RevisionText(
        **dict(revision_view(entry, in_force=in_force)),
        before=None if before is None else before.label,
        text=entry.revision.text,
        differences=changes,
    )


def difference_views(found: Iterable[ModelDifference]) -> list[DifferenceView]:
    """The differences as they are shown."""
    return [DifferenceView(**each._asdict()) for each in found]


def draft_summary(draft: Draft, *, wanted_approvals: int, in_force: str) -> DraftSummary:
    """The draft as lists show it. wanted_approvals: so many it needs; in_force: the label of what is."""
    return DraftSummary(
        name=draft.name,
        based_on=draft.based_on,
        note=draft.note,
        author=draft.author,
        changed_at=format_rfc3339(draft.changed_ms),
        approvals=[ApprovalView(by=each.by, at=format_rfc3339(each.at_ms)) for each in draft.approvals],
        needs_approval=len(draft.approvals) < wanted_approvals,
        is_behind=draft.based_on != in_force,
    )


def draft_view(draft: Draft, *, wanted_approvals: int, in_force: str) -> DraftView:
    """The draft whole, as draft_summary has it."""
    summary = draft_summary(draft, wanted_approvals=wanted_approvals, in_force=in_force)
    return DraftView(**dict(summary), text=draft.text)
