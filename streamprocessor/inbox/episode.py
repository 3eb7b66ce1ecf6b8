"""What became of a hot lead: a state machine over what people did, in the order in which Kafka has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from streamprocessor.contract.lead_types import LEAD_ACCEPTED, LEAD_ASSIGNED, LEAD_CALLED, LEAD_REJECTED, LEAD_SEEN

SYSTEM = "system"
"""Who assigns by the inbox's rules, in place of a person's name."""

NEW, SEEN, CALLED, ACCEPTED, REJECTED = STATES = ("new", "seen", "called", "accepted", "rejected")
OPEN_STATES, CLOSED_STATES = (NEW, SEEN, CALLED), (ACCEPTED, REJECTED)
UNTOUCHED_STATES = (NEW, SEEN)
"""Those in which a lead is overdue after its due instant: nobody has called yet."""

_TO = {LEAD_SEEN: SEEN, LEAD_CALLED: CALLED, LEAD_ACCEPTED: ACCEPTED, LEAD_REJECTED: REJECTED}
_FROM = {
    LEAD_SEEN: (NEW,),
    LEAD_CALLED: (NEW, SEEN),
    LEAD_ACCEPTED: OPEN_STATES,
    LEAD_REJECTED: OPEN_STATES,
    LEAD_ASSIGNED: STATES,
}


class LeadAct(NamedTuple):
    """Something that was done with a hot lead, an event of its contact.

    id: of the event; one that was applied is not applied again.
    type: one of LEAD_TYPES.
    episode: the id of the became-hot-lead message.
    by: who did it; SYSTEM, where the rules did.
    to: the owner from then on, of LEAD_ASSIGNED; None: nobody.
    reason: why, of LEAD_REJECTED; "" where none is given.
    due_ms: by when it is due from then on, of LEAD_ASSIGNED; None: as before.
    """

    id: str
    type: str
    episode: str
    score_name: str
    by: str
    at_ms: int
    to: str | None = None
    reason: str = ""
    due_ms: int | None = None


class LeadState(NamedTuple):
    """How a hot lead stands.

    due_ms: None: it has no due instant.
    reason: of the rejection; "" in any other state.
    by: who did the last thing; None: nothing was done.
    changed_ms: when that was; None as `by`.
    rounds: how often it was assigned. An assignment begins anew, so that the same can be done once more after it.
    """

    state: str = NEW
    owner: str | None = None
    due_ms: int | None = None
    reason: str = ""
    by: str | None = None
    changed_ms: int | None = None
    rounds: int = 0

    def is_overdue(self, now_ms: int) -> bool:
        """Whether nobody has called though it is due."""
        return self.state in UNTOUCHED_STATES and self.due_ms is not None and self.due_ms <= now_ms


def may_follow(state: LeadState, act_type: str) -> bool:
    """Whether such an act changes a lead that stands so: what was closed is first assigned again."""
    return state.state in _FROM[act_type]


def after(state: LeadState, act: LeadAct) -> LeadState:
    """How the lead stands after the act; as before where the act may not follow.

    What the rules say goes behind what people did, who may have been faster.
    """
    if not may_follow(state, act.type):
        return state
    if act.by == SYSTEM and act.type == LEAD_ASSIGNED and state.by is not None:
        is_late = state.rounds > 0 or state.state in CLOSED_STATES
        return state if is_late else state._replace(owner=act.to, due_ms=act.due_ms, rounds=1)
    if act.type == LEAD_ASSIGNED:
        due_ms = state.due_ms if act.due_ms is None else act.due_ms
        return LeadState(NEW, act.to, due_ms, "", act.by, act.at_ms, state.rounds + 1)
    return state._replace(state=_TO[act.type], reason=act.reason, by=act.by, changed_ms=act.at_ms)


def state_of(acts: Iterable[LeadAct]) -> LeadState:
    """How a lead stands after these acts, in their order; each id counts once."""
    state, applied = LeadState(), set[str]()
    for act in acts:
        if act.id not in applied:
            applied.add(act.id)
            state = after(state, act)
    return state
