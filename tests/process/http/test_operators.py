"""Who is told how a process is, over real HTTP and by whichever way a request came."""

from __future__ import annotations

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from streamprocessor.errors import OperatorError
from streamprocessor.process.http.health import health_routes, status_route
from streamprocessor.process.http.operators import ForOperators, operators_of
from streamprocessor.process.http.serving import listening_socket, serving

PROXY, INSIDE, OUTSIDE = "10.0.0.2", "10.0.0.7", "203.0.113.9"
SECRET = "waiting for Kafka at broker-7.internal:9092"
TOLD = [200, 503, 503, 200, 200]
NOT_TOLD = [200, 503, 503, 404, 404]
PATHS = ("/livez", "/startupz", "/readyz", "/metrics", "/status")


def process(reasons: list[str]) -> Starlette:
    return Starlette(
        routes=[*health_routes(CollectorRegistry(), lambda: reasons), status_route("api", lambda: reasons)]
    )


@pytest.mark.parametrize(
    ("networks", "proxies", "peer", "headers", "told"),
    [
        ("", "", INSIDE, {}, True),
        ("", "", OUTSIDE, {}, True),
        ("", "", PROXY, {"X-Forwarded-For": OUTSIDE}, False),
        ("", PROXY, PROXY, {"X-Forwarded-For": INSIDE}, False),
        ("", "", PROXY, {"Forwarded": f"for={OUTSIDE}"}, False),
        ("", "", PROXY, {"Via": "1.1 proxy"}, False),
        ("", "", PROXY, {"X-Forwarded-For": ""}, False),
        ("10.0.0.0/8", "", INSIDE, {}, True),
        ("10.0.0.0/8", "", OUTSIDE, {}, False),
        ("10.0.0.0/8", "", PROXY, {"X-Forwarded-For": OUTSIDE}, False),
        ("10.0.0.0/8", "", PROXY, {"X-Forwarded-For": INSIDE}, False),
        ("10.0.0.0/8", PROXY, PROXY, {"X-Forwarded-For": OUTSIDE}, False),
        ("10.0.0.0/8", PROXY, PROXY, {"X-Forwarded-For": f"{INSIDE}, {OUTSIDE}"}, False),
        ("10.0.0.0/8", PROXY, PROXY, {"X-Forwarded-For": "rubbish"}, False),
        ("10.0.0.0/8", PROXY, PROXY, {"Via": "1.1 proxy"}, False),
        ("10.0.0.0/8", PROXY, PROXY, {"X-Forwarded-For": INSIDE}, True),
        (OUTSIDE, PROXY, PROXY, {"X-Forwarded-For": OUTSIDE}, True),
        (OUTSIDE, PROXY, OUTSIDE, {}, True),
    ],
)
async def test_figures_and_reasons_are_for_operators_and_the_status_for_all(
    networks: str, proxies: str, peer: str, headers: dict[str, str], told: bool
) -> None:
    app = ForOperators(process([SECRET]), operators_of(networks, proxies))
    transport = httpx.ASGITransport(app, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://h", headers=headers) as http:
        answers = [await http.get(path) for path in PATHS]

    assert [answer.status_code for answer in answers] == (TOLD if told else NOT_TOLD)
    assert any(SECRET in answer.text for answer in answers) == told


async def test_who_is_no_operator_is_told_when_all_is_well() -> None:
    app = ForOperators(process([]), operators_of("", ""))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://h", headers={"Via": "1.1 proxy"}) as http:
        answers = [await http.get(path) for path in PATHS]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 404]


@pytest.mark.parametrize("path", ["/metrics", "/status", "/%6detrics", "/metrics/", "//metrics", "/metrics?a=b"])
async def test_every_server_keeps_its_figures_from_those_who_come_through_a_proxy(path: str) -> None:
    async with (
        serving(process([SECRET]), listening_socket("test", "127.0.0.1", 0)) as port,
        httpx.AsyncClient(headers={"X-Forwarded-For": OUTSIDE}, follow_redirects=True) as http,
    ):
        answer = await http.get(f"http://127.0.0.1:{port}{path}")
        ready = await http.get(f"http://127.0.0.1:{port}/readyz")

    assert answer.status_code == 404
    assert (ready.status_code, ready.text) == (503, "not well\n")


@pytest.mark.parametrize(
    ("networks", "proxies", "name"), [("x", "", "OPERATOR_NETWORKS"), ("", "x", "TRUSTED_PROXIES")]
)
def test_what_is_no_network_is_named_with_its_setting(networks: str, proxies: str, name: str) -> None:
    with pytest.raises(OperatorError, match=f"^STREAMPROCESSOR_{name}: wanted addresses"):
        operators_of(networks, proxies)
