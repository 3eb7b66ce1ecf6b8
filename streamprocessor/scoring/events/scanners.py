"""Scanners that look like browsers, recognised by what they do with a message's links; verdicts overrule it.

A click or unsubscribe of a message is a scanner's where a window holds it together with clicks on many distinct links
of the message, where a honeypot is clicked near it, or where it came before the message was delivered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from streamprocessor.scoring.canonical import canonical
from streamprocessor.scoring.model.conditions import ABSENT
from streamprocessor.scoring.model.model import Scanners
from streamprocessor.scoring.record.evidence import StoredEvent

MESSAGE, URL, HONEYPOT = "properties.message", "properties.url", "properties.honeypot"

#: What is stored of events of these types, so that scanners can be recognised by it.
TRACED_PATHS: Mapping[str, tuple[str, ...]] = {
    "email_click": (MESSAGE, URL, HONEYPOT),
    "unsubscribe": (MESSAGE,),
    "email_delivered": (MESSAGE,),
}

_KIND_BITS = 0b11
_CLICK, _HONEYPOT_CLICK, _UNSUBSCRIBE, _DELIVERY = range(4)
_KINDS = {"email_click": _CLICK, "unsubscribe": _UNSUBSCRIBE, "email_delivered": _DELIVERY}
_HASH_BYTES = 4
TRACE_BYTES = 16


class ClickTrace(NamedTuple):
    """What scanners are recognised by of an event of one message.

    at_ms: its occurred_at.
    kind: a click, a click on a honeypot, an unsubscribe or a delivery.
    link: of a click, a hash of its link with the lowest bits 0; 0 of any other.
    """

    at_ms: int
    kind: int
    link: int


def click_trace_of(event: StoredEvent) -> bytes | None:
    """Hashes of message and link with the time of an event of a traced type; None: it is of no message."""
    properties = event.properties
    message = properties.get(MESSAGE)
    if message is None:
        return None
    kind = _KINDS[event.type]
    link = 0
    if kind == _CLICK:
        link = int.from_bytes(_hash_of(properties.get(URL, ABSENT)), "big") & ~_KIND_BITS
        kind = _HONEYPOT_CLICK if properties.get(HONEYPOT) is True else _CLICK
    return (
        _hash_of(message)
        + (link | kind).to_bytes(_HASH_BYTES, "big")
        + event.occurred_at_ms.to_bytes(TRACE_BYTES - 2 * _HASH_BYTES, "big", signed=True)
    )


def is_scanner(scanners: Scanners, traces: bytes, new: bytes) -> bool | None:
    """Whether the newly traced event is a scanner's; None: by it the class of one in `traces` may change."""
    others = _of_message(traces, new[:_HASH_BYTES])
    trace = _read(new)
    if not others:
        return trace.kind == _HONEYPOT_CLICK
    if trace.kind != _DELIVERY:  # what lies further away shares no window with those that it can be in a burst with
        reach_ms = 2 * scanners.within_ms
        others = [o for o in others if o.kind == _DELIVERY or abs(o.at_ms - trace.at_ms) < reach_ms]
    *classes_with, class_of_new = _by_scanner(scanners, [*others, trace])
    return class_of_new if classes_with == _by_scanner(scanners, others) else None


def find_scanner_events(scanners: Scanners | None, events: Iterable[StoredEvent]) -> tuple[frozenset[str], bytes]:
    """The ids of the events that are a scanner's, and the traces of all."""
    if scanners is None:
        return frozenset(), b""
    by_message: dict[bytes, list[tuple[str, bytes]]] = {}
    for event in events:
        if event.type in TRACED_PATHS and (trace := click_trace_of(event)) is not None:
            by_message.setdefault(trace[:_HASH_BYTES], []).append((event.id, trace))
    ids = [
        id_
        for traced in by_message.values()
        for (id_, _), is_by_scanner in zip(
            traced, _by_scanner(scanners, [_read(trace) for _, trace in traced]), strict=True
        )
        if is_by_scanner
    ]
    return frozenset(ids), b"".join([trace for traced in by_message.values() for _, trace in traced])


def _by_scanner(scanners: Scanners, traces: list[ClickTrace]) -> list[bool]:
    """For each of one message's traces, whether it is a scanner's. A delivery is nobody's."""
    actions = sorted((trace.at_ms, i) for i, trace in enumerate(traces) if trace.kind != _DELIVERY)
    flags = [trace.kind == _HONEYPOT_CLICK for trace in traces]
    if scanners.before_delivery:
        delivered_ms = min((trace.at_ms for trace in traces if trace.kind == _DELIVERY), default=None)
        for at_ms, i in actions:
            flags[i] = flags[i] or (delivered_ms is not None and at_ms < delivered_ms)
    traps = [trace.at_ms for trace in traces if trace.kind == _HONEYPOT_CLICK]
    for at_ms, i in actions if traps else ():
        flags[i] = flags[i] or any(abs(at_ms - trap_ms) < scanners.within_ms for trap_ms in traps)
    _mark_bursts(scanners, traces, actions, flags)
    return flags


def _mark_bursts(
    scanners: Scanners, traces: list[ClickTrace], actions: list[tuple[int, int]], flags: list[bool]
) -> None:
    """Flag what lies in a window with clicks on too many links: each window that begins with an action is looked at."""
    links: Counter[int] = Counter()
    end = marked = 0
    for start, (from_ms, first) in enumerate(actions):
        while end < len(actions) and actions[end][0] < from_ms + scanners.within_ms:
            _count(links, traces[actions[end][1]], 1)
            end += 1
        if len(links) >= scanners.links:
            for _, i in actions[max(start, marked) : end]:
                flags[i] = True
            marked = end
        _count(links, traces[first], -1)


def _count(links: Counter[int], trace: ClickTrace, by: int) -> None:
    """Add to, or take from, the number of clicks on the trace's link."""
    if trace.kind == _UNSUBSCRIBE:
        return
    link = trace.link
    links[link] += by
    if not links[link]:
        del links[link]


def _of_message(traces: bytes, message: bytes) -> list[ClickTrace]:
    """The traces of one message."""
    message_traces = []
    place = traces.find(message)
    while place >= 0:
        if place % TRACE_BYTES == 0:
            message_traces.append(_read(traces[place : place + TRACE_BYTES]))
        place = traces.find(message, place + 1)
    return message_traces


def _read(trace: bytes) -> ClickTrace:
    """The trace that these bytes are."""
    link = int.from_bytes(trace[_HASH_BYTES : 2 * _HASH_BYTES], "big")
    at_ms = int.from_bytes(trace[2 * _HASH_BYTES :], "big", signed=True)
    return ClickTrace(at_ms, link & _KIND_BITS, link & ~_KIND_BITS)


def _hash_of(value: Any) -> bytes:
    """Four bytes for a JSON value or its absence."""
    if type(value) is str:
        return _hash("s" + value)
    return _hash("" if value is ABSENT else "j" + canonical(value))


@lru_cache(maxsize=16_384)  # contacts share messages and links
def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).digest()
