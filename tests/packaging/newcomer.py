"""The first minutes of somebody with Python, the wheel and an empty folder: `python -m tests.packaging.newcomer WHEEL`.

Does what the README says, in that order, and prints when it did what; ends at the first thing that is not as it says.
The clock stands while pip and Apache Kafka are downloaded: that is the network's time, not ours.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import httpx
from playwright.async_api import async_playwright, expect
from standardwebhooks import Webhook

from tests.delivery.receivers import Receiver

T = TypeVar("T")

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
MOST_SECONDS = 300.0
_STEP_SECONDS = 120.0
_LOOK_SECONDS = 0.2
_ANY_PORTS = "--collector-port 0 --api-port 0 --delivery-port 0 --metrics-port 0"

FETCH_KAFKA = "from streamprocessor.kafka.embedded.embedded import prepare; prepare(progress=lambda *_: None)"
SEND = (
    'curl -sSf {0}/v1/events -H "Authorization: Bearer $(sed s/local=// .streamprocessor/write-keys)" -d @events.json'
)
"""As the README has it."""

PERSON = {"first_name": "Ada", "last_name": "Byron", "company": "Analytical Engines"}
NAME = "Ada Byron"
EVENTS = [
    {"contact_id": "c-42", "update": "attributes", "attributes": PERSON},
    *({"contact_id": "c-42", "type": "page_visit", "properties": {"path": f"/pricing/{plan}"}} for plan in "abc"),
    {"contact_id": "c-42", "type": "form_submission", "properties": {"form": "contact"}},
]
EXPORT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Job Title,Lifecycle Stage\n"
    "7,Grace,Hopper,grace@example.com,+1 555 0100,Admiral,customer\n"
)


MADE_BY_INIT = ("scoring.yaml", "scoring.schema.json", "streamprocessor.env")


class Newcomer:
    """Somebody at a terminal in an empty folder, who notes when they did what."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "STREAMPROCESSOR"))}
        path = f"{folder / '.venv' / 'bin'}:{kept['PATH']}"  # what `. .venv/bin/activate` does
        self.environment = kept | {"PATH": path, "PYTHONUNBUFFERED": "1", "COLUMNS": "120"}
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """What it took up to now, without downloads."""
        return time.monotonic() - self._began

    def start_the_clock(self) -> None:
        """What came before was the network's time."""
        self._began = time.monotonic()

    def note(self, sentence: str) -> None:
        """Print it with the minute and second."""
        minutes, seconds = divmod(int(self.seconds), 60)
        print(f"{minutes:02}:{seconds:02}  {sentence}", flush=True)  # noqa: T201

    async def start(self, line: str) -> Process:
        """The command line, running in the folder, in a process group of its own."""
        self.note(f"$ {line}")
        return await asyncio.create_subprocess_exec(
            *("bash", "-c", line),
            cwd=self.folder,
            env=self.environment,
            stdout=PIPE,
            stderr=STDOUT,
            start_new_session=True,
        )

    async def run(self, line: str) -> str:
        """What the command line prints, on stderr, too; ends all of it where it fails."""
        process = await self.start(line)
        async with asyncio.timeout(_STEP_SECONDS):
            output, _ = await process.communicate()
        if process.returncode != 0:
            sys.exit(f"{line}: exit code {process.returncode}\n{output.decode()}")
        return output.decode()

    async def wait_for(self, what: str, look: Callable[[], Awaitable[T | None]]) -> T:
        """What `look` returns, as soon as it is not None; ends all of it where that takes too long."""
        try:
            async with asyncio.timeout(_STEP_SECONDS):
                while (seen := await look()) is None:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            sys.exit(f"in vain after {_STEP_SECONDS:.0f} s: {what}")
        self.note(what)
        return seen


class RunningSystem:
    """What `streamprocessor up` started, and the lines that it prints."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._lines: list[str] = []
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._lines.append(line.decode().rstrip())

    async def printed(self, pattern: str) -> re.Match[str] | None:
        """The first line that the pattern is found in; None: not yet. Ends all of it where `up` has ended."""
        if self._reading.done():
            sys.exit("\n".join(["`up` ended:", *self._lines]))
        return next((match for line in self._lines if (match := re.search(pattern, line))), None)

    async def stop(self) -> int:
        """The exit code after Ctrl-C: a terminal tells all of the process group."""
        os.killpg(self._process.pid, signal.SIGINT)
        async with asyncio.timeout(_STEP_SECONDS):
            return await self._process.wait()

    async def kill(self) -> None:
        """Where it still runs something went wrong: end it, and print what it printed."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._reading
            await self._process.wait()
            print(*self._lines, sep="\n")  # noqa: T201


async def first_minutes(wheel: Path, newcomer: Newcomer) -> None:
    """Install, make a model, start, send an event, see the hot lead on the page and in a webhook, end it."""
    await newcomer.run(f"{sys.base_prefix}/bin/python3 -m venv .venv")
    await newcomer.run(f"pip install --quiet --no-input --constraint {CONSTRAINTS} {wheel}")
    await newcomer.run(f"python -c '{FETCH_KAFKA}'")
    newcomer.start_the_clock()
    newcomer.note("installed, and Apache Kafka is fetched; from here on the clock runs")
    installed = package_files(newcomer.folder)

    async with AsyncExitStack() as stack:
        automation = Receiver()
        await automation.start()
        stack.push_async_callback(automation.stop)
        newcomer.environment["STREAMPROCESSOR_DELIVERY_ALLOWED_HOSTS"] = "127.0.0.1"

        await newcomer.run("streamprocessor init --yes")
        await newcomer.run("streamprocessor model check")
        system = RunningSystem(await newcomer.start(f"streamprocessor up {_ANY_PORTS}"))
        stack.push_async_callback(system.kill)
        collector = await newcomer.wait_for(
            "the collector is ready", lambda: system.printed(r"collector is ready on (http://[\d.:]+)")
        )
        page = await newcomer.wait_for("the page is ready", lambda: system.printed(r"page,.* on (http://[\d.:]+)"))
        sign_in = await newcomer.wait_for("it says where to sign in", lambda: system.printed(r"sign in: (http\S+)"))
        await newcomer.wait_for("delivery is ready", lambda: system.printed(r"^delivery is ready"))
        await newcomer.wait_for("the worker is ready", lambda: system.printed(r"worker-1 is ready"))

        token = key_in(newcomer.folder / ".streamprocessor" / "api-tokens")
        api = await stack.enter_async_context(
            httpx.AsyncClient(base_url=page[1], headers={"authorization": f"Bearer {token}"})
        )
        secret = await subscribe(api, automation)
        newcomer.note("each hot lead is posted to the automation, which has the secret that signs it")

        (newcomer.folder / "events.json").write_text(json.dumps(EVENTS))
        answer = json.loads(await newcomer.run(SEND.format(collector[1])))
        assert answer == {"accepted": len(EVENTS), "rejected": []}, answer
        await newcomer.wait_for(f"the page has {NAME} among its hot leads", lambda: hot_lead_called(api, NAME))
        webhook = await newcomer.wait_for("the webhook came", lambda: first_webhook(automation, secret))
        assert NAME in json.dumps(webhook), webhook
        await see_in_a_browser(newcomer, sign_in[1])

        (newcomer.folder / "contacts.csv").write_text(EXPORT)
        await newcomer.run("streamprocessor import contacts.csv --mapping deploy/imports/hubspot-contacts.yaml")
        for command in ("explain c-42", "explain hubspot:7", "topics check", "model show", "status"):
            await newcomer.run(f"streamprocessor {command}")

        code = await system.stop()
        newcomer.note(f"Ctrl-C: all ended, exit code {code}")

    assert package_files(newcomer.folder) == installed, "something was written beside the package"
    left = {path.name for path in newcomer.folder.iterdir()}
    assert left == {".venv", ".streamprocessor", *MADE_BY_INIT, "events.json", "contacts.csv"}, left
    assert newcomer.seconds < MOST_SECONDS, f"wanted less than {MOST_SECONDS:.0f} s; got {newcomer.seconds:.0f}"


def package_files(folder: Path) -> set[Path]:
    """All that is installed, but for bytecode."""
    return {path for path in (folder / ".venv").rglob("*") if "__pycache__" not in path.parts}


def key_in(file: Path) -> str:
    """The key after `local=` or `local/scopes=`."""
    return file.read_text().strip().split("=", 1)[1]


async def subscribe(api: httpx.AsyncClient, automation: Receiver) -> str:
    """The secret that webhooks of hot leads to the automation are signed with."""
    wanted = {"url": automation.url, "events": ["became-hot-lead"], "template": "lead", "secrets": "generate"}
    answer = await api.put("/api/subscriptions/automation", json=wanted)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["secret"])


async def hot_lead_called(api: httpx.AsyncClient, name: str) -> dict[str, Any] | None:
    """The hot lead of that name, as the page is told of it; None: it is not there yet."""
    answer = await api.get("/api/hot-leads")
    assert answer.status_code == 200, answer.text
    return next((lead for lead in answer.json()["hot_leads"] if lead["display_name"] == name), None)


async def first_webhook(automation: Receiver, secret: str) -> Any:
    """What the first webhook says; None: none came yet. Raises WebhookVerificationError where it is not signed."""
    if not automation.taken:
        return None
    return Webhook(secret).verify(automation.taken[0].body, automation.taken[0].headers)


async def see_in_a_browser(newcomer: Newcomer, address: str) -> None:
    """Open the address that signs in, and see the hot lead by name; without a Chromium it is left out, and said."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        newcomer.note("no Chromium here: nobody looks at the page")
        return
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(address)
        await expect(page.get_by_text(NAME).first).to_be_visible(timeout=_STEP_SECONDS * 1000)
        await browser.close()
    newcomer.note(f"signed in at a browser: {NAME} is on the page")


def main() -> None:
    """Play it in a folder that is deleted after it."""
    (wheel,) = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="newcomer-") as folder:
        newcomer = Newcomer(Path(folder))
        asyncio.run(first_minutes(wheel.resolve(), newcomer))
        newcomer.note(f"done: {newcomer.seconds:.0f} s after the downloads")


if __name__ == "__main__":
    main()
