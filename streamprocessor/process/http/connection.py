"""A connection of the HTTP server: what comes before and between requests is bounded in time, size and number."""

from __future__ import annotations

import logging
import resource
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from streamprocessor.contract.traceparents import TRACEPARENT, trace_id_of, traceparent_of
from streamprocessor.process.http.client_address import network_part, parse_address
from streamprocessor.process.logs.context import trace_id
from streamprocessor.process.logs.notices import Notices

VERSIONS = ("1.0", "1.1")
MAX_HEADER_BYTES = 32 * 1024
KEEP_ALIVE_SECONDS = 75.0  # longer than proxies keep theirs, so that none is closed under a request
HEADERS_SECONDS = 10.0
BODY_SECONDS = 30.0
BODY_BYTES_PER_SECOND = 10_000
"""A body may take BODY_SECONDS, and as much longer as its bytes take at this rate."""
READ_SECONDS = 60.0
"""How long an answer may wait for its client to read more of it."""
LOOK_SECONDS = 1.0
"""How often `close_if_late` is called."""

_TLS_HELLO = b"\x16\x03"
"""What a client begins with that speaks TLS."""

_TRACEPARENT = TRACEPARENT.encode()
_OTHER_FILES = 256  # that a process has open besides: databases, Kafka, logs

_END = b"connection: close\r\ncontent-length: 0\r\n\r\n"
_MALFORMED = b"HTTP/1.1 400 Bad Request\r\n" + _END
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\n" + _END
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + _END
_TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\n" + _END

OWN_ANSWERS = {
    "408": "The request's head did not come within ten seconds.",
    "431": "The request's line and headers are larger than 32 KiB together.",
}
"""What a connection may answer before any application is asked, by status; all without a body."""


_LARGE = f"headers larger than {MAX_HEADER_BYTES // 1024} KiB"

log = logging.getLogger(__name__)


class ConnectionLimit:
    """The connections of one server. Over the limit the one closed is that which waits for its client the longest.

    keeps_alive: whether a connection outlives the request that is answered on it.
    notices: of requests that are none, by the network that they come from.
    """

    def __init__(self, most: int) -> None:
        """Hold so many at once, or as many as the system lets this process hold; it is asked for them first."""
        self.keeps_alive = True
        self.notices = Notices(log)
        self._most = _allowed(most)
        self._open: set[Connection] = set()
        self._waiting: OrderedDict[Connection, None] = OrderedDict()  # the oldest first

    def opened(self, connection: Connection) -> None:
        """Count one more; where that is one too many, close another that waits, or this one if none does."""
        self._open.add(connection)
        self.waits(connection)
        if len(self._open) > self._most:
            oldest = next(iter(self._waiting))
            oldest.refuse(_TOO_MANY if oldest is connection else b"")

    def waits(self, connection: Connection) -> None:
        """Note that the connection waits for its client from now on."""
        self._waiting[connection] = None
        self._waiting.move_to_end(connection)

    def works(self, connection: Connection) -> None:
        """Note that its client waits for us from now on."""
        self._waiting.pop(connection, None)

    def closed(self, connection: Connection) -> None:
        """Note that it is open no more."""
        self._open.discard(connection)
        self._waiting.pop(connection, None)


def _allowed(most: int) -> int:
    allowed, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    file_limit = most + _OTHER_FILES
    if resource.RLIM_INFINITY != allowed < file_limit:
        allowed = file_limit if highest == resource.RLIM_INFINITY else min(file_limit, highest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, highest))
    return most if allowed == resource.RLIM_INFINITY else max(1, min(most, allowed - _OTHER_FILES))


class Connection(HttpToolsProtocol):
    """uvicorn's own, with bounds; `close_if_late` is called every LOOK_SECONDS."""

    _header_bytes = 0
    _body_bytes = 0
    _since_seconds = 0.0
    _unread_since_seconds: float | None = None
    _is_waiting = True  # for a request to begin or to become whole
    _has_headers = False
    _refused = False
    _is_tls = False
    _answered: RequestResponseCycle | None = None
    """The request that is answered, or was the last; uvicorn's own `cycle` is the last that was read."""

    def __init__(self, limit: ConnectionLimit, **of_uvicorn: Any) -> None:
        """Count under the limit of all connections of the server."""
        super().__init__(**of_uvicorn)
        self._limit = limit

    def connection_made(self, transport: Any) -> None:
        """A client is there: it has to say something soon."""
        super().connection_made(transport)
        self._since_seconds = time.monotonic()
        self._limit.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over, also for the request that is answered while another came after it."""
        self._limit.closed(self)
        if self._answered is not None:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what may be headers; a header that never ends ends here."""
        if self._refused:
            return
        self._is_tls = data.startswith(_TLS_HELLO)
        if self._is_idle and not self._is_waiting:  # whatever comes begins a request, be it an empty line
            self._since_seconds, self._is_waiting = time.monotonic(), True
            self._limit.waits(self)
        in_headers = not self._has_headers
        super().data_received(data)
        if in_headers and not self._has_headers and self._is_waiting:
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES:
                self.refuse(_TOO_LARGE, _LARGE)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._since_seconds, self._header_bytes, self._body_bytes = time.monotonic(), 0, 0
        self._is_waiting, self._has_headers = True, False
        self._limit.waits(self)

    def on_headers_complete(self) -> None:
        """All headers are there."""
        self._has_headers = True
        if self._refused:  # what was sent behind a request that was refused
            return
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or self.parser.get_http_version() not in VERSIONS:
            self.refuse(_MALFORMED, "not HTTP/1.0 or 1.1, or for several hosts")
        elif sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > MAX_HEADER_BYTES:
            self.refuse(_TOO_LARGE, _LARGE)
        else:
            super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        cycle.keep_alive = cycle.keep_alive and self._limit.keeps_alive
        before = trace_id.set(_trace_in(cycle.scope["headers"]))  # of the task that begins here
        super()._start_asgi_task(cycle, app)
        trace_id.reset(before)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if not self._refused:
            self._body_bytes += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if not self._refused:
            self._is_waiting, self._has_headers, self._header_bytes = False, False, 0
            if not self._is_idle:  # some are answered before they are whole
                self._limit.works(self)
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is whole."""
        if not self._is_waiting and not self.pipeline:
            self._since_seconds = time.monotonic()
            self._limit.waits(self)
        super().on_response_complete()

    def pause_writing(self) -> None:
        """What we answer is not read as fast as it comes."""
        super().pause_writing()
        self._unread_since_seconds = time.monotonic()

    def resume_writing(self) -> None:
        """What we answered was read."""
        super().resume_writing()
        self._unread_since_seconds = None

    def close_if_late(self) -> None:
        """Close where a request was begun and does not become whole, none was ever begun, or no answer is read."""
        now_seconds = time.monotonic()
        if self._unread_since_seconds is not None:
            if now_seconds - self._unread_since_seconds > READ_SECONDS:
                self.transport.abort()  # closing would wait for what is not read
        elif self.flow.read_paused:  # it is we who let the client wait
            self._since_seconds += LOOK_SECONDS
        elif (self._is_waiting or self._is_idle) and now_seconds - self._since_seconds > self._patience_seconds:
            has_begun = self._is_waiting and self.headers is not None
            reason = f"not whole within {self._patience_seconds:.0f} s" if has_begun else ""
            self.refuse(_TOO_SLOW if has_begun and not self._has_headers else b"", reason)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._tell("TLS, which this port does not speak" if self._is_tls else "not HTTP")
        super().send_400_response(msg)

    def refuse(self, answer: bytes, reason: str = "") -> None:
        """Close, after this answer where it is not empty; the log gets the reason where there is one."""
        if reason:
            self._tell(reason)
        self._refused, self._is_waiting = True, False
        self._limit.closed(self)
        if not self.transport.is_closing():
            if answer:
                self.transport.write(answer)
            self.transport.close()

    def _tell(self, reason: str) -> None:
        address = parse_address(self.client[0]) if self.client else None
        sender = "somebody" if address is None else str(network_part(address))
        self._limit.notices.tell(f"a request from {sender} is refused: {reason}")

    @property
    def _patience_seconds(self) -> float:
        if not self._is_waiting:
            return KEEP_ALIVE_SECONDS
        return BODY_SECONDS + self._body_bytes / BODY_BYTES_PER_SECOND if self._has_headers else HEADERS_SECONDS

    @property
    def _is_idle(self) -> bool:
        """Whether no answer is under way."""
        return self.cycle is None or self.cycle.response_complete


def _trace_in(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    for name, value in headers:
        if name == _TRACEPARENT:
            traceparent = traceparent_of(value.decode("latin-1"))
            return None if traceparent is None else trace_id_of(traceparent)
    return None
