"""What every wire format is made of: a request in, records for Kafka and an answer out. Values only, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from streamprocessor.contract.access_policy import Act, act_of_event
from streamprocessor.contract.rfc3339 import format_rfc3339


class HttpRequest(NamedTuple):
    """An HTTP request as wire formats see it.

    path: without the query.
    query: as it came, percent-encoded.
    headers: values by lower-case names.
    body: decompressed.
    raw_body: the bytes as they came, which signatures cover.
    received_at_ms: by our own clock.
    ip: of the client, as far as trusted proxies tell; None where it is unknown, or not to be stored.
    network: of the client, by which limits count; empty where it is unknown.
    traceparent: the trace context for what follows from the request; None: it is in no trace.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    raw_body: bytes
    received_at_ms: int
    ip: str | None = None
    network: str = ""
    traceparent: str | None = None


class TopicEntry(NamedTuple):
    """One record for an input topic: an event or an update of one contact; its topic follows from what value says.

    contact_id: the record's key.
    value: as CONTRACT spells it, with `id` and `contact_id` always.
    position: of the item that it came from, counted from 0.
    act: what it says, where the source's words tell more than the record's; None: what the record's words say.
    is_proven: whether a signature of ours proves it, so that it may be said with any key.
    visitor: the contact of the anonymous visitor that did it, where it is filed under a known one; None: not named.
    """

    contact_id: str
    value: dict[str, Any]
    position: int = 0
    act: Act | None = None
    is_proven: bool = False
    visitor: str | None = None


class CollectedEvent(NamedTuple):
    """An event that a request tells of, by our names.

    occurred_at_ms: by our own clock, milliseconds since the epoch.
    context: who did it, as far as the request tells: `user_agent`, `ip`, `actor`.
    """

    id: str
    contact_id: str
    type: str
    occurred_at_ms: int
    properties: dict[str, Any]
    context: dict[str, Any]


def event_entry(event: CollectedEvent, position: int = 0) -> TopicEntry:
    """The record of an event."""
    value = {
        "id": event.id,
        "contact_id": event.contact_id,
        "type": event.type,
        "occurred_at": format_rfc3339(event.occurred_at_ms),
        "properties": event.properties,
        "context": event.context,
    }
    act = act_of_event(event.contact_id, value)  # its actor is what we found, nobody's statement
    return TopicEntry(event.contact_id, value, position, act)


def update_entry(update_id: str, contact_id: str, occurred_at_ms: int, content: Mapping[str, Any]) -> TopicEntry:
    """The record of a contact update. content: which `update` it is, and what that says."""
    value = {"id": update_id, "contact_id": contact_id, "occurred_at": format_rfc3339(occurred_at_ms), **content}
    return TopicEntry(contact_id, value)


class RefusedItem(NamedTuple):
    """One item of a batch that was not taken.

    position: in the batch, counted from 0.
    reason: a code for programs.
    detail: what was wanted and got, for people.
    """

    position: int
    reason: str
    detail: str


class LeftOut(NamedTuple):
    """What of one item was not taken, while the rest of it was: attributes, of which there were too many.

    position: of the item in the batch, counted from 0.
    """

    position: int
    attributes: list[str]


@dataclass(slots=True)
class DecodedEvents:
    """What a request held: records to send, and items that could not be taken.

    placeholder_ids: how many ids stood for nobody and were left out, of what is sent under another.
    left_out: attributes that were too many, of entries that are taken.
    """

    entries: list[TopicEntry] = field(default_factory=list)
    refused: list[RefusedItem] = field(default_factory=list)
    placeholder_ids: int = 0
    left_out: list[LeftOut] = field(default_factory=list)


class HttpAnswer(NamedTuple):
    """An HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class RefusalError(Exception):
    """A whole request is not taken. The exception's text is for people.

    status: of the answer.
    code: a short word for programs.
    retry_after_seconds: when the same request may succeed; None where it never will.
    """

    def __init__(self, status: int, code: str, message: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after_seconds = status, code, retry_after_seconds


class PendingFetchError(RefusalError):
    """A request that can't be judged yet, and is to be parsed again once what is being fetched for it is there.

    fetched: whether it came, once that is known. Where it does not come in time, this is the refusal.
    """

    def __init__(self, refusal: RefusalError, fetched: Future[bool]) -> None:
        super().__init__(refusal.status, refusal.code, str(refusal), refusal.retry_after_seconds)
        self.fetched = fetched


class ParsedRequest(NamedTuple):
    """A request, parsed once.

    key: the key that it offers; None where it offers none.
    payload: whatever the format decodes.
    item_count: of the items that are told apart already, so that too many are refused before any is decoded.
    """

    key: str | None
    payload: Any
    item_count: int = 1


class BodyThinner(Protocol):
    """Leaves out of a body, while it arrives, what nobody will read."""

    def thin(self, piece: bytes) -> bytes:
        """What stays of the next piece of the body, as far as that is decided."""

    def rest(self) -> bytes:
        """What stays of what was not decided yet, at the end of the body."""


def whole_body(_request: HttpRequest) -> BodyThinner | None:
    """The body is read as it comes."""
    return None


def admit_all(_request: HttpRequest) -> None:
    """Every request is worth reading."""


@dataclass(frozen=True, slots=True)
class WireFormat:
    """One way of posting events: functions of the request alone, but for two kinds of `parse`.

    One that raises PendingFetchError has had a document fetched in the background; one that refuses replays remembers
    what it saw.

    routes: (method, path); a path may hold {name} parameters.
    admit: looks at a request whose body was not read yet, and is empty; raises RefusalError where it need not be read.
    parse: raises RefusalError, or PendingFetchError.
    decode: raises RefusalError.
    accepted_answer: once all entries are safe; its DecodedEvents hold the good entries, and all refused items.
    refusal_answer: how this format's clients want to hear of a refusal.
    needs_key: whether the parsed key must be one that is known; False: the format proves the sender itself (a
        token, a signature), or needs no proof.
    max_body_bytes: of the body, decompressed, and thinned where it is.
    thinner_of: what thins the body of a request, which was not read yet; None: nothing does.
    max_posted_bytes: of a body that is thinned, as it comes.
    credentials: whether its browsers' clients send cookies along.
    answers_unstored: whether `accepted_answer` is given also where there was no room for the entries: a person waits.
    """

    name: str
    routes: tuple[tuple[str, str], ...]
    parse: Callable[[HttpRequest], ParsedRequest]
    decode: Callable[[HttpRequest, ParsedRequest], DecodedEvents]
    accepted_answer: Callable[[HttpRequest, ParsedRequest, DecodedEvents], HttpAnswer]
    refusal_answer: Callable[[RefusalError], HttpAnswer]
    admit: Callable[[HttpRequest], None] = admit_all
    needs_key: bool = True
    max_body_bytes: int = 500 * 1024
    thinner_of: Callable[[HttpRequest], BodyThinner | None] = whole_body
    max_posted_bytes: int = 500 * 1024
    credentials: bool = False
    answers_unstored: bool = False
