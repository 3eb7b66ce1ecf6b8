"""The actor of an event, as a request tells it of itself: human, proxy or scanner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache

import re2

from streamprocessor.contract.events.user_agents import PROXIES, SCANNERS
from streamprocessor.scoring.record.facts import HUMAN, PROXY, SCANNER

LONGEST = 1_000
"""Characters of a user agent that are looked at; what is cached stays small by it."""

_PATTERN_MEMORY_BYTES = 64 * 1024 * 1024
_PREFETCH_HEADERS = ("purpose", "sec-purpose", "x-purpose", "x-moz")
_PREFETCH_WORDS = ("prefetch", "preview", "prerender")


def actor_of(user_agent: str | None, headers: Mapping[str, str] | None = None) -> str:
    """The actor: human, proxy or scanner. Only a client that says so itself is taken for a machine; others are human.

    user_agent: as the client sent it, None or empty where it sent none. headers: of the request, names in lower case;
    one that says that nobody looks yet makes a human's request a proxy's.
    """
    actor = _actor_named_by(user_agent[:LONGEST]) if user_agent else HUMAN
    if actor == HUMAN and headers and _is_prefetch(headers):
        return PROXY
    return actor


@lru_cache(maxsize=16_384)
def _actor_named_by(user_agent: str) -> str:
    words = user_agent.encode("ascii", "replace").decode().strip()
    if _search_for_proxies()(words):
        return PROXY
    return SCANNER if _search_for_scanners()(words) else HUMAN


def _is_prefetch(headers: Mapping[str, str]) -> bool:
    purposes = (headers.get(name, "").strip().lower() for name in _PREFETCH_HEADERS)
    return any(purpose.startswith(_PREFETCH_WORDS) for purpose in purposes)


@cache
def _search_for_proxies() -> Callable[[str], object]:
    return _search_for_any([f"(?i:{pattern})" for pattern in PROXIES])


@cache
def _search_for_scanners() -> Callable[[str], object]:
    # Imported when it is needed, for it reads its list from disk.
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # type: ignore[import-untyped]

    known = [entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA]
    return _search_for_any([*(f"(?i:{pattern})" for pattern in SCANNERS), *(f"(?:{pattern})" for pattern in known)])


def _search_for_any(patterns: list[str]) -> Callable[[str], object]:
    """One search for all of them, in time linear in the text, whatever it is."""
    options = re2.Options()
    options.never_capture = True
    options.max_mem = _PATTERN_MEMORY_BYTES
    search: Callable[[str], object] = re2.compile("|".join(patterns), options).search
    return search
