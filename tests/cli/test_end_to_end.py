"""Everything that `up` runs, from a link in a mail to a salesperson's webhook and page."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from standardwebhooks import Webhook

from streamprocessor.collector.tracking.registry import token_keys_of
from streamprocessor.collector.tracking.tracked_mail import TrackedMail
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.settings import read_settings
from tests.delivery.receivers import Receiver
from tests.harness.data_folder import secret
from tests.harness.deliveries import SECRET
from tests.harness.system import ROOT, until

pytestmark = pytest.mark.kafka

WAIT_SECONDS = 90.0
CLICKS = 9  # at 5 points each they pass the 41 from which the default model calls a contact hot


class Up:
    """A running `up` with a subscription; `said` is what it has printed."""

    def __init__(self, kafka: EmbeddedKafka, folder: Path, receiver: Receiver) -> None:
        subscriptions = folder / "subscriptions.yaml"
        subscriptions.write_text(
            f"subscriptions: {{sales: {{url: {receiver.url}, events: [became-hot-lead], secrets: [env:HOOK_SECRET]}}}}"
        )
        self.environment = {
            "STREAMPROCESSOR_BOOTSTRAP": kafka.bootstrap,
            "STREAMPROCESSOR_TOPIC_PREFIX": f"whole-{os.urandom(4).hex()}-",
            "STREAMPROCESSOR_PARTITIONS": "3",
            "STREAMPROCESSOR_DATA_DIR": str(folder / "data"),
            "STREAMPROCESSOR_SUBSCRIPTIONS": str(subscriptions),
            "STREAMPROCESSOR_DELIVERY_ALLOWED_HOSTS": "127.0.0.1",
            **{f"STREAMPROCESSOR_{name}_PORT": "0" for name in ("METRICS", "COLLECTOR", "DELIVERY", "API")},
            "HOOK_SECRET": SECRET,
        }
        data = folder / "data"  # as an older release left it, readable by everybody
        data.mkdir(0o755)
        data.chmod(0o755)
        self._log = folder / "up.log"
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamprocessor", "up"],
                env=os.environ | self.environment,
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    def address_of(self, title: str) -> str | None:
        """Where it says that the process of that title answers."""
        line = next((line for line in self.said.splitlines() if line.startswith(f"{title} is ready on ")), None)
        return line.removeprefix(f"{title} is ready on ").partition(";")[0] if line else None

    @property
    def next_steps(self) -> list[str]:
        """The lines that it says to type next, once it has said all of them."""
        lines = self.said.splitlines()
        begin = next((number for number, line in enumerate(lines, 1) if line.startswith("Next, ")), len(lines))
        end = next((number for number, line in enumerate(lines) if line.startswith("Data lies in ")), begin)
        return [line.strip() for line in lines[begin:end]]

    def run(self, line: str) -> str:
        """What the line prints, typed in the folder in which `up` was started."""
        done = subprocess.run(
            ["bash", "-c", line],
            env=os.environ | self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def link(self, collector: str, message: str, url: str) -> str:
        """The tracked link to the URL, in a mail to jane."""
        keys = token_keys_of(read_settings(self.environment))
        return TrackedMail(keys, collector, "jane", message).link(url)


@pytest.fixture
def up(kafka: EmbeddedKafka, tmp_path: Path, receiver: Receiver) -> Iterator[Up]:
    running = Up(kafka, tmp_path, receiver)
    yield running
    if running.process.poll() is None:
        for child in psutil.Process(running.process.pid).children(recursive=True):
            child.kill()
        running.process.kill()
        running.process.wait()


async def test_clicks_in_mails_become_a_hot_lead_at_the_receiver_and_on_the_page(up: Up, receiver: Receiver) -> None:
    ready = "the page, with its API,"
    api = await until(lambda: up.address_of(ready), bool, WAIT_SECONDS, f"everything is ready\n{up.said}")
    collector = await until(lambda: up.address_of("the collector"), bool, WAIT_SECONDS, f"the collector is\n{up.said}")
    assert api is not None
    assert collector is not None
    async with httpx.AsyncClient(headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/144.0"}) as browser:
        for number in range(CLICKS):
            answer = await browser.get(up.link(collector, f"m-{number}", f"https://example.com/offer/{number}"))
            assert answer.status_code == 302
            assert answer.headers["location"].startswith(f"https://example.com/offer/{number}")

    await until(lambda: receiver.taken, bool, WAIT_SECONDS, f"a webhook\n{up.said}")
    [received] = receiver.taken
    Webhook(SECRET).verify(received.body, received.headers)
    lead = received.content["data"]
    assert (lead["contact_id"], lead["stage"], lead["score"] >= 41) == ("jane", "hot", True)
    assert [part["rule"] for part in lead["because"]] == ["click"] * len(lead["because"]) != []

    token = secret(Path(up.environment["STREAMPROCESSOR_DATA_DIR"]), "api-tokens")
    async with httpx.AsyncClient(base_url=api, headers={"authorization": f"Bearer {token}"}) as page:

        async def listed() -> list[dict[str, object]]:
            contacts: list[dict[str, object]] = (await page.get("/api/contacts", params={"stage": "hot"})).json()[
                "contacts"
            ]
            return contacts

        [jane] = await until(listed, bool, WAIT_SECONDS, "jane is listed")
    assert jane["contact_id"] == "jane"
    typed = await until(lambda: up.next_steps, bool, WAIT_SECONDS, f"what to type next is said\n{up.said}")
    sent, explained = typed[-3:-1]
    assert '"accepted":1' in up.run(sent).replace(" ", "")
    assert "contact-us" in await until(lambda: up.run(explained), lambda out: "contact-us" in out, WAIT_SECONDS, "why")
    link = next(line for line in up.said.splitlines() if line.startswith(f"sign in: {api}/sign-in#")).partition("#")[2]
    async with httpx.AsyncClient(base_url=api) as person:
        assert (await person.post("/api/session/link", json={"link": link})).json()["name"] == "local"
        assert (await person.get("/api/contact", params={"contact_id": "jane"})).status_code == 200
    up.process.send_signal(signal.SIGINT)
    await until(up.process.poll, lambda code: code is not None, WAIT_SECONDS, "it ends")
    assert up.process.returncode == 0, up.said
    data = Path(up.environment["STREAMPROCESSOR_DATA_DIR"])
    assert [path for path in (data, *data.rglob("*")) if path.lstat().st_mode & 0o077] == []
    assert "jane" not in up.said
