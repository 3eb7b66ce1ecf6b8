"""What the tests of own tracking share: keys, requests, and a format served as the collector serves it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from streamprocessor.collector.contact_ids import ContactIds
from streamprocessor.collector.http.validation import checked_rows
from streamprocessor.collector.http.wire_format import DecodedEvents, HttpAnswer, Refusal, Request, WireFormat
from streamprocessor.collector.tracking.sites import read_sites
from streamprocessor.collector.tracking.tokens import token_keys
from streamprocessor.contract.topics.topics import Topic, inputs, read_topics

TOPICS = Path(__file__).parents[3] / "topics"
KEYS = token_keys({"k1": "0123456789abcdef"})
NAMING = ContactIds("salt of the tests")
SITES = read_sites("www.example.com,*.example.org")
NOW_MS = 1_800_000_000_000
NOW = "2027-01-15T08:00:00.000Z"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Served(NamedTuple):
    """What came of a request: the answer, and the records; none where it was refused."""

    answer: HttpAnswer
    reading: DecodedEvents

    @property
    def values(self) -> list[dict[str, object]]:
        return [entry.value for entry in self.reading.entries]

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.answer.headers)


def request(
    method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"", at_ms: int = NOW_MS
) -> Request:
    said = {"user-agent": AGENT} | dict(headers or {})
    return Request(method, path, "", said, body, body, at_ms, "203.0.113.9")


@cache
def input_topics() -> dict[str, Topic]:
    return {topic.name: topic for topic in inputs(read_topics(TOPICS))}


def serve(wire_format: WireFormat, asked: Request) -> Served:
    """The format's own functions in the collector's order; fails where a record would not be taken by the worker."""
    try:
        opened = wire_format.open(asked)
        reading = wire_format.read(asked, opened)
    except Refusal as refusal:
        return Served(wire_format.refused(refusal), DecodedEvents())
    made = list(reading.entries)
    checked_rows(reading, input_topics(), asked.received_at_ms)
    assert reading.entries == made, reading.bad
    return Served(wire_format.accepted(asked, opened, reading), reading)
