"""Api processes for tests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson

from streamprocessor.settings import Settings
from tests.harness.deliveries import TOKEN, DeliveryProcess
from tests.harness.processes import CommandProcess

ALL, READ_ONLY, NO_ERASE = "token-that-may-all", "token-that-may-read", "token-that-may-not-erase"
TOKENS = f"ops/read+write+erase+model+tokens={ALL},page/read={READ_ONLY},crm/read+write={NO_ERASE}"


class ApiProcess(CommandProcess):
    """One `streamprocessor api` on a free port; a restart keeps its database."""

    command = "api"
    ready_seconds = 60.0

    def __init__(self, settings: Settings, folder: Path, name: str = "api", **changes: Any) -> None:
        own = {"api_port": 0, "api_tokens": TOKENS, "data_dir": str(folder)}
        super().__init__(settings.model_copy(update=own | changes), folder, name)
        self._client = httpx.Client(timeout=20)

    @property
    def audit_file(self) -> Path:
        """Where its audit is, unless a setting says another place."""
        settings = self._settings
        return settings.data_path / f"{settings.topic_prefix}{settings.app_id}.audit.jsonl"

    def audited(self) -> list[dict[str, Any]]:
        """What its audit holds, the oldest first."""
        return audit_lines(self.audit_file)

    def get(self, path: str, token: str = ALL, **query: Any) -> Any:
        """The JSON of an answer that must be 200."""
        answer = self.ask(path, token, **query)
        assert answer.status_code == 200, (path, answer.status_code, answer.text, self.tail())
        return answer.json()

    def ask(self, path: str, token: str = ALL, **query: Any) -> httpx.Response:
        """An answer of any kind."""
        return self._client.get(self.address + path, params=query, headers=bearer(token))

    def discard(self) -> None:
        """End it whatever state it is in."""
        self._client.close()
        super().discard()


@contextlib.contextmanager
def api_beside_delivery(settings: Settings, folder: Path, subscriptions: str, **changes: Any) -> Iterator[ApiProcess]:
    """An api, started, and the delivery process that it asks. subscriptions: the text of delivery's file."""
    delivery = DeliveryProcess(settings, folder, subscriptions).start()
    try:
        asyncio.run(delivery.ready())
        known = {"delivery_url": delivery.address, "delivery_secret": TOKEN, "delivery_allowed_hosts": "127.0.0.1"}
        api = ApiProcess(settings, folder, **known, **changes).start()
        try:
            yield api
        finally:
            api.discard()
    finally:
        delivery.discard()


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"authorization": f"Bearer {token}"}


def audit_lines(file: Path) -> list[dict[str, Any]]:
    """The lines of an audit, the oldest first."""
    return [orjson.loads(line) for line in file.read_bytes().splitlines()]
