"""What a request says of who made it: stored with the event, so that the worker can tell people from machines."""

from __future__ import annotations

from typing import Any

from streamprocessor.collector.http.wire_format import HttpRequest
from streamprocessor.contract.events.actors import actor_of
from streamprocessor.scoring.record.facts import HUMAN

MAX_USER_AGENT_CHARS = 500


def context_of(request: HttpRequest) -> dict[str, Any]:
    """An event's `context`: the user agent and the address, as far as they are known and stored.

    `actor` only where it is fetched ahead: all else the worker finds out by the user agent.
    """
    context: dict[str, Any] = {}
    if user_agent := request.headers.get("user-agent"):
        context["user_agent"] = user_agent[:MAX_USER_AGENT_CHARS]
    if request.ip:
        context["ip"] = request.ip
    if is_prefetch(request):
        context["actor"] = actor_of(user_agent, request.headers)
    return context


def is_prefetch(request: HttpRequest) -> bool:
    """Whether a browser or a proxy fetches ahead, before anybody asked for it: it says so beside its user agent."""
    return actor_of(None, request.headers) != HUMAN


def objects_to_tracking(request: HttpRequest) -> bool:
    """Whether the browser says Global Privacy Control or Do Not Track."""
    return request.headers.get("sec-gpc", "").strip() == "1" or request.headers.get("dnt", "").strip() == "1"
