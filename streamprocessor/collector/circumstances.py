"""What a request says of who made it: kept with the event, so that the worker can tell people from machines."""

from __future__ import annotations

from typing import Any

from streamprocessor.collector.wire import Request

MAX_USER_AGENT_CHARS = 500

_PREFETCH_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_PREFETCH_WORDS = ("prefetch", "prerender", "preview")


def context_of(request: Request) -> dict[str, Any]:
    """An event's `context`: the user agent and the address, as far as they are known and kept."""
    context: dict[str, Any] = {}
    if user_agent := request.headers.get("user-agent"):
        context["user_agent"] = user_agent[:MAX_USER_AGENT_CHARS]
    if request.ip:
        context["ip"] = request.ip
    return context


def is_prefetch(request: Request) -> bool:
    """Whether a browser or a proxy fetches ahead, before anybody asked for it."""
    said = " ".join(request.headers.get(name, "") for name in _PREFETCH_HEADERS).lower()
    return any(word in said for word in _PREFETCH_WORDS)


def objects_to_tracking(request: Request) -> bool:
    """Whether the browser says Global Privacy Control or Do Not Track."""
    return request.headers.get("sec-gpc", "").strip() == "1" or request.headers.get("dnt", "").strip() == "1"
