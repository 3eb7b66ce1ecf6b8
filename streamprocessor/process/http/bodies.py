"""Bodies of requests to the HTTP that our processes ask each other over, bounded, and of the answers."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

MOST_BODY_BYTES = 256 * 1024


async def body_of(request: Request, most_bytes: int = MOST_BODY_BYTES) -> bytes:
    """The body; raises HTTPException 413 where it is longer than so many bytes, 400 where its client has left."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most_bytes:
                raise HTTPException(413, f"wanted a body of at most {most_bytes} bytes; got more\n")
    except ClientDisconnect as error:
        raise HTTPException(400, "wanted a whole body; got a part of it\n") from error
    return bytes(body)


def json_answer(content: dict[str, Any], status: int = 200) -> Response:
    """The answer as JSON."""
    return Response(orjson.dumps(content), status, media_type="application/json")
