"""PostHog's requests as browsers' SDKs spell them: where the events stand, the key, and the time of sending."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from streamprocessor.collector.formats.posthog import posthog
from streamprocessor.collector.http.wire_format import RefusalError
from tests.collector.formats.sdk_requests import CONTACT_IDS, NOW, NOW_MS, VOCABULARY, Taken, request_of, take

V0 = posthog(CONTACT_IDS, VOCABULARY)
HOUR_MS = 3_600_000
EVENT: dict[str, Any] = {"event": "$pageview", "distinct_id": "u-1", "uuid": "e-1", "timestamp": NOW}
WITH_TOKEN = EVENT | {"properties": {"token": "key", "$pathname": "/pricing"}}


def in_form(content: object) -> bytes:
    return b"data=" + quote(b64encode(orjson.dumps(content))).encode()


def posted(path: str, body: object, query: str = "") -> Taken:
    return take(V0, request_of(path, body)._replace(query=query))


@pytest.mark.parametrize(
    ("path", "body", "query"),
    [
        ("/e/", WITH_TOKEN, "ip=0&_=1&ver=1.449.2&compression=gzip-js"),
        ("/i/v0/e/", {"batch": [WITH_TOKEN], "sent_at": NOW}, ""),
        ("/e/", [WITH_TOKEN], "compression=gzip-js"),
        ("/e/", in_form(WITH_TOKEN), "compression=base64&beacon=1"),
        ("/e", in_form([WITH_TOKEN]), "compression=base64"),
        ("/track/", in_form(WITH_TOKEN), ""),
        ("/e/", {"token": "key", **EVENT}, ""),
        ("/batch/", {"api_key": "key", "batch": [EVENT]}, ""),
        ("/e/", EVENT, "token=key"),
    ],
)
def test_a_pageview_is_found_wherever_the_sdk_puts_it_and_its_key(path: str, body: object, query: str) -> None:
    taken = posted(path, body, query)
    assert taken.key == "key"
    assert (taken.only.value["id"], taken.only.value["type"]) == ("e-1", "page_visit")
    assert "token" not in taken.only.value["properties"]
    assert orjson.loads(taken.answer.body) == {"status": 1, "rejected": []}


def test_a_sign_of_base64_that_a_form_made_a_blank_is_read_as_it_was() -> None:
    content = orjson.dumps(WITH_TOKEN | {"x": "\u00fb\u00fb?>"})
    encoded = b64encode(content)
    assert b"+" in encoded
    assert posted("/e/", b"data=" + encoded).only.value["id"] == "e-1"


@pytest.mark.parametrize("body", [b"data=", b"data=%00", b"data=e30x", b"other=e30", b"data=" + b64encode(b"1")])
def test_a_form_without_events_is_refused(body: bytes) -> None:
    with pytest.raises(RefusalError) as refused:
        posted("/e/", body)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("stamped", "sent_ms", "occurred_at"),
    [
        ("2026-11-22T06:50:00Z", NOW_MS - HOUR_MS, "2026-11-22T07:50:00.000Z"),  # an hour behind
        ("2026-11-22T08:50:00Z", NOW_MS + HOUR_MS, "2026-11-22T07:50:00.000Z"),
        ("2026-11-22T07:50:00Z", NOW_MS - 9_000, "2026-11-22T07:50:00.000Z"),  # the way here
        ("2026-11-22T07:50:00Z", "now", "2026-11-22T07:50:00.000Z"),
    ],
)
def test_a_clock_that_is_wrong_is_set_right_by_the_query(stamped: str, sent_ms: int | str, occurred_at: str) -> None:
    taken = posted("/e/", WITH_TOKEN | {"timestamp": stamped}, f"_={sent_ms}")
    assert taken.only.value["occurred_at"] == occurred_at


def test_what_a_request_takes_does_not_put_its_events_after_those_of_the_next() -> None:
    """Of two events the first is sent alone and is late, the second comes with the next batch at once."""
    first = EVENT | {"timestamp": "2026-11-22T07:59:59.000Z"}
    second = EVENT | {"timestamp": "2026-11-22T07:59:59.500Z"}
    late = posted("/e/", first, f"_={NOW_MS - 1_000}").only.value["occurred_at"]
    assert late < posted("/e/", second, f"_={NOW_MS - 1}").only.value["occurred_at"]
