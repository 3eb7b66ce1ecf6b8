"""A door by itself: what it waits for, what it answers where nothing can be kept, what it cuts."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from threading import Timer

import httpx
import orjson
import pytest

from streamprocessor.collector.durability.durable_writer import NoRoom
from streamprocessor.collector.formats.jitsu import jitsu
from streamprocessor.collector.formats.native import native
from streamprocessor.collector.formats.posthog import posthog
from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.formats.snowplow import snowplow
from streamprocessor.collector.http import handler as doors
from streamprocessor.collector.http.client_ip import ClientIps
from streamprocessor.collector.http.handler import CollectorContext, FormatHandler
from streamprocessor.collector.http.rate_limit import RateLimit
from streamprocessor.collector.http.wire_format import PendingFetch, Refusal
from streamprocessor.collector.http.write_keys import WriteKeys
from streamprocessor.collector.metrics import Metrics
from streamprocessor.collector.tracking.click import click
from streamprocessor.collector.tracking.pixel import pixel
from streamprocessor.collector.tracking.tokens import Tracked
from tests.collector.formats.sdk_requests import NAMING, VOCABULARY
from tests.collector.tracking.requests import KEYS, NOW_MS, SITES, input_topics

WRITE_KEY = "a-key"
LINK = f"/c/{KEYS.sign('click', Tracked('c-42', 'm-9', url='https://elsewhere.example/'))}"
NATIVE = native(input_topics().values())
EVENT = {"contact_id": "c-1", "type": "x", "context": {"ip": "198.51.100.77"}}
PICTURE = f"/o/{KEYS.sign('open', Tracked('c-42', 'm-9'))}.gif"


class Kept:
    """Keeps rows in memory; has_room False: none."""

    def __init__(self, has_room: bool = True) -> None:
        self.rows = []
        self._has_room = has_room

    async def write(self, rows):
        if not self._has_room:
            raise NoRoom("full")
        self.rows += rows

    @property
    def ips(self):
        return [orjson.loads(row.value)["context"].get("ip") for row in self.rows]


def house(kept, truncate=False):
    return CollectorContext(
        keys=WriteKeys({"tests": WRITE_KEY}),
        throttle=RateLimit(0, float),
        origins=ClientIps((), truncate),
        topics=input_topics(),
        safekeeping=kept,
        metrics=Metrics(),
        clock_ms=lambda: NOW_MS,
    )


async def ask(wire_format, path, served_by, **body):
    """The answer to one request through a door of the format."""
    method = "POST" if body else "GET"
    route = next(route for verb, route in wire_format.routes if verb == method)
    app = httpx.ASGITransport(app=FormatHandler(route, {method: wire_format}, served_by), client=("203.0.113.9", 1))
    async with httpx.AsyncClient(transport=app, base_url="http://h", headers={"x-write-key": WRITE_KEY}) as client:
        return await client.request(method, path, **body)


async def test_a_click_that_cannot_be_kept_leads_on_and_is_counted():
    full = house(Kept(has_room=False))

    answer = await ask(click(KEYS, SITES), LINK, full)

    assert (answer.status_code, answer.headers["location"]) == (302, "https://elsewhere.example/")
    value_of = full.metrics.registry.get_sample_value
    assert value_of("leadscore_collector_entries_not_kept_total", {"route": "/c/{token}"}) == 1
    assert value_of("leadscore_collector_entries_accepted_total", {"topic": "email-clicks"}) is None


async def test_a_pixel_that_cannot_be_kept_is_a_picture_all_the_same():
    answer = await ask(pixel(KEYS), PICTURE, house(Kept(has_room=False)))

    assert (answer.status_code, len(answer.content)) == (200, 43)


async def test_an_event_that_cannot_be_kept_is_to_be_sent_again():
    answer = await ask(NATIVE, "/v1/events", house(Kept(has_room=False)), json=EVENT)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


async def test_a_fault_of_ours_is_logged_by_its_place_and_the_pixel_is_there_all_the_same(caplog):
    def stumble(_request):
        raise ValueError("ada@example.com")

    broken = replace(pixel(KEYS), open=stumble)

    answer = await ask(broken, PICTURE, house(Kept()))

    assert (answer.status_code, len(answer.content)) == (200, 43)
    assert "ValueError at" in caplog.text
    assert "ada" not in caplog.text


class Fetching:
    """Opens pixels once all of `arrivals` are there, one after the other."""

    def __init__(self, *arrivals):
        self.opened = 0
        self._arrivals = arrivals
        self._pixel = pixel(KEYS)

    def open(self, request):
        self.opened += 1
        for arrival in self._arrivals:
            if not (arrival.done() and arrival.result()):
                raise PendingFetch(Refusal(503, "not-ready", "not yet", 5), arrival)
        return self._pixel.open(request)

    @property
    def wire_format(self):
        return replace(self._pixel, open=self.open, refused=native(()).refused)


async def test_a_request_waits_for_what_is_fetched_for_it():
    certificate, confirmation = Future(), Future()
    Timer(0.05, certificate.set_result, [True]).start()
    Timer(0.1, confirmation.set_result, [True]).start()
    kept = Kept()

    answer = await ask(Fetching(certificate, confirmation).wire_format, PICTURE, house(kept))

    assert (answer.status_code, len(kept.rows)) == (200, 1)


@pytest.mark.parametrize("came", [False, None])
async def test_what_does_not_come_or_not_in_time_is_asked_for_again(monkeypatch, came):
    monkeypatch.setattr(doors, "ARRIVAL_SECONDS", 0.05)
    arrival = Future()
    if came is not None:
        arrival.set_result(came)
    kept = Kept()

    fetching = Fetching(arrival)
    answer = await ask(fetching.wire_format, PICTURE, house(kept))

    assert (answer.status_code, answer.headers["retry-after"], kept.rows) == (503, "5", [])
    assert fetching.opened == 1


WORDS = (NAMING, VOCABULARY)
TRACK = {"type": "track", "event": "Downloaded", "userId": "c-1", "context": {"ip": "198.51.100.77"}}
SNOWPLOW = {"aid": WRITE_KEY, "e": "se", "se_ac": "x", "uid": "c-1", "p": "web", "ip": "198.51.100.77"}
CAPTURE = {"api_key": WRITE_KEY, "event": "x", "distinct_id": "c-1", "properties": {"$ip": "198.51.100.77"}}


@pytest.mark.parametrize(
    ("wire_format", "path", "body"),
    [
        (NATIVE, "/v1/events", EVENT),
        (segment(*WORDS), "/v1/batch", {"batch": [TRACK]}),
        (jitsu(*WORDS), "/api/s/track", TRACK),
        (posthog(*WORDS), "/capture/", CAPTURE),
        (snowplow(*WORDS), "/com.snowplowanalytics.snowplow/tp2", {"data": [SNOWPLOW]}),
    ],
    ids=["native", "segment", "jitsu", "posthog", "snowplow"],
)
@pytest.mark.parametrize(("truncate", "kept_ip"), [(True, "198.51.100.0"), (False, "198.51.100.77")])
async def test_an_address_in_a_body_is_cut_where_addresses_are(wire_format, path, body, truncate, kept_ip):
    kept = Kept()

    answer = await ask(wire_format, path, house(kept, truncate), json=body)

    assert (answer.status_code, kept.ips) == (200, [kept_ip])


@pytest.mark.parametrize(
    ("said", "kept_ip"),
    [
        ("2001:db8:1:2::3", "2001:db8:1::"),
        ("fe80::1%of-ada", "fe80::"),
        ("::ffff:198.51.100.77", "198.51.100.0"),
        (" 198.51.100.77 ", "198.51.100.0"),
        ("198.51.100.77:4711", "198.51.100.0"),
        ("ada@example.com", None),
        ("198.51.100.77" + " " * 1_000, None),
        ("", None),
        (7, None),
        (None, None),
        (["198.51.100.77"], None),
    ],
)
async def test_what_stands_for_an_address_and_is_none_is_taken_out_where_addresses_are_cut(said, kept_ip):
    kept = Kept()

    answer = await ask(NATIVE, "/v1/events", house(kept, True), json=EVENT | {"context": {"ip": said}})

    assert (answer.status_code, kept.ips) == (200, [kept_ip])
