"""Requests of browsers, SDKs and servers as they stand on the wire, and rows of the CRM's exports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from tests.harness.collectors import KEY

BROWSER_KEY = "browser-key-of-the-tests"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


class Request(NamedTuple):
    """One POST."""

    path: str
    body: bytes
    headers: dict[str, str]


class Post(NamedTuple):
    """Requests sent one right after the other. has_id: whether a client may send them again much later."""

    requests: tuple[Request, ...]
    has_id: bool = True


class Row(NamedTuple):
    """A row of one of the CRM's exports."""

    export: str
    cells: dict[str, str]


def segment_call(call: str, call_id: str, at_ms: int, said: dict[str, Any], by_browser: bool = False) -> Post:
    """A call of Segment's SDK for servers, or of that for browsers."""
    body = {"messageId": call_id, "timestamp": rfc3339(at_ms), **said}
    headers = {"user-agent": AGENT} if by_browser else {"authorization": f"Bearer {KEY}"}
    if by_browser:
        body["writeKey"] = BROWSER_KEY
    return Post((Request(f"/v1/{call}", orjson.dumps(body), headers),))


def beacon_post(browser: str, *events: dict[str, Any]) -> Post:
    """What beacon.js posts, a request an event."""
    bodies = [orjson.dumps({"key": BROWSER_KEY, "anonymous_id": browser, "events": [event]}) for event in events]
    return Post(tuple(Request("/b", body, {"user-agent": AGENT}) for body in bodies))


def form_post(form: str, browser: str, fields: dict[str, str], times: int) -> Post:
    """A plain form of a site, posted so many times at once."""
    body = urlencode({"_key": BROWSER_KEY, "_sp_id": browser, **fields}).encode()
    headers = {"user-agent": AGENT, "content-type": "application/x-www-form-urlencoded"}
    return Post((Request(f"/f/{form}", body, headers),) * times, has_id=False)


def rfc3339(at_ms: int) -> str:
    """The instant as JSON has it, to the millisecond."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
