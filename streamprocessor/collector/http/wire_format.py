"""What every wire format is made of: a request in, records for Kafka and an answer out. Values only, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.topic_names import CONTACT_UPDATES


class Request(NamedTuple):
    """An HTTP request as wire formats see it.

    path: without the query. query: as it came, percent-encoded. headers: lower-case names. body: decompressed.
    raw_body: the bytes as they came, for signatures. ip: of the client, as far as trusted proxies tell; None: unknown,
    or not to be kept.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    raw_body: bytes
    received_at_ms: int
    ip: str | None = None


class TopicEntry(NamedTuple):
    """One record for Kafka: an event or an update of one contact. topic: its short name; value: as CONTRACT spells it.

    value holds `id` and `contact_id` always; the record's key is the contact. position: of the item it came from.
    """

    topic: str
    contact_id: str
    value: dict[str, Any]
    position: int = 0


def update_entry(update_id: str, contact_id: str, occurred_at_ms: int, content: Mapping[str, Any]) -> TopicEntry:
    """The record of a contact update. content: which `update` it is, and what that says."""
    value = {"id": update_id, "contact_id": contact_id, "occurred_at": format_rfc3339(occurred_at_ms), **content}
    return TopicEntry(CONTACT_UPDATES, contact_id, value)


class RefusedItem(NamedTuple):
    """One item of a batch that was not taken: its position, a reason code, and what was wanted and got."""

    position: int
    reason: str
    detail: str


@dataclass(slots=True)
class DecodedEvents:
    """What a request held: records to send, and items that could not be taken."""

    entries: list[TopicEntry] = field(default_factory=list)
    bad: list[RefusedItem] = field(default_factory=list)


class HttpAnswer(NamedTuple):
    """An HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Refusal(Exception):
    """A whole request is not taken. status: of the answer; code: a short word for programs; the text is for people."""

    def __init__(self, status: int, code: str, message: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after_seconds = status, code, retry_after_seconds


class PendingFetch(Refusal):
    """A request that can't be judged yet, and is to be read again on arrival of what is being fetched for it.

    arrival: whether it came, once that is known. Where it does not come in time, this is the refusal.
    """

    def __init__(self, refusal: Refusal, fetched: Future[bool]) -> None:
        super().__init__(refusal.status, refusal.code, str(refusal), refusal.retry_after_seconds)
        self.arrival = fetched


class ParsedRequest(NamedTuple):
    """A request, parsed once. key: the write key that it offers, None: none; payload: whatever the format reads."""

    key: str | None
    payload: Any


@dataclass(frozen=True, slots=True)
class WireFormat:
    """One way of posting events. All four functions are pure; `open` and `read` raise Refusal, `open` Awaiting too.

    routes: (method, path); a path may hold {name} parameters. needs_key: whether the server checks the opened key
    against the write keys before `read`; False: the format proves the sender itself (a token, a signature), or needs
    no proof. accepted: the answer once all entries are safe. refused: how this format's clients want to hear of it.
    max_body_bytes: of the body, decompressed. credentials: its browsers' clients send cookies along.
    answers_unkept: `accepted` is the answer also where there was no room to keep the entries: a person waits for it.
    """

    name: str
    routes: tuple[tuple[str, str], ...]
    open: Callable[[Request], ParsedRequest]
    read: Callable[[Request, ParsedRequest], DecodedEvents]
    accepted: Callable[[Request, ParsedRequest, DecodedEvents], HttpAnswer]
    refused: Callable[[Refusal], HttpAnswer]
    needs_key: bool = True
    max_body_bytes: int = 500 * 1024
    credentials: bool = False
    answers_unkept: bool = False
