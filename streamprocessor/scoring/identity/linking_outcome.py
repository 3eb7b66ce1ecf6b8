"""What following link facts did to one record."""

from __future__ import annotations

from dataclasses import dataclass, field

from streamprocessor.scoring.record.transfers import OutgoingTransfer, RefusedFact


@dataclass(slots=True)
class LinkingOutcome:
    """What link facts did to one record.

    sends: messages to the owners of other contacts.
    refused: facts that could not be followed.
    waiting_claims: how many new ones came of a visitor who is another's.
    known: how many of the facts said nothing new.
    is_changed: whether the links are others.
    has_new_evidence: whether evidence of others came or went.
    erased_ms: the person was erased then; None: not by these facts.
    news_age_ms: how long after it had occurred the freshest event of the joined evidence arrived (of the link itself
    where it has none any more); None: no evidence came.
    joined_ids: of the events that came with it.
    is_forwarded: whether they came to an old id, after the link was made.
    is_retained: whether all that came are events that were read again at the old id.
    conflicts: how many known contacts claim this address from now on that another one has.
    """

    sends: list[OutgoingTransfer] = field(default_factory=list)
    refused: list[RefusedFact] = field(default_factory=list)
    waiting_claims: int = 0
    known: int = 0
    is_changed: bool = False
    has_new_evidence: bool = False
    erased_ms: int | None = None
    news_age_ms: int | None = None
    joined_ids: set[str] = field(default_factory=set)
    is_forwarded: bool = False
    is_retained: bool = False
    conflicts: int = 0

    def cause(self, cause_of_facts: str, *, was_hidden: bool) -> str:
        """What makes the step that follows. cause_of_facts: of those of the contact itself.

        was_hidden: whether the contact showed nothing until now.
        """
        if self.is_retained and not was_hidden:
            return "model"
        is_joined = (self.has_new_evidence and not self.is_forwarded) or was_hidden
        return "merge" if is_joined else "event" if self.is_forwarded else cause_of_facts
