"""A whole collector from outside: who is let in, how browsers are answered, and that nothing makes it stumble."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import psutil
import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.collector.formats.openapi import openapi
from streamprocessor.collector.formats.registry import all_formats
from streamprocessor.collector.http.routes import by_path
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.traceparents import TRACEPARENT, traceparent_of
from streamprocessor.settings import MAIL_PROVIDERS, Settings
from tests.collector.conftest import MakeCollector
from tests.harness.collectors import KEY, CollectorProcess
from tests.harness.described_operations import answers_as_described, each_operation
from tests.harness.system import ROOT, System

pytestmark = pytest.mark.kafka

MOST_MEMORY_BYTES = 250_000_000
EVENTS = "/v1/events"
KEY_A, KEY_B = "key-a-of-the-tests", "key-b-of-the-tests"
EVENT = {"contact_id": "c-1", "type": "page_visit"}
HOOKS = {f"hook_{name}_secret": "unverified" for name in MAIL_PROVIDERS}


@schemathesis.serializer("application/x-ndjson")
def lines_of(_: schemathesis.SerializationContext, value: object) -> bytes:
    """A body of lines: the description calls it a text."""
    return str(value).encode("utf-8", "surrogatepass")


DESCRIPTION = openapi(ROOT / "topics" / "schemas", "test")
described = schemathesis.openapi.from_dict(DESCRIPTION)


def test_the_description_names_the_trace_context_with_an_example_of_one() -> None:
    (parameter,) = DESCRIPTION["paths"][EVENTS]["post"]["parameters"]

    assert (parameter["name"], parameter["in"], parameter["required"]) == (TRACEPARENT, "header", False)
    assert traceparent_of(parameter["example"]) == parameter["example"]


@pytest.fixture(scope="module")
def collector(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """One that trusts every webhook, so that all formats read what they get; all that is thrown at it costs little."""
    process = CollectorProcess(system.settings, tmp_path_factory.mktemp("collector"), **HOOKS).start()
    try:
        asyncio.run(process.ready())
        yield process
        assert psutil.Process(process.process.pid).memory_info().rss < MOST_MEMORY_BYTES
    finally:
        process.discard()


@pytest.fixture(scope="module")
def http(collector: CollectorProcess) -> Iterator[httpx.Client]:
    """A client that has a key."""
    with httpx.Client(base_url=collector.address, headers={"x-write-key": KEY}, timeout=20) as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-write-key": KEY}, 200),
        ({"authorization": f"Bearer {KEY}"}, 200),
        ({}, 401),
        ({"x-write-key": KEY + "x"}, 401),
        ({"authorization": "Bearer"}, 401),
    ],
)
def test_only_who_has_a_key_is_let_in(collector: CollectorProcess, headers: dict[str, str], status: int) -> None:
    answer = httpx.post(collector.address + EVENTS, json=EVENT, headers=headers)

    assert answer.status_code == status
    if status == 401:
        assert set(answer.json()) == {"code", "message"}
        assert KEY not in answer.text


def test_a_preflight_is_answered_as_browsers_need_it(collector: CollectorProcess) -> None:
    asked = {
        "origin": "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type, x-write-key",
    }

    answer = httpx.options(collector.address + EVENTS, headers=asked)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-headers"] == "content-type, x-write-key"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "Origin"


def test_answers_and_refusals_may_be_read_by_the_page_that_asked(http: httpx.Client) -> None:
    for headers in ({}, {"x-write-key": "wrong"}):
        answer = http.post(EVENTS, json=EVENT, headers={"origin": "https://shop.example"} | headers)
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"


def test_snowplows_browsers_may_send_cookies_along(http: httpx.Client) -> None:
    path = "/com.snowplowanalytics.snowplow/tp2"
    answer = http.options(path, headers={"origin": "https://shop.example"})

    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", EVENTS, 405),
        ("DELETE", EVENTS, 405),
        ("HEAD", EVENTS, 200),
        ("POST", EVENTS + "/", 404),
        ("GET", "/", 404),
        ("GET", "/o/a/b.gif", 404),
        ("POST", "/o/a.gif", 405),
        ("HEAD", "/o/a.gif", 200),
        ("GET", "/livez", 200),
        ("GET", "/readyz", 200),
        ("GET", "/openapi.json", 200),
    ],
)
def test_paths_and_methods_are_answered_as_http_has_it(http: httpx.Client, method: str, path: str, status: int) -> None:
    answer = http.request(method, path)

    assert answer.status_code == status
    if status == 405:
        assert answer.headers["allow"]
    if status in (404, 405):
        assert answer.json()["code"]


def test_bombs_are_refused_and_cost_no_memory(collector: CollectorProcess, http: httpx.Client) -> None:
    bomb = gzip.compress(b"[" + b" " * 300_000_000 + b"]")
    assert len(bomb) < 400_000
    before = psutil.Process(collector.process.pid).memory_info().rss

    answers = [http.post(EVENTS, content=bomb, headers={"content-encoding": "gzip"}) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {413}
    assert psutil.Process(collector.process.pid).memory_info().rss - before < 30_000_000


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_refused_before_it_is_whole(http: httpx.Client, announced: bool) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    content = b" " * 2_000_000 if announced else parts()
    try:
        answer = http.post(EVENTS, content=content)
    except httpx.TransportError:  # refused while it was still sending
        return
    assert answer.status_code == 413


def test_one_source_over_its_rate_waits_and_the_others_do_not(new_collector: MakeCollector) -> None:
    process = new_collector("limited", rate_limit_per_second=10, write_keys=f"a={KEY_A},b={KEY_B}")
    asyncio.run(process.ready())
    batch = [EVENT] * 20

    def post(key: str) -> httpx.Response:
        return httpx.post(process.address + EVENTS, json=batch, headers={"x-write-key": key}, timeout=10)

    assert post(KEY_A).status_code == 200
    refused = post(KEY_A)
    assert (refused.status_code, int(refused.headers["retry-after"]) >= 1) == (429, True)
    assert post(KEY_B).status_code == 200
    assert process.metric("leadscore_collector_requests_total") == 3


def test_metrics_count_by_route_and_status_and_never_by_what_visitors_say(http: httpx.Client) -> None:
    http.post(EVENTS, json=EVENT)
    http.get("/o/anything-that-somebody-made-up.gif")
    http.get("/no-such-path-of-anybody")

    metrics = http.get("/metrics").text

    assert 'leadscore_collector_requests_total{route="/v1/events",status="200"}' in metrics
    assert 'leadscore_collector_requests_total{route="/o/{token}.gif",status="200"}' in metrics
    assert 'leadscore_collector_source_events_total{source="' in metrics
    assert "leadscore_data_folder_free_bytes " in metrics
    assert "made-up" not in metrics
    assert "no-such-path" not in metrics


def test_a_log_holds_nothing_of_a_person(collector: CollectorProcess, http: httpx.Client) -> None:
    marker = "ada.lovelace@example.com"
    http.post(EVENTS, json=EVENT | {"contact_id": marker, "occurred_at": marker})
    http.post(EVENTS, content=f'{{"contact_id": "{marker}'.encode())
    http.get(f"/nothing/{marker}", params={"mail": marker})
    http.get(f"/o/{marker}.gif", params={"mail": marker}, headers={"x-forwarded-for": marker})

    assert marker not in collector.log.read_text()
    assert "lovelace" not in collector.log.read_text()


@pytest.mark.parametrize("odd", [b"\x7f", b"\x01", b"\xff", b"\t", b"a\x0bb", b"\x00", b""])
@pytest.mark.parametrize(
    "name", [b"origin", b"access-control-request-headers", b"x-forwarded-for", b"content-encoding"]
)
def test_odd_bytes_in_a_header_are_echoed_or_refused(collector: CollectorProcess, name: bytes, odd: bytes) -> None:
    request = b"OPTIONS /v1/events HTTP/1.1\r\nhost: h\r\norigin: x\r\nconnection: close\r\n" + name + b": " + odd
    with socket.create_connection(("127.0.0.1", collector.port), timeout=10) as connection:
        connection.sendall(request + b"\r\n\r\n")
        answer = connection.makefile("rb").read()

    assert answer[9:12] in (b"200", b"400")


@each_operation(described)
def test_the_native_format_is_as_its_description_says(operation: Any, collector: CollectorProcess) -> None:
    answers_as_described(operation, [collector.address], {"x-write-key": KEY})


def routes() -> list[tuple[str, str]]:
    """Method and path of everything that is collected."""
    formats = all_formats(Settings(token_keys="k=a-secret-that-is-long-enough-to-sign"), ContactIds("salt"))
    return [(method, path) for path, by_method in by_path(formats).items() for method in by_method]


NAMES = """
event events batch type name userId anonymousId messageId timestamp sentAt originalTimestamp context traits properties
page track identify api_key uuid distinct_id e aid duid eid dtm ue_pr data payload RecordType Message msys
mandrill_events signature token event-data recipient email url ip key visitor kind form fields
"""
WORDS = st.sampled_from(NAMES.split())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=12) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=6), inner, max_size=6),
    max_leaves=20,
)
BODIES = st.binary(max_size=200) | VALUES.map(lambda value: json_of(value)) | st.just(b"[" * 5_000)


def json_of(value: object) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(("method", "path"), routes())
def test_no_request_makes_it_stumble(http: httpx.Client, collector: CollectorProcess, method: str, path: str) -> None:
    headers = st.dictionaries(
        st.sampled_from(["content-type", "content-encoding", "user-agent", "origin", "referer", "cookie", "accept"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip)
        | st.sampled_from(
            ["application/json", "text/plain", "application/x-www-form-urlencoded", "gzip", "multipart/form-data"]
        ),
        max_size=3,
    )
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

    @settings(max_examples=12, deadline=None, database=None)
    @given(body=BODIES, query=st.dictionaries(WORDS, text, max_size=4), headers=headers, part=text)
    def tried(body: bytes, query: dict[str, str], headers: dict[str, str], part: str) -> None:
        place = re.sub(r"\{\w+\}", lambda _: quote(part, safe="") or "x", path)
        answer = http.request(method, place, content=body, params=query, headers=headers)
        assert answer.status_code < 500

    tried()
    assert collector.process.poll() is None
