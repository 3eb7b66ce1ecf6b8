"""What the tests of own tracking share: keys, requests, and a format served as the collector serves it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from streamprocessor.collector.http.validation import check_entries
from streamprocessor.collector.http.wire_format import DecodedEvents, HttpAnswer, HttpRequest, RefusalError, WireFormat
from streamprocessor.collector.tracking.form_reading.submission import FormReading
from streamprocessor.collector.tracking.sites import read_sites
from streamprocessor.collector.tracking.tokens import token_keys
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.field_words import read_form_words
from tests.harness.input_topics import INPUT_TOPICS

KEYS = token_keys({"k1": "0123456789abcdef"})
CONTACT_IDS = ContactIds("salt of the tests")
READING = FormReading(CONTACT_IDS, read_form_words(True))
SITES = read_sites("www.example.com,*.example.org")
NOW_MS = 1_800_000_000_000
NOW = "2027-01-15T08:00:00.000Z"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Served(NamedTuple):
    """What came of a request: the answer, and the records; none where it was refused."""

    answer: HttpAnswer
    decoded: DecodedEvents

    @property
    def values(self) -> list[dict[str, Any]]:
        return [entry.value for entry in self.decoded.entries]

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.answer.headers)


def request(
    method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"", at_ms: int = NOW_MS
) -> HttpRequest:
    all_headers = {"user-agent": AGENT} | dict(headers or {})
    return HttpRequest(method, path, "", all_headers, body, body, at_ms, "203.0.113.9")


def serve(wire_format: WireFormat, asked: HttpRequest) -> Served:
    """The format's own functions in the collector's order; fails where a record would not be taken by the worker."""
    try:
        parsed = wire_format.parse(asked)
        decoded = wire_format.decode(asked, parsed)
    except RefusalError as refusal:
        return Served(wire_format.refusal_answer(refusal), DecodedEvents())
    assert check_entries(decoded.entries, INPUT_TOPICS, asked.received_at_ms).refused == []
    return Served(wire_format.accepted_answer(asked, parsed, decoded), decoded)
