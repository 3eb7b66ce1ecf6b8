"""Requests as SDKs make them, taken by a wire format: what records come of them, and what is answered."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import orjson
from hypothesis import strategies as st

from streamprocessor.collector.formats.vocabulary import read_vocabulary
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    HttpRequest,
    RefusalError,
    TopicEntry,
    WireFormat,
)
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.rfc3339 import parse_rfc3339
from tests.collector.input_topics import topic_of

CONTACT_IDS = ContactIds("a salt")
VOCABULARY = read_vocabulary()

NOW = "2026-11-22T08:00:00.000Z"
NOW_MS = parse_rfc3339(NOW) or 0
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"


@dataclass(frozen=True)
class Taken:
    """What a format made of a request."""

    key: str | None
    decoded: DecodedEvents
    answer: HttpAnswer

    @property
    def values(self) -> list[dict[str, Any]]:
        """The records' values, in their order."""
        return [entry.value for entry in self.decoded.entries]

    @property
    def only(self) -> TopicEntry:
        """The one record."""
        (entry,) = self.decoded.entries
        return entry

    @property
    def updates(self) -> list[tuple[str, str, Any]]:
        """The contact updates: contact, which, and what it says."""
        content = {"identify": "anonymous_id", "merge": "from", "attributes": "attributes"}
        updates = [entry for entry in self.decoded.entries if topic_of(entry) == "contact-updates"]
        values = [entry.value for entry in updates]
        return [(value["contact_id"], value["update"], value[content[value["update"]]]) for value in values]


def request_of(path: str, body: object = b"", *, query: str = "", **headers: str) -> HttpRequest:
    """A request that arrives at NOW; an object as body becomes JSON, and `user_agent=` the header `user-agent`."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest("GET" if query else "POST", path, query, named, raw, raw, NOW_MS, "203.0.113.9")


def take(wire_format: WireFormat, request: HttpRequest) -> Taken:
    """What the format makes of the request; raises RefusalError."""
    parsed = wire_format.parse(request)
    decoded = wire_format.decode(request, parsed)
    return Taken(parsed.key, decoded, wire_format.accepted_answer(request, parsed, decoded))


def basic(key: str) -> str:
    """The header that SDKs send a key in."""
    return "Basic " + b64encode(f"{key}:".encode()).decode()


def take_or_refuse(wire_format: WireFormat, request: HttpRequest) -> None:
    """Holds that whatever comes is taken or refused, and that what was taken is complete."""
    try:
        taken = take(wire_format, request)
    except RefusalError as refusal:
        answer = wire_format.refusal_answer(refusal)
    else:
        answer = taken.answer
        for entry in taken.decoded.entries:
            assert entry.value["contact_id"] == entry.contact_id != ""
            assert entry.value["id"]
            assert parse_rfc3339(entry.value["occurred_at"]) is not None
            entry.contact_id.encode()
            orjson.dumps(entry.value)
    assert answer.status == 200 or 400 <= answer.status < 500


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([NOW, "2026-11-22 08:00", "0", "", "a@b.example", "https://[", "\x00", "$set", "ue", "pv"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def hostile(*words: str, inner: tuple[str, ...] = ()) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have any of these words, each with a value of any kind, or objects of the inner words."""
    of_inner = st.dictionaries(st.sampled_from(inner), json_values, max_size=6) if inner else json_values
    return st.dictionaries(st.sampled_from(words), json_values | of_inner, max_size=len(words))
