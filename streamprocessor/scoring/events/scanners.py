"""Scanners that look like browsers, recognised by what they do with a message's links; verdicts overrule it.

A click or unsubscribe of a message is a scanner's where a window holds it together with clicks on many distinct links
of the message, where a honeypot is clicked near it, or where it came before the message was delivered or right after
it. A page visit, or an opened mail, is a scanner's where such an act, or one that says itself that it is a scanner's,
shortly precedes it, of whatever message: it opened what it clicked.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from streamprocessor.scoring.canonical import canonical
from streamprocessor.scoring.model.conditions import ABSENT
from streamprocessor.scoring.model.model import Scanners
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.facts import SCANNER

MESSAGE, URL, HONEYPOT = "properties.message", "properties.url", "properties.honeypot"

#: What is stored of events of these types, so that scanners can be recognised by it.
TRACED_PATHS: Mapping[str, tuple[str, ...]] = {
    "email_click": (MESSAGE, URL, HONEYPOT),
    "unsubscribe": (MESSAGE,),
    "email_delivered": (MESSAGE,),
}

OPENED_TYPES = frozenset({"page_visit", "email_open"})
CLASSED_TYPES = frozenset({*TRACED_PATHS, *OPENED_TYPES})
"""The types of events that can be a scanner's by what is done."""

_KIND_BITS = 0b11
_CLICK, _HONEYPOT_CLICK, _UNSUBSCRIBE, _DELIVERY = range(4)
_KINDS = {"email_click": _CLICK, "unsubscribe": _UNSUBSCRIBE, "email_delivered": _DELIVERY}
_HASH_BYTES = 4
TRACE_BYTES = 16
_NAMED = 1 << 62
"""Added to the time of what a scanner did who says so itself."""

_FINE_TIME_BITS = 24
_COARSE_TIME_BYTES = 4
"""What lies between a trace's last bytes of the time and the first one, which is the same for all."""
_COARSE_TIME_MASK = (1 << 8 * _COARSE_TIME_BYTES) - 1


class ClickTrace(NamedTuple):
    """What scanners are recognised by of an event of one message.

    at_ms: its occurred_at.
    kind: a click, a click on a honeypot, an unsubscribe or a delivery.
    link: of a click, a hash of its link with the lowest bits 0; 0 of any other.
    is_named: whether the event itself says that it is a scanner's, by its user agent or its provider.
    """

    at_ms: int
    kind: int
    link: int
    is_named: bool


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
    time = event.occurred_at_ms + (_NAMED if event.actor == SCANNER else 0)
    return (
        _hash_of(message)
        + (link | kind).to_bytes(_HASH_BYTES, "big")
        + time.to_bytes(TRACE_BYTES - 2 * _HASH_BYTES, "big", signed=True)
    )


def is_scanner(scanners: Scanners, traces: bytes, new: bytes) -> bool | None:
    """Whether the newly traced event is a scanner's; None: by it the class of one in `traces` may change."""
    others = _of_message(traces, new[:_HASH_BYTES])
    trace = _read(new)
    if not others:
        return _by_scanner(scanners, [trace])[0]
    if trace.kind != _DELIVERY:  # what lies further away shares no window with those that it can be in a burst with
        reach_ms = 2 * scanners.within_ms
        others = [o for o in others if o.kind == _DELIVERY or abs(o.at_ms - trace.at_ms) < reach_ms]
    *classes_with, class_of_new = _by_scanner(scanners, [*others, trace])
    return class_of_new if classes_with == _by_scanner(scanners, others) else None


def opens_after_scanner(scanners: Scanners | None, traces: bytes, at_ms: int) -> bool:
    """Whether what is opened at this instant was opened by a scanner whose acts are among the traces."""
    if scanners is None:
        return False
    after_ms = at_ms - scanners.within_ms
    # All that is opened passes here, and hardly any comes so soon after an act: the times' first bytes tell that fast.
    for coarse in range((after_ms + 1) >> _FINE_TIME_BITS, (at_ms >> _FINE_TIME_BITS) + 1):
        if (coarse & _COARSE_TIME_MASK).to_bytes(_COARSE_TIME_BYTES, "big") in traces:
            break
    else:
        return False
    messages = {
        traces[place : place + _HASH_BYTES]
        for place in range(0, len(traces), TRACE_BYTES)
        if after_ms < _read(traces[place : place + TRACE_BYTES]).at_ms <= at_ms
    }
    return any([_opens(scanners, _of_message(traces, message), at_ms) for message in messages])


def _opens(scanners: Scanners, message_traces: list[ClickTrace], at_ms: int) -> bool:
    """Whether a scanner's act on the one message precedes the instant so shortly that it opens what is opened then."""
    flags = _by_scanner(scanners, message_traces)
    return any(
        [
            is_by_scanner and at_ms - scanners.within_ms < trace.at_ms <= at_ms
            for trace, is_by_scanner in zip(message_traces, flags, strict=True)
        ]
    )


def find_scanner_events(scanners: Scanners | None, events: Iterable[StoredEvent]) -> tuple[frozenset[str], bytes]:
    """The ids of the events that are a scanner's, and the traces of all."""
    if scanners is None:
        return frozenset(), b""
    by_message: dict[bytes, list[tuple[str, bytes]]] = {}
    opened: list[tuple[int, str]] = []
    for event in events:
        if event.type in OPENED_TYPES:
            opened.append((event.occurred_at_ms, event.id))
        elif event.type in TRACED_PATHS and (trace := click_trace_of(event)) is not None:
            by_message.setdefault(trace[:_HASH_BYTES], []).append((event.id, trace))
    ids, acts_ms = [], []
    for traced in by_message.values():
        message_traces = [_read(trace) for _, trace in traced]
        for place, is_by_scanner in enumerate(_by_scanner(scanners, message_traces)):
            if is_by_scanner:
                ids.append(traced[place][0])
                acts_ms.append(message_traces[place].at_ms)
    if acts_ms:
        acts_ms.sort()
        ids += [id_ for at_ms, id_ in opened if _follows(at_ms, acts_ms, scanners.within_ms)]
    return frozenset(ids), b"".join([trace for traced in by_message.values() for _, trace in traced])


def _follows(at_ms: int, acts_ms: list[int], within_ms: int) -> bool:
    """Whether the last of the acts, which are sorted, that is not later lies less than so long before."""
    place = bisect_right(acts_ms, at_ms)
    return place > 0 and at_ms - acts_ms[place - 1] < within_ms


def _by_scanner(scanners: Scanners, traces: list[ClickTrace]) -> list[bool]:
    """For each of one message's traces, whether it is a scanner's. A delivery is nobody's."""
    actions = sorted((trace.at_ms, i) for i, trace in enumerate(traces) if trace.kind != _DELIVERY)
    flags = [trace.kind == _HONEYPOT_CLICK or (trace.is_named and trace.kind != _DELIVERY) for trace in traces]
    deliveries_ms = [trace.at_ms for trace in traces if trace.kind == _DELIVERY]
    for at_ms, i in actions if deliveries_ms else ():
        age_ms = at_ms - min(deliveries_ms)
        is_early = scanners.before_delivery and age_ms < -scanners.clock_tolerance_ms
        flags[i] = flags[i] or is_early or 0 <= age_ms < scanners.after_delivery_ms
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
    time = int.from_bytes(trace[2 * _HASH_BYTES :], "big", signed=True)
    is_named = time >= _NAMED >> 1
    return ClickTrace(time - _NAMED if is_named else time, link & _KIND_BITS, link & ~_KIND_BITS, is_named)


def _hash_of(value: Any) -> bytes:
    """Four bytes for a JSON value or its absence."""
    if type(value) is str:
        return _hash("s" + value)
    return _hash("" if value is ABSENT else "j" + canonical(value))


@lru_cache(maxsize=16_384)  # contacts share messages and links
def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).digest()
