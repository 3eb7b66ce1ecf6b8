"""Delivery processes for tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from streamprocessor.settings import PREFIX, Settings
from tests.harness.processes import CommandProcess
from tests.harness.system import ROOT

SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS10ZXN0cy0yNC1ieXRlcyE="
TOKEN = "token-of-the-tests"


class DeliveryProcess(CommandProcess):
    """One `streamprocessor delivery` on a free port; a restart keeps its data."""

    command = "delivery"

    def __init__(self, settings: Settings, folder: Path, subscriptions: str) -> None:
        self.file = folder / "subscriptions.yaml"
        self.file.write_text(subscriptions, encoding="utf-8")
        own = {
            "delivery_port": 0,
            "delivery_secret": TOKEN,
            "delivery_allowed_hosts": "127.0.0.1",
            "subscriptions": str(self.file),
            "data_dir": str(folder / "delivery"),
        }
        super().__init__(settings.model_copy(update=own), folder, "delivery")

    def environment(self) -> dict[str, str]:
        """With the secret that subscriptions name."""
        return super().environment() | {"HOOK_SECRET": SECRET}

    def run(self, *words: str) -> subprocess.Popen[str]:
        """`streamprocessor delivery` with these words, on the machine where the process runs."""
        environment = self.environment() | {f"{PREFIX}DELIVERY_PORT": str(self.port)}
        command = [sys.executable, "-m", "streamprocessor", "delivery", *words]
        return subprocess.Popen(
            command, env=environment, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def ask(self, method: str, path: str, token: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """What its API answers, with the right token unless another header is given."""
        headers = {"authorization": f"Bearer {TOKEN}"} if token is None else token
        return httpx.request(method, f"{self.address}{path}", headers=headers, timeout=10, **more)

    def readiness(self) -> httpx.Response:
        """What /readyz answers."""
        return httpx.get(f"{self.address}/readyz", timeout=5)
