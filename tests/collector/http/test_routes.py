"""Whatever a path or a method looks like, without a key nothing is taken."""

from __future__ import annotations

import itertools

import httpx
import pytest

from streamprocessor.collector.http.routes import application
from streamprocessor.contract.access_policy import Act, KeyKind
from tests.collector.http.test_permissions import FORMATS, NATIVE, SECRETS, Door

SPELLINGS = (
    *("/v1/events", "/v1/events/", "//v1/events", "/v1//events", "/./v1/events", "/o/../v1/events", "/v1/events;a=b"),
    *("/v1/events%00", "/v1/events%0a", "/%76%31/events", "/v1%2fevents", "/v1/%2e%2e/v1/events", "/V1/EVENTS"),
    *("/v1/events?x", "/v1/batch/", "/v1/track%20", "/b/", "/b%00", "/f/contact/x", "/capture//", "/i/v0/e/;"),
)
METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "post")
WRONG: tuple[list[tuple[str, str]], ...] = (
    [],
    [("authorization", f"Basic {SECRETS[KeyKind.WRITE]}")],
    [("x-write-key", SECRETS[KeyKind.WRITE].upper())],
    [("cookie", f"x-write-key={SECRETS[KeyKind.WRITE]}")],
)


@pytest.mark.parametrize("headers", WRONG, ids=str)
async def test_no_spelling_of_a_path_or_method_is_a_way_in_without_a_key(headers: list[tuple[str, str]]) -> None:
    door = Door("native", KeyKind.WRITE)
    app = httpx.ASGITransport(application(FORMATS.values(), door.context, list, {}))
    async with httpx.AsyncClient(transport=app, base_url="http://h", headers=headers) as http:
        for path, method in itertools.product(SPELLINGS, METHODS):
            url = httpx.URL("http://h").copy_with(raw_path=path.encode())
            answer = await http.request(method, url, json=NATIVE[Act.EVENT])
            assert answer.status_code >= 400 or method in ("HEAD", "OPTIONS"), (method, path)

    assert door.written == []


async def test_a_key_opens_its_own_path_and_method_and_no_other_spelling_of_it() -> None:
    door = Door("native", KeyKind.WRITE)
    app = httpx.ASGITransport(application(FORMATS.values(), door.context, list, {}))
    async with httpx.AsyncClient(transport=app, headers={"x-write-key": SECRETS[KeyKind.WRITE]}) as http:
        for path in ("/v1/events", "/%76%31/events", "/v1/events/", "//v1/events", "/V1/EVENTS", "/v1/events;a=b"):
            url = httpx.URL("http://h").copy_with(raw_path=path.encode())
            await http.post(url, json=NATIVE[Act.EVENT] | {"id": path})

    assert [record["id"] for record in door.written] == ["/v1/events", "/%76%31/events"]
