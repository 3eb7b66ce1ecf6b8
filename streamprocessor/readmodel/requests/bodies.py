"""Bodies, read no further than they may be long."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import Request
from starlette.requests import ClientDisconnect

from streamprocessor.readmodel.problem import Problem

MAX_BODY_BYTES = 256 * 1024
MAX_MODEL_BODY_BYTES = 4 * 1024 * 1024
"""Of a body with a model's text: JSON may write it longer than it is."""


class BoundedRequest(Request):
    """A request whose body, where it is read whole, is at most so long."""

    def __init__(self, request: Request, most_bytes: int) -> None:
        super().__init__(request.scope, request.receive)
        self._most_bytes = most_bytes

    async def body(self) -> bytes:
        """The whole body; raises Problem where it is larger, or does not come whole."""
        if not hasattr(self, "_body"):
            self._body = await whole_body(self, self._most_bytes)
        return self._body


async def parts_of(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; raises Problem where the client goes away."""
    try:
        async for part in request.stream():
            yield part
    except ClientDisconnect as error:
        raise Problem(400, "bad-body", "body: wanted all of it; got a part") from error


async def whole_body(request: Request, most_bytes: int) -> bytes:
    """The whole body; raises Problem where it is larger, or does not come whole."""
    body = bytearray()
    async for part in parts_of(request):
        body += part
        if len(body) > most_bytes:
            raise Problem(413, "too-large", f"body: wanted at most {most_bytes} bytes; got more")
    return bytes(body)
