"""Endpoints about the hot-lead inbox: whose leads wait for what, and what people do with them."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Path, Query
from starlette.concurrency import run_in_threadpool

from streamprocessor.contract.lead_types import LEAD_ASSIGNED
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.inbox.acts import MOST_ACTS, act_id_of, read_stored_acts
from streamprocessor.inbox.episode import CLOSED_STATES, OPEN_STATES, LeadAct, LeadState, may_follow, state_of
from streamprocessor.inbox.rules import ME, NOBODY, InboxRules
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.inbox import ActBody, InboxQuery
from streamprocessor.readmodel.requests.parameters import NoParameters
from streamprocessor.readmodel.requests.tokens import READ, Grant
from streamprocessor.readmodel.responses.contact_title import stored_title
from streamprocessor.readmodel.responses.inbox import DoneWithLead, InboxCounts, InboxPage, LeadView, PersonView
from streamprocessor.readmodel.responses.scores import instant
from streamprocessor.readmodel.routing.access import ReadGrant, WriteGrant, refuse_without
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store.cursors import LeadPosition, cursor_of, read_cursor
from streamprocessor.readmodel.store.leads import LeadFilter, count_leads, lead_row, page_of_leads

REOPENED = "reopened"

router = APIRouter(prefix="/api/inbox", route_class=ApiRoute)


@router.get("")
def list_leads(context: Context, grant: ReadGrant, query: Annotated[InboxQuery, Query()]) -> InboxPage:
    """Hot leads and whose they are, what is due first."""
    now_ms, rules = context.clock_ms(), context.inbox
    after = None if query.cursor is None else read_cursor(query.cursor, LeadPosition)
    chosen = LeadFilter(_states(query), _owner(query, grant), now_ms if query.overdue else None)
    with context.reading() as connection:
        rows = page_of_leads(connection, chosen, query.limit + 1, after)
        counts = InboxCounts(
            mine=count_leads(connection, LeadFilter(OPEN_STATES, grant.name)),
            nobodys=count_leads(connection, LeadFilter(OPEN_STATES, "")),
            all=count_leads(connection, LeadFilter(OPEN_STATES)),
            overdue=count_leads(connection, LeadFilter(OPEN_STATES, overdue_ms=now_ms)),
        )
    shown = rows[: query.limit]
    return InboxPage(
        leads=[_view(context, row, read_stored_acts(row.acts)) for row in shown],
        next=cursor_of(LeadPosition(shown[-1].place_ms, shown[-1].lead_id)) if len(rows) > query.limit else None,
        me=grant.name if grant.name in rules.people else None,
        people=[PersonView(name=person.name, title=person.title) for person in rules.people.values()],
        reasons=list(rules.reasons),
        counts=counts,
    )


@router.post("/{id}/acts", status_code=202)
async def act_on_lead(
    context: Context,
    grant: WriteGrant,
    id: Annotated[str, Path(pattern="^[0-9a-f]{24}$")],
    body: Annotated[ActBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> LeadView:
    """Do something with a hot lead: an event of its contact, which rules can score. The same again is done once.

    `assigned` gives it to somebody, `reopened` takes a closed one up again. The answer tells of a person, so it wants
    scope read besides.
    """
    refuse_without(grant, READ)
    row = await run_in_threadpool(_stored_lead, context, id)
    acts = read_stored_acts(row.acts)
    if len(acts) >= MOST_ACTS:
        raise Problem(409, "too-much-done", f"lead: wanted at most {MOST_ACTS} acts with it; got one more")
    state = state_of(acts)
    act = _act(row, state, body, grant, context)
    is_repeat = act.id in {each.id for each in acts} or (body.act == "assigned" and state.owner == act.to)
    if is_repeat:
        return _view(context, row, acts)
    if (body.act == REOPENED) is not (state.state in CLOSED_STATES) or not may_follow(state, act.type):
        raise Problem(
            409, "not-from-here", f"lead: wanted one of which this can be said; got one that is {state.state}"
        )
    await context.gateways.lead_acts.write(row.contact_id, act)
    return _view(context, row, [*acts, act])


def _stored_lead(context: ApiContext, lead_id: str) -> Any:
    with context.reading() as connection:
        row = lead_row(connection, lead_id)
    if row is None:
        raise Problem(404, "no-such-lead", "lead: wanted the id of one of the inbox; got another")
    return row


def _act(row: Any, state: LeadState, body: ActBody, grant: Grant, context: ApiContext) -> LeadAct:
    """What the body asks for; raises Problem where the words of it are not as they must be."""
    _refuse_unknown(body, context.inbox)
    is_reopened = body.act == REOPENED
    act_type = LEAD_ASSIGNED if is_reopened else f"lead_{body.act}"
    at_ms, to = context.clock_ms(), state.owner if is_reopened else body.to
    return LeadAct(
        # Taken up again it is assigned, but by no act of the rules, whose first one may have come too late to count.
        id=act_id_of(row.episode, REOPENED if is_reopened else act_type, state.rounds, to),
        type=act_type,
        episode=row.episode,
        score_name=str(orjson.loads(row.said)["score_name"]),
        by=grant.name,
        at_ms=at_ms,
        to=to,
        reason=body.reason,
        due_ms=context.inbox.due_ms(at_ms) if is_reopened else None,
    )


def _refuse_unknown(body: ActBody, rules: InboxRules) -> None:
    if (body.act == "assigned") is not (body.to is not None):
        raise Problem(400, "bad-body", "to: wanted whose it is with `assigned`, and with nothing else; got another")
    if body.to is not None and body.to not in rules.people:
        people = ", ".join(rules.people) or "nobody, as the inbox has no file"
        raise Problem(400, "bad-body", f"to: wanted one of {people}; got another")
    if body.reason and body.act != "rejected":
        raise Problem(400, "bad-body", "reason: wanted it with `rejected` alone; got it with another act")
    if body.act == "rejected" and rules.reasons and body.reason not in rules.reasons:
        raise Problem(400, "bad-body", f"reason: wanted one of {', '.join(rules.reasons)}; got another, or none")


def _states(query: InboxQuery) -> tuple[str, ...]:
    if query.state == "open":
        return OPEN_STATES
    return CLOSED_STATES if query.state == "closed" else (query.state,)


def _owner(query: InboxQuery, grant: Grant) -> str | None:
    if query.owner is None:
        return None
    return {ME: grant.name, NOBODY: ""}.get(query.owner, query.owner)


def _view(context: ApiContext, row: Any, acts: list[LeadAct]) -> LeadView:
    state, said = state_of(acts), orjson.loads(row.said)
    return LeadView(
        id=row.lead_id,
        contact_id=row.contact_id,
        **stored_title(context.display, row.attributes),
        score_name=said["score_name"],
        score=said["score"],
        stage=said["stage"],
        because=said["because"],
        became_hot_at=said["at"],
        state=state.state,
        owner=state.owner,
        due_at=instant(state.due_ms),
        overdue=state.is_overdue(context.clock_ms()),
        reason=state.reason,
        done=[
            DoneWithLead(
                act=act.type.removeprefix("lead_"),
                by=act.by,
                to=act.to,
                reason=act.reason,
                at=format_rfc3339(act.at_ms),
            )
            for act in acts
        ],
    )
