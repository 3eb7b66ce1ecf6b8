"""Shadow processes for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from streamprocessor.settings import Settings
from tests.harness.deliveries import TOKEN
from tests.harness.processes import CommandProcess


class ShadowProcess(CommandProcess):
    """One `streamprocessor shadow` on a free port, without a candidate of its own; a restart goes on where it was."""

    command = "shadow"

    def __init__(self, settings: Settings, folder: Path) -> None:
        own = {"shadow_port": 0, "delivery_secret": TOKEN, "data_dir": str(folder / "shadow")}
        super().__init__(settings.model_copy(update=own), folder, "shadow")

    def ask(self, method: str, **more: Any) -> httpx.Response:
        """What its API answers."""
        headers = {"authorization": f"Bearer {TOKEN}"}
        return httpx.request(method, f"{self.address}/api/shadow", headers=headers, timeout=10, **more)

    def compared(self) -> dict[str, Any]:
        """How its candidate compares by now."""
        found: dict[str, Any] = self.ask("GET").json()
        return found
