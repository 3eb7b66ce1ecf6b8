"""Requests as an OpenAPI description says them, good ones and such as break it in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from tests.fuzz.requests import Request, Source, packed, rendered, sender, wrong_bytes

#: Headers that are ours to write: those of the connection, and credentials, of which each operation has some anyway.
_OURS = {"content-length", "host", "connection", "accept-encoding", "transfer-encoding", "user-agent", "authorization"}
_OURS |= {"cookie", "x-write-key", "x-schemathesis-testcaseid"}

Credentials = Callable[[Random], Mapping[str, str]]


def described(description: dict[str, Any], random: Random, count: int, credentials: Credentials) -> Source:
    """Requests of a description: about count of them, each many times, with other credentials and changed bodies."""
    schema = schemathesis.openapi.from_dict(description)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    random.shuffle(operations)
    each = max(1, min(100, count // (2 * len(operations))))
    pool: list[Any] = []
    for operation in operations[: max(4, count // 2)]:
        for mode in GenerationMode:
            _draw(operation.as_strategy(generation_mode=mode), each, random.randrange(2**32), pool)

    def source(random: Random) -> Request:
        method, target, headers, body = random.choice(pool)
        if body and random.random() < 0.2:
            body = wrong_bytes(random, body)
        headers = {**headers, **credentials(random), **sender(random)}
        if body and random.random() < 0.1:
            headers["content-encoding"], body = packed(random, body)
        return Request("described", rendered(method, target, headers, body))

    return source


def _draw(strategy: Any, count: int, number: int, pool: list[Any]) -> None:
    @seed(number)
    @given(strategy)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def draw(case: schemathesis.Case[Any]) -> None:
        arguments = case.as_transport_kwargs(base_url="http://fuzz.example")
        body = arguments.get("data")
        form, content = (body, None) if isinstance(body, dict) else (None, body)
        try:
            written = httpx.Request(
                arguments["method"],
                arguments["url"],
                params=arguments.get("params") or None,
                headers=arguments["headers"],
                json=arguments.get("json"),
                data=form,
                content=content,
            )
        except (ValueError, TypeError, httpx.InvalidURL):  # what this client can't write
            return
        headers = {name: value for name, value in written.headers.items() if name not in _OURS}
        pool.append((written.method, written.url.raw_path.decode(), headers, written.read()))

    draw()
