"""Requests and records in which every person is the same made-up one, whose words nothing else has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

from tests.fuzz.asked import tokens
from tests.fuzz.collected import BROWSER_KEY, sent
from tests.fuzz.requests import Request, rendered
from tests.harness.apis import ALL
from tests.harness.system import Sent

ID, NAME, VISITOR, IP = "contact-q7x4z", "Quentinq7x4z", "visitorq7x4z0123", "203.0.113.177"
ADDRESS = "quentin-q7x4z@person.example"
#: What no log may hold.
WORDS = ("q7x4z", IP)
MOST_BYTES = 20_000

_ADDRESSES = re.compile(rb"\b[\w.+-]{1,40}(?:@|%40)[\w-]{1,40}\.[\w.-]{1,40}")
_LENGTH = re.compile(rb"content-length: \d+")
_REPLACED = {
    b"c-42": ID.encode(),
    b"c-1": ID.encode(),
    b"user-1": ID.encode(),
    b"0123456789abcdef": VISITOR.encode(),
    b"Ada": NAME.encode(),
    b"Jane": NAME.encode(),
    b"198.51.100.7": IP.encode(),
}


def to_collector(random: Random, count: int) -> Iterator[Request]:
    """So many requests through all doors of a collector, some of them broken."""
    for request in (sent(random) for _ in range(count)):
        if len(request.raw) < MOST_BYTES:
            yield _marked(request)
    form = f"email={quote(ADDRESS)}&name={NAME}&message=call+{NAME}&_redirect=https://elsewhere.example/{NAME}?{ADDRESS}".encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "x-forwarded-for": IP}
    yield Request("sent", rendered("POST", "/f/contact", headers, form + f"&_key={BROWSER_KEY}".encode()))
    yield Request("wire", f"GET /?{ADDRESS} HTTP/1.1\r\n{NAME} {ADDRESS}\r\n\r\n".encode(), is_whole=False)
    yield Request("wire", f"{ADDRESS}\r\n\r\n".encode(), is_whole=False)


def to_api(random: Random) -> Iterator[Request]:
    """Questions to an api about the person, by every word that leads to one."""
    headers = {"authorization": f"Bearer {ALL}", "x-forwarded-for": IP}
    for word in (ID, ADDRESS, f"anon:{VISITOR}", f"{NAME}\n\ud800"):
        text = quote(word, errors="surrogatepass")
        for path in ("", "/explanation", "/history", "/events", "/forecast", "/export"):
            yield Request("odd", rendered("GET", f"/api/contacts/{text}{path}", headers))
            yield Request("odd", rendered("GET", f"/api/contact{path}?contact_id={text}", headers))
        yield Request("odd", rendered("GET", f"/api/contacts?search={text}&cursor={text}&sort={text}", headers))
        yield Request("odd", rendered("DELETE", f"/api/contacts/{text}", dict(tokens(random)) | headers))
        yield Request("odd", rendered("GET", f"/{text}", headers))
    row = f"{ID},{ADDRESS},{NAME}\n".encode()
    mapping = quote("type: email_open\ncontact_id: {column: id}\noccurred_at: {column: at, format: iso}\n")
    csv = headers | {"content-type": "text/csv"}
    yield Request(
        "odd", rendered("POST", f"/api/imports?format=csv&mapping_text={mapping}", csv, b"id,at,n\n" + row * 3)
    )


def to_kafka() -> Iterator[Sent]:
    """Records that a worker can use, and some that it can't."""
    key = ID.encode()
    yield Sent("page-visits", key, {"type": "page_visit", "properties": {"path": f"/{NAME}"}})
    yield Sent("page-visits", key, f'{{"type": "page_visit", "contact_id": "{ADDRESS}"'.encode())
    yield Sent("activities", key, {"type": f"{NAME}", "occurred_at": ADDRESS})
    yield Sent("activities", f"{NAME}\0".encode(), {"type": "download"})
    yield Sent("contact-updates", key, {"update": "attributes", "attributes": {"email": ADDRESS, "name": NAME}})
    yield Sent("contact-updates", key, {"update": NAME, "from": ADDRESS})


def _marked(request: Request) -> Request:
    head, end, body = request.raw.partition(b"\r\n\r\n")
    head, body = (_ADDRESSES.sub(ADDRESS.encode(), part) for part in (head, body))
    for word, marked in _REPLACED.items():
        head, body = head.replace(word, marked), body.replace(word, marked)
    head = _LENGTH.sub(b"content-length: %d" % len(body), head) + b"\r\nx-forwarded-for: " + IP.encode()
    return request._replace(raw=head + end + body)
