"""What probes are told from the start of a process to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from streamprocessor.process.http import starting
from streamprocessor.process.http.health import STOPPING, NotReady, health_routes
from streamprocessor.process.http.serving import Server, listening_socket
from streamprocessor.process.http.starting import health_answered, with_health_answered

PATHS = ("/livez", "/startupz", "/readyz")


def client(not_ready: NotReady, not_started: NotReady | None = None) -> httpx.AsyncClient:
    app = Starlette(routes=health_routes(CollectorRegistry(), not_ready, not_started=not_started))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h")


async def codes(http: httpx.AsyncClient) -> tuple[int, ...]:
    return tuple([(await http.get(path)).status_code for path in PATHS])


async def test_a_process_has_started_from_when_it_was_ready_first_and_stays_so() -> None:
    reasons: list[str] = ["recovering"]
    async with client(lambda: reasons) as http:
        assert await codes(http) == (200, 503, 503)
        assert (await http.get("/startupz")).text == "recovering\n"
        reasons.clear()
        assert await codes(http) == (200, 200, 200)
        reasons.append(STOPPING)
        assert await codes(http) == (200, 200, 503)
        assert (await http.get("/readyz")).text == "stopping\n"


async def test_who_was_seen_ready_before_anybody_asked_for_its_start_has_started() -> None:
    reasons: list[str] = []
    async with client(lambda: reasons) as http:
        assert (await http.get("/readyz")).status_code == 200
        reasons.append("the database is away")
        assert await codes(http) == (200, 200, 503)


async def test_a_start_that_waits_for_less_than_readiness_is_over_before_it() -> None:
    async def group_not_ready() -> Sequence[str]:
        return ["1 of 3 partitions have no worker"]

    async with client(group_not_ready, list) as http:
        assert await codes(http) == (200, 200, 503)


async def test_while_a_process_starts_its_health_is_answered_and_all_else_waits() -> None:
    listening = listening_socket("test", "127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with (
        health_answered(listening, CollectorRegistry(), ["waiting for Kafka at k:1"]),
        httpx.AsyncClient(base_url=address) as http,
    ):
        assert await codes(http) == (200, 503, 503)
        other = await http.get("/api/contacts")
        assert (other.status_code, other.text) == (503, "starting\n")  # anybody may ask this
    stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(Server(PlainTextResponse("mine")).run_until([stop], listening))
    async with httpx.AsyncClient(base_url=address) as http:
        assert (await http.get("/readyz")).text == "mine"
    stop.set_result(None)
    await serving


async def test_a_start_that_takes_its_time_is_answered_for_and_returns_what_it_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(starting, "QUIET_SECONDS", 0.0)
    go_on = asyncio.Event()

    async def work(error: Exception | None) -> str:
        await go_on.wait()
        if error is not None:
            raise error
        return "found"

    with listening_socket("test", "127.0.0.1", 0) as listening:
        for error in (None, OSError("away")):
            go_on.clear()
            begun = asyncio.ensure_future(
                with_health_answered(work(error), listening, CollectorRegistry(), "waiting for the database")
            )
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}") as http:
                assert await codes(http) == (200, 503, 503)
                assert (await http.get("/readyz")).text == "waiting for the database\n"
            go_on.set()
            if error is None:
                assert await begun == "found"
            else:
                with pytest.raises(OSError, match="away"):
                    await begun


async def until_refused(http: httpx.AsyncClient, address: str) -> None:
    """Return once no connection is taken there any more."""
    while True:
        try:
            await http.get(address)
        except httpx.ConnectError:
            return
        except httpx.TransportError:  # let in as the door was being shut: ended without an answer
            continue


async def test_told_to_stop_a_process_is_not_ready_first_finishes_what_is_there_and_then_takes_no_more() -> None:
    stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> Response:
        begun.set()
        await go_on.wait()
        return PlainTextResponse("whole")

    routes = health_routes(CollectorRegistry(), lambda: [STOPPING] if stop.done() else [])
    listening = listening_socket("test", "127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = Server(Starlette(routes=[*routes, Route("/slow", slow)]))
    serving = asyncio.ensure_future(server.run_until([stop], listening, drain_seconds=60.0))
    async with asyncio.timeout(20), httpx.AsyncClient(base_url=address) as http, httpx.AsyncClient() as late:
        in_flight = asyncio.ensure_future(http.get("/slow"))
        await begun.wait()
        assert await codes(http) == (200, 200, 200)
        stop.set_result(None)
        await asyncio.sleep(0)
        while (await late.get(f"{address}/readyz")).status_code == 200:
            pass
        drained = await late.get(f"{address}/readyz")
        assert (drained.text, drained.headers["connection"]) == ("stopping\n", "close")
        assert not server.should_exit
        server.should_exit = True  # the time to drain is over
        await until_refused(late, f"{address}/readyz")
        assert not in_flight.done()
        go_on.set()
        assert (await in_flight).text == "whole"
        await serving


async def test_from_the_instant_at_which_it_is_told_to_stop_no_connection_outlives_its_request() -> None:
    stops: list[asyncio.Future[None]] = [asyncio.get_running_loop().create_future() for _ in range(2)]
    listening = listening_socket("test", "127.0.0.1", 0)
    server = Server(PlainTextResponse("mine"))
    serving = asyncio.ensure_future(server.run_until(stops, listening, drain_seconds=60.0))
    async with asyncio.timeout(20), httpx.AsyncClient() as http:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        assert "connection" not in (await http.get(address)).headers
        stops[1].set_result(None)
        await asyncio.sleep(0)  # a client that was told that it is not ready may be back as soon as this
        assert not server._limit.keeps_alive
        assert (await http.get(address)).headers["connection"] == "close"
        server.should_exit = True
        await serving
