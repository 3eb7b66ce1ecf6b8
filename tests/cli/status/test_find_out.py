"""Who is asked for a group's status, and for how long: over real HTTP, with Kafka's answer made up or away."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Gauge
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from streamprocessor.cli.status import find_out, process_status
from streamprocessor.cli.status.find_out import group_status
from streamprocessor.cli.status.group_status import GroupStatus
from streamprocessor.cli.status.print_status import print_status
from streamprocessor.cli.status.process_status import ProcessAddress, ask_processes
from streamprocessor.kafka.admin.consumer_group import ConsumerGroup, GroupMember
from streamprocessor.process.http.address_note import AddressNote, address_noted
from streamprocessor.process.http.health import health_routes, status_route
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.settings import Settings
from tests.cli.conftest import Call

BAD_URLS = (
    "http://[::1",
    "http://a:99999",
    "http://a:0",
    "http://a:x",
    "http://me:secret@a",
    "http://a?b",
    "http://a#b",
)
GROUP = ConsumerGroup("Stable", [GroupMember("blue", "127.0.0.1", frozenset({("page-visits", 0)}))], [], 1)


@asynccontextmanager
async def answering(kind: str, not_ready: list[str], more: dict[str, Any], **series: float) -> AsyncIterator[str]:
    """A process of that kind, which says this of itself; its URL."""
    registry = CollectorRegistry()
    for name, value in series.items():
        Gauge(name, name, registry=registry).set(value)
    lag = Gauge("leadscore_partition_lag_seconds", "lag", ("partition",), registry=registry)
    lag.labels("0").set(1.5)
    routes = [*health_routes(registry, lambda: not_ready), status_route(kind, lambda: not_ready, lambda: more)]
    async with serving(Starlette(routes=routes), listening_socket("test", "127.0.0.1", 0)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Kafka that knows one group."""

    async def consumer_group(*_: object) -> ConsumerGroup:
        return GROUP

    async def group_lag(*_: object) -> dict[tuple[str, int], int]:
        return {("page-visits", 0): 3}

    monkeypatch.setattr(find_out, "consumer_group", consumer_group)
    monkeypatch.setattr(find_out, "group_lag", group_lag)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(bootstrap="127.0.0.1:1", data_dir=str(tmp_path), metrics_port=_closed_port())


def _closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
    return port


@pytest.mark.usefixtures("kafka")
async def test_the_processes_of_the_data_folder_are_found_and_told_by_their_kinds(settings: Settings) -> None:
    worker = {"name": "blue", "partitions": [{"partition": 0, "contacts": 1, "timers": 0, "recovered": True}]}
    async with (
        answering("worker", [], worker, leadscore_clock_skew_seconds=0.01) as first,
        answering("collector", [], {}, leadscore_collector_spool_bytes=7, leadscore_collector_spooling=1) as second,
        answering("delivery", ["stopping"], {}, leadscore_webhook_waiting=4) as third,
        answering("api", [], {}, leadscore_read_model_behind_records=9) as fourth,
        answering("shadow", [], {}, leadscore_shadow_lag_records=5) as fifth,
    ):
        urls = {"worker": first, "collector": second, "delivery": third, "api": fourth, "shadow": fifth}
        with ExitStack() as noted:
            for kind, url in urls.items():
                noted.enter_context(address_noted(settings.data_path, AddressNote(kind, settings.group, url)))
            found = await group_status(settings, [ProcessAddress(f"{first}/")])

    answer = found.as_json()
    assert [each["address"] for each in answer["workers"]] == [first]
    assert (answer["workers"][0]["version"], answer["workers"][0]["clock_skew_seconds"]) == ("0.1.0", 0.01)
    assert (answer["partitions"][0]["lag_records"], answer["partitions"][0]["lag_seconds"]) == (3, 1.5)
    assert (answer["collectors"][0]["spool_bytes"], answer["collectors"][0]["spooling"]) == (7, 1)
    assert (answer["deliveries"][0]["waiting"], answer["deliveries"][0]["oldest_waiting_seconds"]) == (4, None)
    assert answer["apis"][0]["behind_records"] == 9
    assert answer["shadows"][0]["lag_records"] == 5
    assert answer["reasons"] == [f"delivery at {third}: stopping"]


@pytest.mark.usefixtures("kafka")
async def test_a_silent_process_is_told_where_it_must_be_and_not_where_one_only_may_be(settings: Settings) -> None:
    port = _closed_port()

    guessed = await group_status(settings, [])
    named = await group_status(settings, [ProcessAddress(f"http://127.0.0.1:{port}", "worker")])

    assert (guessed.reasons(), guessed.processes) == ([], ())
    assert len(named.reasons()) == 1
    assert f"worker at http://127.0.0.1:{port}: does not answer" in named.reasons()[0]


@pytest.mark.usefixtures("kafka")
async def test_workers_of_other_machines_are_looked_for_where_kafka_sees_the_members(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find_out, "_LOOPBACK", ("none",))
    async with answering("worker", [], {"name": "blue", "group": settings.group}) as url:
        port = int(url.rpartition(":")[2])
        found = await group_status(
            settings.model_copy(update={"metrics_port": port}), [ProcessAddress(f"http://127.0.0.1:{_closed_port()}")]
        )

    assert url in [worker["address"] for worker in found.of("worker")]


@pytest.mark.usefixtures("kafka")
@pytest.mark.parametrize("more", [{"name": "blue", "group": "streamprocessor"}, {"name": "red", "group": "another"}])
async def test_a_worker_that_answers_at_two_addresses_is_told_once_and_one_of_another_group_is_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, more: dict[str, str]
) -> None:
    monkeypatch.setattr(find_out, "_LOOPBACK", ("none",))
    blue = {"name": "blue", "group": settings.group}
    async with answering("worker", [], blue) as noted, answering("worker", [], more) as found_by_kafka:
        port = int(found_by_kafka.rpartition(":")[2])
        found = await group_status(
            settings.model_copy(update={"metrics_port": port}), [ProcessAddress(noted, "worker")]
        )

    assert [worker["address"] for worker in found.of("worker")] == [noted]


async def test_a_worker_of_the_release_before_is_told_with_what_it_says() -> None:
    answer = {"group": "app", "not_ready": [], "lag_seconds": 0.5, "partitions": []}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        content = json.dumps(answer) if scope["path"] == "/status" else ""
        await PlainTextResponse(content)(scope, receive, send)

    async with serving(app, listening_socket("test", "127.0.0.1", 0)) as port:
        (found,) = await ask_processes([ProcessAddress(f"http://127.0.0.1:{port}")])

    assert (found["process"], found["version"], found["ready"], found["lag_seconds"]) == ("worker", None, True, 0.5)
    print_status(GroupStatus("app", 2.0, processes=(found,)))


def says(status: str, metrics: str) -> ASGIApp:
    """What answers this to /status and /metrics."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(status if scope["path"] == "/status" else metrics)(scope, receive, send)

    return app


@pytest.mark.parametrize("figure", ["NaN", "+Inf", "-Inf"])
async def test_a_figure_without_sense_is_none(figure: str) -> None:
    app = says('{"process": "api", "not_ready": []}', f"leadscore_api_streams {figure}\n")
    async with serving(app, listening_socket("test", "127.0.0.1", 0)) as port:
        (found,) = await ask_processes([ProcessAddress(f"http://127.0.0.1:{port}")])

    assert (found["ready"], found["streams"]) == (True, None)


@pytest.mark.usefixtures("kafka")
async def test_a_killed_process_that_is_not_back_is_told(settings: Settings) -> None:
    note = AddressNote("collector", settings.group, "http://127.0.0.1:8000")
    file = settings.data_path / "processes" / "collector-1.json"
    file.parent.mkdir()
    file.write_text(json.dumps(asdict(note)))

    found = await group_status(settings, [])

    assert found.reasons() == [
        f"collector at http://127.0.0.1:8000: was killed and is not back; start it again, or delete {file}"
    ]


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        (PlainTextResponse("no", 404), "404 to /status: another program"),
        (PlainTextResponse("starting", 503), "503 to /status: it is starting"),
        (PlainTextResponse("rubbish"), "does not answer"),
        (PlainTextResponse(b"\xff" * 2_000_000), "does not answer"),
        *(
            (says(status, metrics), "not what a process of ours says")
            for status, metrics in (
                ('{"process": "sparrow", "not_ready": []}', ""),
                ('{"process": ["worker"], "not_ready": []}', ""),
                ('{"process": "worker"}', ""),
                ('{"process": "worker", "not_ready": 5}', ""),
                ('{"process": "worker", "not_ready": [5]}', ""),
                ('{"process": "worker", "not_ready": [], "partitions": {"a": 1}}', ""),
                ('{"process": "worker", "not_ready": [], "partitions": [{}]}', ""),
                ("[]", ""),
                ("null", ""),
                ('{"process": "worker", "not_ready": []}', "#" * (process_status.MOST_BYTES + 1)),
            )
        ),
        (PlainTextResponse("", 302, {"location": "http://127.0.0.1:1/"}), "does not answer"),
    ],
)
async def test_whatever_else_answers_there_is_no_process_of_ours(app: Any, reason: str) -> None:
    async with serving(app, listening_socket("test", "127.0.0.1", 0)) as port:
        (found,) = await ask_processes([ProcessAddress(f"http://127.0.0.1:{port}")])

    assert not found["ready"]
    assert reason in found["not_ready"][0]


@pytest.fixture
def black_hole() -> Iterator[str]:
    """Where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


async def test_processes_that_hang_are_waited_for_once_and_not_for_long(
    black_hole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_status, "ANSWER_SECONDS", 0.3)
    began = time.monotonic()

    answers = await ask_processes([ProcessAddress(f"http://{black_hole}")] * 10)

    assert time.monotonic() - began < 3
    assert {answer["not_ready"][0] for answer in answers} == {"does not answer (within 0.3 s)"}


@pytest.mark.parametrize("kind", ["refuses", "hangs"])
def test_without_kafka_the_exit_code_is_70_within_its_time_and_processes_are_told(
    call: Call, kind: str, black_hole: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find_out, "KAFKA_SECONDS", 1.0)
    bootstrap = black_hole if kind == "hangs" else f"127.0.0.1:{_closed_port()}"
    began = time.monotonic()

    result = call("status", "--bootstrap", bootstrap, "--data-dir", tmp_path, "--json", "--metrics-port", "1")

    assert time.monotonic() - began < 8
    assert result.exit_code == 70
    answer = json.loads(result.stdout)
    assert (answer["well"], answer["kafka_answers"], answer["state"]) == (False, False, None)
    assert bootstrap in answer["reasons"][0]
    assert "http://127.0.0.1:1: does not answer" in answer["reasons"][1]


@pytest.mark.parametrize(
    "url", ["worker-1:6066", "ftp://worker-1", "http://worker-1:6066/metrics", "http://", *BAD_URLS]
)
def test_what_is_no_url_of_a_process_is_a_mistake_of_usage(call: Call, url: str) -> None:
    for words, environment in (
        (("--url", url), {}),
        ((), {"STREAMPROCESSOR_STATUS_URLS": url}),
    ):
        result = call("status", "--bootstrap", "127.0.0.1:1", *words, env=environment)
        assert result.exit_code == 2
        assert url in result.stderr


async def test_nothing_is_asked_of_a_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with answering("api", [], {}) as url, asyncio.timeout(10):
        (found,) = await ask_processes([ProcessAddress(url)])

    assert found["ready"]
