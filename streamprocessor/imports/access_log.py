"""Apache combined logs read as page visits of anonymous contacts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.actors import actor_of
from streamprocessor.contract.topic_names import PAGE_VISIT
from streamprocessor.imports.rows import BadRow, ContentIds, ImportRow, ReadRow
from streamprocessor.scoring.record.facts import HUMAN

# A quoted field may hold quotes that Apache wrote as \".
_INSIDE_QUOTES = r'(?:[^"\\]|\\.)*'
_LINE = re.compile(
    r"(?P<ip>\S+) \S+ .+? "
    r"\[(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4}):(?P<clock>\d\d:\d\d:\d\d) (?P<offset>[+-]\d{4})\] "
    r'"(?P<method>[A-Z]+) (?P<target>\S+)(?: HTTP/[\d.]+)?" (?P<status>\d{3}) (?:\d+|-) '
    rf'"(?P<referrer>{_INSIDE_QUOTES})" "(?P<user_agent>{_INSIDE_QUOTES})"'
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ABSENT = "-"


def read_access_log(lines: Iterable[bytes]) -> Iterator[ReadRow]:
    """One `page_visit` a line, broken lines as BadRow; blank lines are passed over.

    The contact is `anon:` and a hash of address and user agent, never a user name of the log. Machines that name
    themselves are marked as what they are.
    """
    ids = ContentIds("log-")
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip(b"\r\n")
        if line.strip():
            yield _read_line(number, line, ids)


def _read_line(number: int, line: bytes, ids: ContentIds) -> ReadRow:
    match = _LINE.fullmatch(line.decode("utf-8", "replace"))
    if match is None:
        return BadRow(number, "not-combined", "not a line of the combined log format")
    occurred_at_ms = _time_ms(match)
    if occurred_at_ms is None:
        return BadRow(number, reason_codes.BAD_TIME, f"no such time: {match['day']}/{match['month']}/{match['year']}")
    user_agent = match["user_agent"]
    value = {
        "id": ids.next_for(line),
        "type": PAGE_VISIT,
        "occurred_at": occurred_at_ms,
        "properties": _properties(match),
        "context": _context(match["ip"], user_agent),
    }
    return ImportRow(number, _anonymous(match["ip"], user_agent), value)


def _time_ms(match: re.Match[str]) -> int | None:
    if match["month"] not in _MONTHS:
        return None
    text = f"{match['year']}-{_MONTHS.index(match['month']) + 1:02}-{match['day']} {match['clock']} {match['offset']}"
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None
    return int(moment.astimezone(UTC).timestamp()) * 1000


def _properties(match: re.Match[str]) -> dict[str, Any]:
    target, referrer = match["target"], match["referrer"]
    properties: dict[str, Any] = {
        "url": target,
        "path": target.partition("?")[0],
        "method": match["method"],
        "status": int(match["status"]),
    }
    if referrer != _ABSENT:
        properties["referrer"] = referrer
    return properties


def _context(ip: str, user_agent: str) -> dict[str, Any]:
    context = {"ip": ip}
    if user_agent != _ABSENT:
        context["user_agent"] = user_agent
        actor = actor_of(user_agent)
        if actor != HUMAN:
            context["actor"] = actor
    return context


def _anonymous(ip: str, user_agent: str) -> str:
    return "anon:" + hashlib.blake2b(f"{ip}\n{user_agent}".encode(), digest_size=12).hexdigest()
