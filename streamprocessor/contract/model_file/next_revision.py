"""The revision that follows a history: what somebody wants in force, on the base that they began with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from streamprocessor.contract.model_file.difference import ModelDifference, differences
from streamprocessor.contract.model_file.revisions import (
    HistoryEntry,
    ModelRevision,
    digest_of,
    model_of,
    revision_after,
    with_same_scores,
)
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.errors import ConflictError, OperatorError
from streamprocessor.scoring.model.model import Model

MOST_AUTHOR_CHARS = 100
MOST_NOTE_CHARS = 1_000


class Publication(NamedTuple):
    """How somebody puts a model in force.

    author, note, approved_by: as in ModelRevision.
    based_on: the label of the revision that it has to follow; None: whichever is in force.
    announce_hot_leads: contacts that become hot by the change alone are announced, too.
    without_approval: it needs nobody's, even where drafts do.
    """

    author: str = ""
    note: str = ""
    approved_by: tuple[str, ...] = ()
    based_on: str | None = None
    announce_hot_leads: bool = False
    without_approval: bool = False


UNSIGNED = Publication()
"""By nobody who said a name, after whichever revision is in force."""


class NextModel(NamedTuple):
    """A model that is to be put in force, and the text that spells it.

    origin: the command that wants it.
    number: of its revision, where the models topic was lost and begins anew; None: the one after the last.
    """

    model: Model
    text: str
    origin: str
    publication: Publication = UNSIGNED
    number: int | None = None


class RevisionConflictError(ConflictError):
    """Somebody else's revision came first.

    base: what was begun with. in_force: what is there now. differences: what the latter has otherwise.
    """

    def __init__(self, base: HistoryEntry, in_force: HistoryEntry) -> None:
        self.base, self.in_force = base, in_force
        self.differences: list[ModelDifference] = list(differences(base.revision.text, in_force.revision.text))
        by = f" by {in_force.revision.author}" if in_force.revision.author else ""
        super().__init__(
            f"revision {base.label}: wanted the one in force; got one that revision {in_force.label}, applied{by} at "
            f"{format_rfc3339(in_force.revision.applied_at_ms)}, came after: look at what it changed, and begin with it"
        )


def entry_labelled(history: Sequence[HistoryEntry], label: str) -> HistoryEntry:
    """The revision of that label; raises OperatorError where the history has none."""
    for entry in history:
        if entry.label == label:
            return entry
    message = f"revision {label}: wanted one of those that `streamprocessor model history` lists; got another"
    raise OperatorError(message)


def says_the_same(revision: ModelRevision, model: Model) -> bool:
    """Whether the model's scores, segments and names are those of the revision."""
    if (revision.name, revision.version) != (model.name, model.version):
        return False
    known = model_of(revision)
    is_same = repr(known.segments) == repr(model.segments)  # where true is not 1
    return is_same and known.display == model.display


def next_revision(
    history: Sequence[HistoryEntry], highest: int, wanted: NextModel, now_ms: int
) -> ModelRevision | None:
    """The revision that brings the wanted model; None where it is in force already.

    Where nothing but segments and names is another, the number stays.
    highest: as highest_number_of has it.

    Raises:
        OperatorError: its base is no revision of the history, or its number is none that may follow.
        RevisionConflictError: its base is not in force any more.
    """
    newest = history[-1].revision if history else None
    publication = wanted.publication
    base = None if publication.based_on is None else entry_labelled(history, publication.based_on)
    if newest is not None and wanted.number is None and says_the_same(newest, wanted.model):
        return None
    if base is not None and digest_of(base.revision) != digest_of(history[-1].revision):
        raise RevisionConflictError(base, history[-1])
    return msgspec.structs.replace(
        _bare(newest, highest, wanted, now_ms),
        origin=wanted.origin,
        author=publication.author,
        note=publication.note,
        approved_by=publication.approved_by,
        based_on="" if base is None else digest_of(base.revision),
    )


def earlier_model(history: Sequence[HistoryEntry], label: str, publication: Publication) -> NextModel:
    """The model of the revision of that label, to be put in force again; raises OperatorError where there is none."""
    revision = entry_labelled(history, label).revision
    return NextModel(model_of(revision), revision.text, f"model rollback {label}", publication)


def _bare(newest: ModelRevision | None, highest: int, wanted: NextModel, now_ms: int) -> ModelRevision:
    """The revision without what is told of it."""
    model = wanted.model
    if wanted.number is not None:
        if newest is not None and newest.revision >= wanted.number:
            message = (
                f"revision {wanted.number}: wanted one after {newest.revision}, which is in force; leave --revision out"
            )
            raise OperatorError(message)
        number = wanted.number
    elif newest is not None and (newest.name, newest.version) == (model.name, model.version):
        return with_same_scores(newest, wanted.text, now_ms)
    else:
        number = highest + 1
    announce_hot_leads = wanted.publication.announce_hot_leads
    revision = revision_after(newest, model, wanted.text, now_ms, announce_hot_leads=announce_hot_leads)
    return msgspec.structs.replace(revision, revision=number)
