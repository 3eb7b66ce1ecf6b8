"""Hot leads and what people did with them into the inbox's table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select

from streamprocessor.inbox.acts import MOST_ACTS, lead_id_of, read_stored_acts, stored_acts
from streamprocessor.inbox.episode import CLOSED_STATES, LeadAct, LeadState, state_of
from streamprocessor.process.databases import portions
from streamprocessor.readmodel.projection.changes import Changes
from streamprocessor.readmodel.store.tables import leads

_LAST_MS = 2**52


def write_leads(connection: Connection, changes: Changes) -> None:
    """Write new hot leads, and what was done; acts may come before their lead, and what is known comes again.

    What an event says that is another contact's than the lead is, counts for nothing.
    """
    begun = {lead_id_of(episode): row for episode, row in changes.hot_leads.items()}
    done: dict[str, list[tuple[str, LeadAct]]] = {}
    for contact_id, act in changes.acts:
        done.setdefault(lead_id_of(act.episode), []).append((contact_id, act))
    known = _known(connection, [*begun, *done])
    written = []
    for lead_id in {**begun, **done}:
        row = known.get(lead_id) or _first_row(lead_id, begun.get(lead_id), done.get(lead_id, ()))
        if lead_id in begun and row["contact_id"] != begun[lead_id]["contact_id"]:
            row = _first_row(lead_id, begun[lead_id], ())
        acts = read_stored_acts(row["acts"])
        _add(acts, [act for contact_id, act in done.get(lead_id, ()) if contact_id == row["contact_id"]])
        if lead_id in begun:
            row = row | {"at_ms": begun[lead_id]["at_ms"]}
        written.append(row | _columns_of(acts, row["at_ms"]))
    for some in portions([row["lead_id"] for row in written]):
        connection.execute(delete(leads).where(leads.c.lead_id.in_(some)))
    if written:
        connection.execute(insert(leads), written)


def _known(connection: Connection, lead_ids: list[str]) -> dict[str, dict[str, Any]]:
    return {
        row.lead_id: dict(row._mapping)
        for some in portions(lead_ids)
        for row in connection.execute(select(leads).where(leads.c.lead_id.in_(some)))
    }


def _first_row(lead_id: str, begun: dict[str, Any] | None, done: Any) -> dict[str, Any]:
    if begun is not None:
        place = {"episode": begun["event_id"], "contact_id": begun["contact_id"], "at_ms": begun["at_ms"]}
    else:
        contact_id, act = done[0]
        place = {"episode": act.episode, "contact_id": contact_id, "at_ms": act.at_ms}
    return {"lead_id": lead_id, "acts": stored_acts([])} | place


def _add(acts: list[LeadAct], more: list[LeadAct]) -> None:
    """Add those that are not known yet, while there are not too many."""
    ids = {act.id for act in acts}
    for act in more:
        if act.id not in ids and len(acts) < MOST_ACTS:
            ids.add(act.id)
            acts.append(act)


def _columns_of(acts: list[LeadAct], at_ms: int) -> dict[str, Any]:
    state = state_of(acts)
    return {
        "acts": stored_acts(acts),
        "state": state.state,
        "closed": state.state in CLOSED_STATES,
        "owner": state.owner or "",
        "due_ms": state.due_ms,
        "place_ms": _place_ms(state, at_ms),
    }


def _place_ms(state: LeadState, at_ms: int) -> int:
    """Where the lead stands among those in such a state: what is due first, then the newest; of closed, the newest."""
    if state.state in CLOSED_STATES:
        return _LAST_MS - (state.changed_ms or at_ms)
    return _LAST_MS - at_ms if state.due_ms is None else state.due_ms
