"""What delivery's routes make of requests that no client finishes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from streamprocessor.delivery.routes import _body_of


async def test_a_client_that_leaves_within_its_body_is_no_fault_of_ours() -> None:
    messages: Iterator[dict[str, object]] = iter(
        [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> dict[str, object]:
        return next(messages)

    with pytest.raises(HTTPException) as refused:
        await _body_of(Request({"type": "http", "method": "POST"}, receive))

    assert refused.value.status_code == 400
