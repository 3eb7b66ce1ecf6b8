"""A small firm's contacts, gone through Kafka and a worker, and the api with its page; people who look at it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

from streamprocessor.process.ports import HOST, any_free
from streamprocessor.settings import Settings
from tests.browser.page.people import EVIL, MODEL, of_everybody
from tests.harness.apis import ALL, ApiProcess, api_beside_delivery
from tests.harness.settling import until_settled
from tests.harness.system import ROOT, System
from tests.harness.workers import WorkerProcess

ColorScheme = Literal["dark", "light"]

SCREENSHOTS = ROOT / "build" / "screenshots"

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 400, "height": 800}


class Viewer(Protocol):
    """Opens a path of the page as somebody who signed in with the token `as_`, or as nobody yet (None)."""

    async def __call__(
        self,
        path: str = "/",
        *,
        as_: str | None = ALL,
        color_scheme: ColorScheme | None = None,
        viewport: ViewportSize = DESKTOP,
    ) -> Page: ...


class Firm(NamedTuple):
    """The system, and the api over it."""

    system: System
    api: ApiProcess


@pytest.fixture(scope="session")
def firm(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """What there is to be looked at; the api asks a delivery process."""
    folder = tmp_path_factory.mktemp("firm")
    with (
        a_system(bootstrap, folder) as system,
        # An api that starts now is ready once it knows all of this; one that ran already says so before.
        api_beside_delivery(system.settings, folder, "subscriptions: {}", api_port=any_free()) as api,
    ):
        asyncio.run(api.ready())
        yield Firm(system, api)


@contextlib.contextmanager
def a_system(bootstrap: str, folder: Path) -> Iterator[System]:
    """A system of its own with the firm's contacts, scored."""
    file = folder / "model.yaml"
    file.write_text(MODEL)
    prefix = f"page-{os.urandom(4).hex()}-"
    settings = Settings(
        bootstrap=bootstrap,
        topic_prefix=prefix,
        app_id="app",
        partitions=2,
        erasure_salt="salt",
        smtp_host=HOST,
        smtp_port=any_free(),
        smtp_security="none",
        smtp_from="leads@example.com",
    )
    system = System(settings)
    asyncio.run(system.create(file))
    worker = WorkerProcess(settings, "blue", folder).start()
    try:
        asyncio.run(_fill(system, worker))
        yield system
    finally:
        worker.discard()


async def _fill(system: System, worker: WorkerProcess) -> None:
    await worker.ready()
    await system.send(of_everybody(int(time.time() * 1000)))
    await until_settled(system)


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What pages' consoles said of errors, and dialogs; none may be left."""
    found: list[str] = []
    yield found
    assert found == []


@pytest_asyncio.fixture(loop_scope="module")
async def viewer(browser: Browser, firm: Firm, complaints: list[str]) -> AsyncIterator[Viewer]:
    """Opens pages, each in a browser's profile of its own."""
    contexts: list[BrowserContext] = []

    async def open_page(
        path: str = "/",
        *,
        as_: str | None = ALL,
        color_scheme: ColorScheme | None = None,
        viewport: ViewportSize = DESKTOP,
    ) -> Page:
        context = await browser.new_context(viewport=viewport, color_scheme=color_scheme)
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said.text, said.type) else None)
        if as_ is not None:
            answer = await context.request.post(f"{firm.api.address}/api/session", data={"token": as_})
            assert answer.status == 200, await answer.text()
        await page.goto(firm.api.address + path)
        return page

    yield open_page
    for context in contexts:
        await context.close()


def _is_complaint(text: str, kind: str) -> bool:
    """Answers that are refusals are told by the console too; those the tests cause themselves."""
    return kind == "error" and "Failed to load resource" not in text


@pytest.fixture
def evil() -> tuple[str, ...]:
    """Contacts whose ids and attributes are markup."""
    return EVIL


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the views go."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
