"""Requests of browsers, SDKs and servers as they stand on the wire, and the CRM's exports as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlencode

import orjson

from tests.harness.collectors import KEY
from tests.harness.system import Sent

BROWSER_KEY = "browser-key-of-the-tests"
HOOKS = {"hook_sendgrid_secret": "unverified", "hook_postmark_secret": "unverified"}
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"

TOPICS = {
    "email_open": "email-opens",
    "email_click": "email-clicks",
    "page_visit": "page-visits",
    "form_submission": "form-submissions",
}
SEGMENT_NAMES = {
    "email_open": "Email Opened",
    "email_click": "Email Link Clicked",
    "purchase": "Order Completed",
    "unsubscribe": "Email Unsubscribed",
    "spam_complaint": "Email Marked as Spam",
    "email_bounce": "Email Bounced",
    "resubscribe": "Email Resubscribed",
}


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


Telling: TypeAlias = Post | Row | Sent


def segment_call(call: str, call_id: str, at_ms: int, said: dict[str, Any], by_browser: bool = False) -> Post:
    """A call of Segment's SDK for servers, or of that for browsers."""
    body = {"messageId": call_id, "timestamp": rfc3339(at_ms), **said}
    headers = {"user-agent": AGENT} if by_browser else {"authorization": f"Bearer {KEY}"}
    if by_browser:
        body["writeKey"] = BROWSER_KEY
    return Post((Request(f"/v1/{call}", orjson.dumps(body), headers),))


def posthog_visit(call_id: str, at_ms: int, browser: str, url: str) -> Post:
    """A page that PostHog's SDK for browsers tells of somebody unknown."""
    own = {"$process_person_profile": False, "$current_url": url}
    event = {"uuid": call_id, "event": "$pageview", "timestamp": rfc3339(at_ms), "distinct_id": browser}
    body = {"api_key": BROWSER_KEY, **event, "properties": own}
    return Post((Request("/capture/", orjson.dumps(body), {"user-agent": AGENT}),))


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


def mapping_of(export: str) -> Path:
    """The mapping by which the export is read."""
    return Path(__file__).parent / f"{export}.yaml"


def csv_text(columns: Sequence[str], rows: Iterable[dict[str, str]]) -> str:
    """The rows of an export as a CSV with these columns, a cell that a row lacks empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
