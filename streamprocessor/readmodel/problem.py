"""Refusals as RFC 9457 has them."""

from __future__ import annotations

import traceback
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel


def place_of(error: BaseException) -> str:
    """What went wrong and where; not the error's own words, which may repeat what a person sent."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {last.filename}:{last.lineno}"


class Problem(Exception):
    """An answer that is none. code: for programs; detail: for people: where, wanted, got."""

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.status, self.code, self.detail, self.headers = status, code, detail, headers or {}

    def body(self) -> dict[str, Any]:
        """As application/problem+json."""
        title = HTTPStatus(self.status).phrase
        return {"type": "about:blank", "title": title, "status": self.status, "code": self.code, "detail": self.detail}


class ProblemBody(BaseModel):
    """RFC 9457. code: for programs; detail: for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
